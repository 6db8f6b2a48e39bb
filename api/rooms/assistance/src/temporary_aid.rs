//! 临时救助 · temporary aid: one grant with its beneficiaries, paid at once or in stages (domain §8.1).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::assistance::temporary_aid::{Column, Entity, Model};
use entity::assistance::temporary_aid_person;
use minzheng_ground::sheets::pages::{Exported, export_page};
use minzheng_ground::sheets::row::{Day, Id, Ids, Instant, One, Place, Text, YesNo, Yuan};
use minzheng_ground::sheets::upsert::{known_by, replace_parts, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_number;
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

minzheng_ground::codes! {
    /// 临时救助类型 · urgent, or because of expenditure.
    AidKind, AidKindFilter, "TEMPORARY_AID_KIND" {
        Urgent "URGENT" "急难型" "urgent hardship",
        Expenditure "EXPENDITURE" "支出型" "hardship by expenditure",
    }
}

minzheng_ground::codes! {
    /// 审批层级 · who approved.
    ApprovalLevel, ApprovalLevelFilter, "APPROVAL_LEVEL" {
        Town "TOWN" "镇街" "town or street",
        District "DISTRICT" "区" "district",
    }
}

/// One grant.
pub type TemporaryAid = Row<Entity>;

/// 临时救助 · a grant of temporary aid.
pub fn table() -> Table {
    Builder::<Entity>::new("临时救助 · a grant of temporary aid.")
        .list("temporaryAids", "临时救助列表 · grants of temporary aid in scope.", Column::Number)
        .id()
        .text(Column::Number, "救助编号 · number.")
        .filter()
        .order()
        .code::<AidKind>(Column::Kind, "救助类型 · urgent, or because of expenditure.")
        .filter()
        .flag(Column::Advance, "先行救助 · paid before the paperwork.")
        .division(Column::Division, "区划代码 · the accepting division.")
        .filter()
        .order()
        .date(Column::AcceptedOn, "受理日期 · accepted on.")
        .filter()
        .order()
        .date(Column::ApprovedOn, "批准日期 · approved on.")
        .filter()
        .money(Column::ApprovedFen, "批准金额 · approved sum.")
        .named("approvedAmount")
        .code::<ApprovalLevel>(Column::ApprovalLevel, "审批层级 · who approved.")
        .personal(Column::Hardship, "困难原因 · hardship; null when masked.")
        .about(Column::ApplicantId)
        .instant(Column::FoundAt, "发现时间 · when the hardship was found.")
        .instant(Column::ReceivedAt, "到账时间 · when the money arrived.")
        .one("applicant", "申请人 · applicant; null where out of scope.", "Person", Column::ApplicantId)
        .many(
            "persons",
            "受益人 · beneficiaries.",
            "TemporaryAidPerson",
            ("temporary_aid_id", Which::Parts("person_id")),
        )
        .many("payments", "发放记录 · payments of it, newest first.", "Payment", ("basis_id", Which::Newest("paid_on")))
        .table()
}

/// One beneficiary.
pub type TemporaryAidPerson = Row<temporary_aid_person::Entity>;

/// 受益人 · a beneficiary of temporary aid.
pub fn temporary_aid_person_table() -> Table {
    Builder::<temporary_aid_person::Entity>::new("受益人 · a beneficiary of temporary aid.")
        .id()
        .one("person", "人员 · the person; null where out of scope.", "Person", temporary_aid_person::Column::PersonId)
        .table()
}

minzheng_ground::sheet_row! {
    /// One grant as a sheet tells it.
    SheetRow of Model {
        number: need Id => "救助编号",
        kind: need One<AidKind> => "救助类型",
        advance: need YesNo => "先行救助",
        applicant: need Id => "申请人证件号码" by hand,
        persons: need Ids => "受益人证件号码" by hand,
        division: need Place => "区划代码",
        accepted_on: need Day => "受理日期",
        approved_on: may Day => "批准日期",
        approved: may Yuan => "批准金额" in approved_fen,
        hardship: may Text => "困难原因",
        approval_level: may One<ApprovalLevel> => "审批层级",
        found_at: may Instant => "发现时间",
        received_at: may Instant => "到账时间",
    }
}

/// `temporary-aid`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "temporary-aid";
    const COMMAND: &'static str = "recordTemporaryAid";
    const KEY: &'static [&'static str] = &["救助编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        let found = row.found_at.map(|at| minzheng_kernel::clock::local(at).date_naive());
        // 到账 is free: an advance comes before the paperwork.
        fields.in_order(&[("发现时间", found), ("受理日期", Some(row.accepted_on)), ("批准日期", row.approved_on)]);
        row.persons.sort_unstable();
        row.persons.dedup();
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let mut named: Vec<&String> = rows.iter().flat_map(|row| &row.row.persons).collect();
        named.extend(rows.iter().map(|row| &row.row.applicant));
        let persons = person_number::by_numbers(work, named).await?;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let mut refused = Taken::default();
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            let missing = row.row.persons.iter().find(|number| !persons.contains_key(*number));
            if !persons.contains_key(&row.row.applicant) {
                persons.refuse(&mut refused, row.number, "申请人证件号码", &row.row.applicant);
            } else if let Some(nobody) = missing {
                persons.refuse(&mut refused, row.number, "受益人证件号码", nobody);
            } else {
                good.push(row);
            }
        }
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.applicant_id = persons.get(&row.applicant).map_or(0, |person| person.id);
            model.historical = true;
            Ok(())
        };
        let (mut taken, grants) = upsert::<Entity, _, _>(work, &good, known, |row| row.number.clone(), write).await?;
        let good: Vec<Numbered<SheetRow>> = good.into_iter().filter(|row| !taken.refuses(row.number)).collect();
        let ids = good.iter().filter_map(|row| Some(grants.get(&row.row.number)?.id)).collect::<HashSet<i64>>();
        let existing = work
            .everywhere::<temporary_aid_person::Entity>()
            .filter(temporary_aid_person::Column::TemporaryAidId.is_in(ids))
            .all(work.tx())
            .await?;
        let mut wanted = Vec::new();
        for row in &good {
            let Some(grant) = grants.get(&row.row.number) else { continue };
            for number in &row.row.persons {
                let Some(person) = persons.get(number) else { continue };
                wanted.push(temporary_aid_person::Model {
                    temporary_aid_id: grant.id,
                    person_id: person.id,
                    version: 1,
                    ..Default::default()
                });
            }
        }
        let far = person_number::out_of_reach(work, existing.iter().map(|part| part.person_id)).await?;
        wanted.extend(existing.iter().filter(|part| far.contains(&part.person_id)).cloned());
        replace_parts::<temporary_aid_person::Entity, _>(work, existing, wanted, |part| {
            (part.temporary_aid_id, part.person_id)
        })
        .await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let covered = viewer
            .parts::<temporary_aid_person::Entity>(
                temporary_aid_person::Column::TemporaryAidId,
                models.iter().map(|model| model.id),
            )
            .order_by_asc(temporary_aid_person::Column::PersonId)
            .all(kernel.db.read())
            .await?;
        let named = covered.iter().map(|row| row.person_id).chain(models.iter().map(|model| model.applicant_id));
        let numbers = person_number::numbers_of(kernel, viewer, named).await?;
        let mut persons: HashMap<i64, Vec<String>> = HashMap::new();
        for row in covered {
            persons.entry(row.temporary_aid_id).or_default().extend(numbers.get(&row.person_id).cloned());
        }
        let row = |model: &Model| {
            let covered = persons.get(&model.id).cloned().unwrap_or_default();
            SheetRow::told(model, numbers.get(&model.applicant_id).cloned(), Some(covered))
        };
        Ok(Exported { rows: models.iter().filter_map(row).collect(), next })
    }
}
