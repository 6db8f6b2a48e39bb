//! 迁入申请 · a district asks for a person who is on record elsewhere, by number. The place that has the person hands the
//! person over or refuses; where that is, who asks is never told.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::registry::transfer_request::{Column, Entity, Model};
use entity::registry::{division, person};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, UserError, outcome};
use minzheng_ground::scalars::DivisionCode;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Refusal, Text, UserErrorCode, Viewer, Work, commands, machine};
use minzheng_reference::elsewhere::A_DAY;
use minzheng_reference::person_number::by_numbers;
use minzheng_rules::identifiers::{citizen_id, normal_number};
use minzheng_rules::machine::TRANSFER_REQUEST;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

/// What reasons are sealed for.
const REASON: &str = "transfer_request.reason";
/// What remarks are sealed for.
const REMARK: &str = "transfer_request.remark";

minzheng_ground::codes! {
    /// 迁入事项 · what of a person is to lie in the new place.
    TransferKind, TransferKindFilter, "TRANSFER_KIND" {
        Residence "RESIDENCE" "现住地" "where the person lives",
        Registered "REGISTERED" "户籍地" "where the person is registered",
    }
}

/// One request.
pub type TransferRequest = Row<Entity>;

/// 迁入申请 · a request that a person be handed over.
pub fn table() -> Table {
    Builder::<Entity>::new("迁入申请 · a request that a person be handed over.")
        .list(
            "transferRequests",
            "迁入申请列表 · requests for transfers, of the places that asked and of those that have the \
             person.",
            Column::Id,
        )
        .id()
        .order()
        .one(
            "person",
            "人员 · who is asked for; null where out of scope, as for who asks until the person is \
             handed over.",
            "Person",
            Column::PersonId,
        )
        .code::<TransferKind>(Column::Kind, "迁入事项")
        .division(Column::ToDivision, "迁入地 · where the person is wanted.")
        .named("to")
        .filter()
        .computed_for::<Option<DivisionCode>>(
            "from",
            "迁出地 · where the person was when it was asked; null but for those who may hand over \
             there.",
            |reading, row, json| {
                if has(reading.viewer, &row.model) { json.text(&row.model.from_division) } else { json.null() }
            },
        )
        .personal(Column::Reason, "理由 · why; null when masked.")
        .sealed_as(REASON)
        .about(Column::PersonId)
        .personal(Column::Remark, "答复说明 · why it was refused; null when masked, or when there is none.")
        .sealed_as(REMARK)
        .about(Column::PersonId)
        .text(Column::State, "状态 · REQUESTED, HANDED_OVER or REFUSED.")
        .filter()
        .instant(Column::RequestedAt, "申请时间")
        .date(Column::DueOn, "答复期限 · the day by which it is to be answered; null: it is.")
        .filter()
        .order()
        .computed_for::<Vec<String>>(
            "availableCommands",
            "可用操作 · commands that the viewer may give about it now.",
            |reading, row, json| json.texts(available(reading.viewer, &row.model)),
        )
        .version()
        .table()
}

/// Whether the viewer answers for the place that has the person.
fn has(viewer: &Viewer, request: &Model) -> bool {
    viewer.may_in(HandOverPerson::NAME, &request.from_division)
}

/// The commands that the viewer may give about a request: only the place that has the person answers.
pub fn available(viewer: &Viewer, request: &Model) -> Vec<&'static str> {
    let commands = machine::available::<Entity>(&TRANSFER_REQUEST, viewer, request);
    commands.into_iter().filter(|_| has(viewer, request)).collect()
}

