//! 发放账户 · into which account a beneficiary is paid, in whose name and under what agreement (domain §8.1).

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::payments::payment_account::{Column, Entity, Model};
use entity::registry::person;
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::mask;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::exchange::row::{Day, Id, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, upsert};
use crate::graphql::error::Answer;
use crate::graphql::global_id;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::by_id;
use crate::graphql::personal::{PersonalKind, own, own_name, own_sealed, personal};
use crate::graphql::scalars::Date;
use crate::registry::person::Person;
use crate::registry::person_number;
use crate::{list_query, listing, node};

node! {
    /// One account.
    PaymentAccount, Entity
}

/// 发放账户 · the account into which a beneficiary is paid.
#[Object(name_type)]
impl PaymentAccount {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("PaymentAccount", self.0.model.id)
    }

    /// 账号 · account number; masked: the last 4
    #[graphql(directive = personal::apply(PersonalKind::Bank))]
    fn account(&self, context: &Context<'_>) -> Answer<Option<String>> {
        let names = ("PaymentAccount.account", "payment_account.account");
        own_sealed(context, &self.0, names, Some(&self.0.model.account), mask::bank_account)
    }

    /// 户名 · holder; masked: first and last sign
    #[graphql(directive = personal::apply(PersonalKind::Name))]
    fn holder(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own_name(context, &self.0, "PaymentAccount.holder", Some(&self.0.model.holder))
    }

    /// 与受益人关系 · the holder's relation to the beneficiary; null when masked: it tells of wards.
    #[graphql(directive = personal::apply(PersonalKind::Child))]
    fn relation(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own(context, &self.0, "PaymentAccount.relation", |account| Some(account.relation.clone()))
    }

    /// 开户行 · bank.
    fn bank_name(&self) -> &str {
        &self.0.model.bank_name
    }

    /// 启用日期 · first day.
    fn opened_on(&self) -> Date {
        Date(self.0.model.opened_on)
    }

    /// 停用日期 · first day on which it is no longer used.
    fn closed_on(&self) -> Option<Date> {
        self.0.model.closed_on.map(Date)
    }

    /// 代管协议 · agreement by which somebody else keeps it; null when masked: it tells of wards.
    #[graphql(directive = personal::apply(PersonalKind::Child))]
    fn agreement(&self, context: &Context<'_>) -> Answer<Option<String>> {
        own(context, &self.0, "PaymentAccount.agreement", |account| account.agreement.clone())
    }

    /// 受益人 · the beneficiary; null where out of scope.
    async fn person(&self, context: &Context<'_>) -> Answer<Option<Person>> {
        by_id(context, self.0.model.person_id).await
    }
}

listing! {
    Entity, Column;
    filter PaymentAccountWhere {
        /// 与受益人关系 · only where shown in full
        relation: TextFilter = Relation,
        /// 开户行
        bank_name: TextFilter = BankName,
        /// 启用日期
        opened_on: DateFilter = OpenedOn,
        /// 停用日期
        closed_on: DateFilter = ClosedOn,
        /// 代管协议 · only where shown in full
        agreement: TextFilter = Agreement,
        /// 区划
        division: DivisionFilter = Division,
    }
    order PaymentAccountOrder {
        /// 启用日期
        OpenedOn = OpenedOn,
    }
}

list_query! {
    PaymentAccountsQuery, PaymentAccount, PaymentAccountWhere, PaymentAccountOrder::OpenedOn,
    "发放账户列表 · accounts in scope.", payment_accounts
}

crate::sheet_row! {
    /// One account as a sheet tells it.
    SheetRow of Model {
        person: need Id => "受益人证件号码" by hand,
        account: need Id => "账号" by hand,
        holder: need Text => "户名",
        relation: need Text => "与受益人关系",
        bank_name: need Text => "开户行",
        opened_on: need Day => "启用日期",
        closed_on: may Day => "停用日期",
        agreement: may Text => "代管协议",
    }
}

/// `payment-accounts`: matched by beneficiary and account.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "payment-accounts";
    const COMMAND: &'static str = "recordPaymentAccount";
    const KEY: &'static [&'static str] = &["受益人证件号码", "账号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("启用日期", Some(row.opened_on)), ("停用日期", row.closed_on)]);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let mut refused = Taken::default();
        let rows = persons.sift(rows, &mut refused, "受益人证件号码", |row| &row.person);
        let ids = persons.values().map(|person| person.id);
        let known =
            known_by::<Entity, _>(work, Column::PersonId.is_in(ids), |row| (row.person_id, row.account_blind.clone()))
                .await?;
        let home = |person: &person::Model| {
            let mut places = [&person.residence, &person.registered].into_iter().flatten();
            places.find(|place| work.may_in(place)).cloned()
        };
        let homes: HashMap<i64, String> =
            persons.values().filter_map(|person| Some((person.id, home(person)?))).collect();
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.account.is_empty() {
                model.account = kernel.keys.seal(&model.key_salt, "payment_account.account", &row.account)?;
                model.account_blind = account_blind(&kernel.keys, &row.account)?;
            }
            if let Some(person) = persons.get(&row.person) {
                model.person_id = person.id;
                // Where the person lives, as far as it is recorded from there; one that another district recorded, since
                // the person belongs to both, stays there.
                let home = homes.get(&person.id);
                let mut places = [&person.residence, &person.registered].into_iter().flatten();
                let of_another = |place: &String| home.is_some_and(|home| home.get(..6) != place.get(..6));
                if !places.any(|place| model.division.as_ref() == Some(place) && of_another(place)) {
                    model.division = home.cloned();
                }
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            let person = persons.get(&row.person).map_or(0, |person| person.id);
            (person, account_blind(&kernel.keys, &row.account).unwrap_or_default())
        };
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let persons = person_number::numbers_of(kernel, viewer, models.iter().map(|model| model.person_id)).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let account = kernel.keys.open(&model.key_salt, "payment_account.account", &model.account)?;
            Ok(SheetRow::told(model, persons.get(&model.person_id).cloned(), Some(account)))
        })
    }
}

/// What stands for the bank where a roster does not name it.
pub const BANK_UNSAID: &str = "未填";

/// The digest by which an account is found.
pub fn account_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("bank_account", number)?.to_vec())
}

/// The accounts with these numbers of persons within reach, by number; one may be several beneficiaries'.
pub async fn by_accounts(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Vec<Model>>, Failure> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        wanted.insert(account_blind(&work.kernel.keys, number)?, number.clone());
    }
    let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
    let rows = work.everywhere::<Entity>().filter(Column::AccountBlind.is_in(blinds)).all(work.tx()).await?;
    let persons = person::Column::Id.is_in(rows.iter().map(|row| row.person_id).collect::<HashSet<i64>>());
    let persons = work.within::<person::Entity>().filter(persons).all(work.tx()).await?;
    let persons: HashSet<i64> = persons.into_iter().map(|person| person.id).collect();
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows.into_iter().filter(|row| persons.contains(&row.person_id)) {
        if let Some(number) = wanted.get(&row.account_blind) {
            found.entry(number.clone()).or_default().push(row);
        }
    }
    Ok(found)
}
