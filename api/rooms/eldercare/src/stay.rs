//! 入住 · residents of institutions by dates (domain §8.2).

use chrono::NaiveDate;
use entity::eldercare::stay::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Text, Yuan};
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::finding::Seen;
use minzheng_reference::{finding, person_number};
use minzheng_rules::odd;
use minzheng_rules::odd::Span;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::care_centre;

/// One stay.
pub type Stay = Row<Entity>;

/// 入住 · a person in a centre from a day to a day.
pub fn table() -> Table {
    Builder::<Entity>::new("入住 · a person in a centre from a day to a day.")
        .list("stays", "入住列表 · stays in scope.", Column::EnteredOn)
        .id()
        .date(Column::EnteredOn, "入住日期 · first day.")
        .filter()
        .order()
        .date(Column::LeftOn, "离开日期 · first day on which it no longer holds.")
        .filter()
        .text(Column::Bed, "床号 · bed.")
        .personal(Column::CareLevel, "照护等级 · level of care; null when masked.")
        .money(Column::MonthlyFeeFen, "月收费 · fee a month.")
        .named("monthlyFee")
        .money(Column::DepositFen, "押金 · deposit.")
        .named("deposit")
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("centre", "机构 · the centre; null where out of scope.", "CareCentre", Column::CentreId)
        .one("person", "人员 · who lives here; null where out of scope.", "Person", Column::PersonId)
        .filter_only::<TextFilter>("centre", "机构编号", Column::Centre)
        .table()
}

minzheng_ground::sheet_row! {
    /// One stay as a sheet tells it.
    SheetRow of Model {
        centre: need Id => "机构编号",
        person: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码"] by hand,
        entered_on: need Day => "入住日期",
        left_on: may Day => "离开日期",
        bed: may Id => "床号",
        care_level: may Text => "照护等级",
        monthly_fee: may Yuan => "月收费" in monthly_fee_fen,
        deposit: may Yuan => "押金" in deposit_fen,
    }
}

/// `stays`: matched by centre, person and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "stays";
    const COMMAND: &'static str = "recordStay";
    const KEY: &'static [&'static str] = &["机构编号", "证件号码", "入住日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("入住日期", Some(row.entered_on)), ("离开日期", row.left_on)]);
        not_negative(fields, "月收费", row.monthly_fee);
        not_negative(fields, "押金", row.deposit);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let centres = care_centre::by_numbers(work, rows.iter().map(|row| &row.row.centre)).await?;
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let mut refused = Taken::default();
        let rows = sift(rows, &mut refused, "机构编号", &centres, |row| Some(&row.centre), care_centre::IMPORT_FIRST);
        let rows = persons.sift(rows, &mut refused, "证件号码", |row| &row.person);
        let unborn = |row: &SheetRow| {
            let born = persons.get(&row.person).and_then(|person| person.birth_date);
            born.is_some_and(|born| row.entered_on < born)
        };
        let (wrong, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| unborn(&row.row));
        for Numbered { number, row } in wrong {
            let text = "入住日期早于出生日期 · the stay begins before birth";
            refused.refuse(
                number,
                "入住日期",
                row.entered_on,
                "OUT_OF_ORDER",
                text,
                "核对日期和证件号码 · check the date and the number",
            );
        }
        let ids = persons.values().map(|person| person.id);
        let known = known_by::<Entity, _>(work, Column::PersonId.is_in(ids), |row| {
            (row.centre_id, row.person_id, row.entered_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if let Some(centre) = centres.get(&row.centre) {
                model.centre_id = centre.id;
                model.division.clone_from(&centre.division);
            }
            model.person_id = persons.get(&row.person).map_or(0, |person| person.id);
            Ok(())
        };
        let key = |row: &SheetRow| {
            let centre = centres.get(&row.centre).map_or(0, |centre| centre.id);
            (centre, persons.get(&row.person).map_or(0, |person| person.id), row.entered_on)
        };
        let (mut taken, stays) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        let mut seen = Vec::with_capacity(rows.len());
        for Numbered { number, row } in rows.iter().filter(|row| !taken.refuses(row.number)) {
            let (Some(stay), Some(person)) = (stays.get(&key(row)), persons.get(&row.person)) else { continue };
            let odd = odd::stay(Span { from: row.entered_on, until: row.left_on }, person.death_date);
            let (name, division) = (row.centre.clone(), stay.division.clone());
            seen.push(Seen { row: *number, id: stay.id, number: name, division, odd });
        }
        finding::keep::<Entity>(work, seen, &mut taken).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let persons = person_number::numbers_of(kernel, viewer, models.iter().map(|model| model.person_id)).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            Ok(SheetRow::told(model, persons.get(&model.person_id).cloned()))
        })
    }
}