/// Who is asked for.
#[derive(InputObject)]
pub struct RequestTransferInput {
    /// 证件号码
    #[graphql(validator(max_length = 64))]
    id_number: String,
    /// 迁入事项
    kind: TransferKind,
    /// 迁入地 · where the person is wanted.
    to: DivisionCode,
    /// 理由 · why.
    #[graphql(validator(max_length = 2000))]
    reason: String,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// Which request.
#[derive(InputObject)]
pub struct TransferRequestInput {
    /// 迁入申请
    id: ID,
    /// 版本 · the one that was read.
    version: Option<i32>,
    /// 答复说明 · why it is refused, for who asked: it names no place.
    #[graphql(validator(max_length = 2000))]
    remark: Option<String>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of a request.
#[derive(SimpleObject)]
pub struct TransferRequestPayload {
    /// 迁入申请 · as it is now; null when refused.
    transfer_request: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct TransferRequestMutation;

#[Object]
impl TransferRequestMutation {
    /// 申请迁入 · asks the place that has a person for the transfer to a place of one's own; that the number was asked
    /// for is shown to the person. Requires DISTRICT_ADMIN.
    async fn request_transfer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RequestTransferInput,
    ) -> Answer<TransferRequestPayload> {
        let command = RequestTransfer {
            id_number: normal_number(&input.id_number),
            kind: input.kind.code().to_owned(),
            to: input.to.0,
            reason: input.reason,
        };
        give(context, Ok(command), input.idempotency_key).await
    }

    /// 同意迁出 · hands the person over: the residence or the register lies in the new place from now on; what the person
    /// is entitled to does not end by it. Requires TOWN_OFFICER or DISTRICT_ADMIN of the place that has the person.
    async fn hand_over_person(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: TransferRequestInput,
    ) -> Answer<TransferRequestPayload> {
        give(context, step(&input).map(HandOverPerson), input.idempotency_key).await
    }

