//! 家庭 · households: who lives together, with the place and area that decide their standard.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::household::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::joints::joints;
use minzheng_ground::sheets::pages::{Exported, export_page};
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::household_place::places;
use minzheng_reference::person_number;
use minzheng_reference::policy_value::Area;
use minzheng_rules::places::{Place as Lived, Places, Wrong};
use sea_orm::ColumnTrait as _;

use crate::household_place;

/// One household as a viewer sees it.
pub type Household = Row<Entity>;

/// 家庭 · a household.
pub fn table() -> Table {
    Builder::<Entity>::new("家庭 · a household.")
        .list("households", "家庭列表 · households in scope.", Column::Number)
        .id()
        .text(Column::Number, "户编号 · number.")
        .filter()
        .order()
        .division(Column::Division, "区划代码 · where it lives.")
        .filter()
        .order()
        .code::<Area>(Column::Area, "城乡 · which standard applies.")
        .filter()
        .date(Column::MovedOn, "迁居日期 · since when it lives there; null where that is not known.")
        .many(
            "formerPlaces",
            "曾住地 · where it lived before, earliest first.",
            "HouseholdPlace",
            ("household_id", Which::Parts("valid_until")),
        )
        .one("head", "户主 · head; null where out of scope.", "Person", Column::HeadId)
        .personal(Column::Address, "详细地址 · address; null when masked.")
        .about(Column::HeadId)
        .many(
            "members",
            "成员 · members by dates, earliest first.",
            "HouseholdMember",
            ("household_id", Which::Parts("joined_on")),
        )
        .many(
            "recognitions",
            "救助认定 · what it gets and got, newest first.",
            "Recognition",
            ("household_id", Which::Newest("effective_from")),
        )
        .table()
}

minzheng_ground::sheet_row! {
    /// One household as a sheet tells it.
    SheetRow of Model {
        number: need Id => "户编号",
        head: need Id => "户主证件号码" or ["户主身份证号"] by hand,
        division: need Place => "区划代码",
        area: need One<Area> => "城乡",
        address: may Text => "详细地址" or ["住址", "家庭住址"] by hand,
        moving: may Day => "迁居日期" or ["搬迁日期", "迁入日期"] by hand,
    }
}

/// `households`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "households";
    const COMMAND: &'static str = "recordHousehold";
    const KEY: &'static [&'static str] = &["户编号"];
    type Row = SheetRow;

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let heads = person_number::by_numbers(work, rows.iter().map(|row| &row.row.head)).await?;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let mut refused = Taken::default();
        let rows = heads.sift(rows, &mut refused, "户主证件号码", |row| &row.head);
        let stood = places(work, known.rows()).await?;
        let stood: HashMap<String, Places> =
            known.rows().filter_map(|home| Some((home.number.clone(), stood.get(&home.id)?.clone()))).collect();
        let mut living: HashMap<String, Places> = HashMap::new();
        let rows = moved(rows, &stood, &mut living, &mut refused, work.today());
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.moved_on = living.get(&row.number).and_then(|places| places.since);
            model.head_id = heads.get(&row.head).map_or(0, |head| head.id);
            Ok(kernel.keys.reseal(&model.key_salt, "household.address", &mut model.address, row.address.as_deref())?)
        };
        let (mut taken, homes) = upsert::<Entity, _, _>(work, &rows, known, |row| row.number.clone(), write).await?;
        let taken_rows = rows.iter().filter(|row| !taken.refuses(row.number));
        let changed: HashMap<i64, Places> = taken_rows
            .filter(|row| stood.get(&row.row.number).is_some_and(|stood| living.get(&row.row.number) != Some(stood)))
            .filter_map(|row| Some((homes.get(&row.row.number)?.id, living.get(&row.row.number)?.clone())))
            .collect();
        household_place::keep(work, &changed).await?;
        for follow in &joints().households_moved {
            follow(work, &changed).await?;
        }
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let heads = person_number::numbers_of(kernel, viewer, models.iter().map(|model| model.head_id)).await?;
        let mut rows = Vec::with_capacity(models.len());
        for model in models {
            let address = kernel.keys.open_some(&model.key_salt, "household.address", model.address.as_deref())?;
            rows.extend(SheetRow::told(&model, heads.get(&model.head_id).cloned(), address, model.moved_on));
        }
        Ok(Exported { rows, next })
    }
}

/// Where households live after rows have told it, by number; the rows that tell of a move that cannot be are refused.
fn moved(
    rows: Vec<Numbered<SheetRow>>,
    stood: &HashMap<String, Places>,
    living: &mut HashMap<String, Places>,
    refused: &mut Taken,
    today: NaiveDate,
) -> Vec<Numbered<SheetRow>> {
    let mut good = Vec::with_capacity(rows.len());
    for Numbered { number, row } in rows {
        let to = Lived { division: row.division.clone(), area: row.area.code().to_owned() };
        let told = match stood.get(&row.number) {
            Some(stood) => stood.told(&to, row.moving, today),
            None => Places::of(to.clone()).told(&to, row.moving, today),
        };
        let (code, text) = match told {
            Ok(places) => {
                living.insert(row.number.clone(), places);
                good.push(Numbered { number, row });
                continue;
            }
            Err(Wrong::Ahead) => ("AHEAD", "迁居日期在今天之后 · the day of the move is still to come".to_owned()),
            Err(Wrong::Earlier(last)) => (
                "OUT_OF_ORDER",
                format!(
                    "该户 {last} 已迁到前一住处，不能更早迁出 · it came to the place before on {last} and cannot have left earlier"
                ),
            ),
        };
        let said = row.moving.map(|day| day.to_string()).unwrap_or_default();
        let remedy = "核对迁居日期；改正上一次迁居，请填它的日期和正确的区划 · check the day; to correct the last move give its day and the right place";
        refused.refuse(number, "迁居日期", said, code, &text, remedy);
    }
    good
}