    /// 不同意迁出 · refuses, with a remark. Requires TOWN_OFFICER or DISTRICT_ADMIN of the place that has the person.
    async fn refuse_transfer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: TransferRequestInput,
    ) -> Answer<TransferRequestPayload> {
        give(context, step(&input).map(RefuseTransfer), input.idempotency_key).await
    }
}

fn step(input: &TransferRequestInput) -> Result<Step, Refusal> {
    let remark = input.remark.as_deref().map(str::trim).filter(|remark| !remark.is_empty());
    Ok(Step { id: row_id::<Entity>(&input.id, "id")?, version: input.version, remark: remark.map(str::to_owned) })
}

async fn give<C>(
    context: &Context<'_>,
    command: Result<C, Refusal>,
    key: Option<String>,
) -> Answer<TransferRequestPayload>
where
    C: Command<Output = i64>,
{
    let done = match command {
        Ok(command) => commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::with_key(key)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (row, user_errors) = outcome(context, done)?;
    Ok(TransferRequestPayload { transfer_request: row.map(Link::id), user_errors })
}

/// 申请迁入 · asks for a person.
#[derive(Clone, Serialize)]
struct RequestTransfer {
    id_number: String,
    kind: String,
    to: String,
    reason: String,
}

impl RequestTransfer {
    /// What is wrong with it by itself.
    async fn check(&self, work: &Work<'_>) -> Result<(), Failure> {
        if self.reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", Text::of("reason-needed")).into());
        }
        if [15, 18].contains(&self.id_number.len())
            && let Err(error) = citizen_id::parse(&self.id_number, work.today())
        {
            return Err(Refusal::invalid("idNumber", Text::of("number-bad").with("code", error.code())).into());
        }
        let to = work.within::<division::Entity>().filter(division::Column::Code.eq(&self.to));
        if !work.may_in(&self.to) || to.one(work.tx()).await?.is_none() {
            return Err(Refusal::invalid("to", Text::of("division-unknown").with("code", &self.to)).into());
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl Command for RequestTransfer {
    const NAME: &'static str = "requestTransfer";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        self.check(work).await?;
        let named = by_numbers(work, [&self.id_number]).await?;
        if named.contains_key(&self.id_number) {
            return Err(Refusal::new(UserErrorCode::WrongState, Text::of("transfer-here")).at("idNumber").into());
        }
        if named.elsewhere.spent() {
            let text = Text::of("elsewhere-limit").with("most", A_DAY);
            return Err(Refusal::new(UserErrorCode::TooMany, text).at("idNumber").into());
        }
        let holder = named.elsewhere.holder(&self.id_number).ok_or_else(|| Refusal::not_found("idNumber"))?;
        let open = work
            .within::<Entity>()
            .filter(Column::PersonId.eq(holder))
            .filter(Column::Kind.eq(&self.kind))
            .filter(Column::State.eq("REQUESTED"));
        if open.one(work.tx()).await?.is_some() {
            let text = Text::of("duplicate").with("what", Text::of("transfer-open").say(work.viewer.lang));
            return Err(Refusal::new(UserErrorCode::Duplicate, text).at("idNumber").into());
        }
        let person = work.everywhere::<person::Entity>().filter(person::Column::Id.eq(holder)).one(work.tx()).await?;
        let person = person.ok_or_else(|| Refusal::not_found("idNumber"))?;
        let (first, second) = match TransferKind::parse(&self.kind) {
            Some(TransferKind::Registered) => (person.registered, person.residence),
            _ => (person.residence, person.registered),
        };
        let key_salt = Keyring::new_salt()?.to_vec();
        let row = Model {
            id: work.id().await?,
            person_id: holder,
            reason: work.kernel.keys.seal(&key_salt, REASON, self.reason.trim())?,
            kind: self.kind,
            to_division: self.to,
            // Who is on record in no place is answered for by the system's keeper.
            from_division: first.or(second).unwrap_or_default(),
            key_salt,
            requested_at: work.now,
            version: 1,
            ..Model::default()
        };
        Ok(work.begin_state::<Entity>(&TRANSFER_REQUEST, Self::NAME, row).await?.id)
    }
}

/// Which request, as it was read.
#[derive(Clone, Serialize)]
struct Step {
    id: i64,
    version: Option<i32>,
    remark: Option<String>,
}

impl Step {
    async fn run(self, work: &mut Work<'_>, command: &str) -> Result<Model, Failure> {
        let row = work.load_for_change::<Entity>(self.id, self.version, "id").await?;
        // Who asked reaches it too, and does not answer it.
        if !work.may_in(&row.row().from_division) {
            return Err(Failure::Forbidden(command.to_owned()));
        }
        let salt = row.row().key_salt.clone();
        let remark = match &self.remark {
            Some(remark) => Some(work.kernel.keys.seal(&salt, REMARK, remark)?),
            None => None,
        };
        let given: &[&str] = if remark.is_some() { &["remark"] } else { &[] };
        work.advance::<Entity>(&TRANSFER_REQUEST, command, row, given, |row| row.remark = remark).await
    }
}

/// 同意迁出 · the person is the other place's from now on.
#[derive(Clone, Serialize)]
struct HandOverPerson(Step);

#[async_trait::async_trait]
impl Command for HandOverPerson {
    const NAME: &'static str = "handOverPerson";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        let request = self.0.run(work, Self::NAME).await?;
        let person = work.within::<person::Entity>().filter(person::Column::Id.eq(request.person_id));
        let person = person
            .one(work.tx())
            .await?
            .ok_or_else(|| Refusal::new(UserErrorCode::WrongState, Text::of("transfer-moved")).at("id"))?;
        let person = work.checked::<person::Entity>(person);
        let to = Some(request.to_division);
        work.update::<person::Entity>(person, |person| match TransferKind::parse(&request.kind) {
            Some(TransferKind::Registered) => person.registered = to,
            _ => person.residence = to,
        })
        .await?;
        Ok(request.id)
    }
}

/// 不同意迁出 · the person stays.
#[derive(Clone, Serialize)]
struct RefuseTransfer(Step);

#[async_trait::async_trait]
impl Command for RefuseTransfer {
    const NAME: &'static str = "refuseTransfer";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        Ok(self.0.run(work, Self::NAME).await?.id)
    }
}
