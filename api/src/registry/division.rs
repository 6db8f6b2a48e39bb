//! 区划 · administrative divisions: province, city, district, town, village, with the time for
//! which each code holds (domain §2.10, §2.12; codes change yearly).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::registry::division::{Column, Entity, Model};
use minzheng_kernel::{Failure, PageInput, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};

use crate::exchange::import::{Kind, Numbered, Taken, upsert};
use crate::exchange::sheet::{CellKind, Column as HeaderColumn, Fields, Layout, RawCell, cell};
use crate::graphql::error::{Answer, fault};
use crate::graphql::list::{
    Connection, DateFilter, Direction, DivisionFilter, Node, Row, TextFilter, division_prefix, list,
};
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, state, viewer};
use crate::listing;

/// One division.
pub struct Division(Row<Entity>);

impl From<Row<Entity>> for Division {
    fn from(row: Row<Entity>) -> Self {
        Self(row)
    }
}

impl Node for Division {
    type Entity = Entity;
}

impl async_graphql::TypeName for Division {
    fn type_name() -> std::borrow::Cow<'static, str> {
        "Division".into()
    }
}

/// 区划 · an administrative division, from province to village; public.
#[Object(name_type)]
impl Division {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Division", self.0.model.id)
    }

    /// 区划代码 · 12 digits (GB/T 2260, GB/T 10114-2003).
    async fn code(&self) -> DivisionCode {
        DivisionCode(self.0.model.code.clone())
    }

    /// 名称 · name.
    async fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 级别 · PROVINCE, CITY, DISTRICT, TOWN or VILLAGE.
    async fn level(&self) -> &str {
        &self.0.model.level
    }

    /// 启用日期 · first day on which the code holds; null: always.
    async fn valid_from(&self) -> Option<Date> {
        self.0.model.valid_from.map(Date)
    }

    /// 停用日期 · first day on which it no longer holds.
    async fn valid_until(&self) -> Option<Date> {
        self.0.model.valid_until.map(Date)
    }

    /// 上级 · the division in which it lies.
    async fn parent(&self, context: &Context<'_>) -> Answer<Option<Division>> {
        match parent_code(&self.0.model.code) {
            Some(code) => find(context, &code).await,
            None => Ok(None),
        }
    }
}

listing! {
    Entity, Column;
    filter DivisionWhere {
        /// 区划代码
        code: DivisionFilter = Code,
        /// 名称
        name: TextFilter = Name,
        /// 级别
        level: TextFilter = Level,
        /// 停用日期
        valid_until: DateFilter = ValidUntil,
    }
    order DivisionOrder {
        /// 区划代码
        Code = Code,
        /// 名称
        Name = Name,
    }
}

/// The fields of the root.
#[derive(Default)]
pub struct DivisionQuery;

#[Object]
impl DivisionQuery {
    /// 区划 · one division by its code; null where there is none.
    async fn division(&self, context: &Context<'_>, code: DivisionCode) -> Answer<Option<Division>> {
        find(context, &code.0).await
    }

    /// 区划列表 · divisions, by code unless ordered otherwise.
    #[allow(clippy::too_many_arguments)]
    async fn divisions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "直属于 · only those directly under this one")] parent: Option<DivisionCode>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(name = "where")] filter: Option<DivisionWhere>,
        order_by: Option<DivisionOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<Division>> {
        let page = PageInput { first, after, last, before };
        let ordered = (order_by.unwrap_or(DivisionOrder::Code), direction);
        list(context, filter, ordered, &page, |select| match &parent {
            Some(parent) => {
                let (low, high, level) = children_of(&parent.0);
                select.filter(Column::Code.between(low, high)).filter(Column::Level.eq(level))
            }
            None => select,
        })
        .await
    }
}

/// The division with this code.
pub async fn find(context: &Context<'_>, code: &str) -> Answer<Option<Division>> {
    let viewer = viewer(context)?;
    let found = viewer.select::<Entity>().filter(Column::Code.eq(code)).one(state(context)?.kernel.db.read()).await;
    Ok(found.map_err(|e| fault(context, e.into()))?.map(|model| Division(Row::new(viewer, model))))
}

/// The levels and how many digits of the code are their own.
pub const LEVELS: &[(&str, usize)] = &[("PROVINCE", 2), ("CITY", 4), ("DISTRICT", 6), ("TOWN", 9), ("VILLAGE", 12)];

/// The code of the division in which another lies.
pub fn parent_code(code: &str) -> Option<String> {
    let own = division_prefix(code).len();
    let up = LEVELS.iter().rev().find(|(_, digits)| *digits < own)?;
    code.get(..up.1).map(|prefix| format!("{prefix:0<12}"))
}

/// First and last code that can lie directly under a division, and their level.
pub fn children_of(code: &str) -> (String, String, &'static str) {
    let prefix = division_prefix(code);
    let level = LEVELS.iter().find(|(_, digits)| *digits > prefix.len()).map_or("", |(level, _)| level);
    (format!("{prefix:0<12}"), format!("{prefix:9<12}"), level)
}

/// `divisions`: matched by code.
pub struct Sheet;

/// One division as a sheet tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRow {
    code: String,
    name: String,
    level: String,
    kind: Option<String>,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "divisions";
    const COMMAND: &'static str = "recordDivision";
    type Row = SheetRow;

    fn layout() -> Layout {
        let levels = CellKind::Choice(LEVELS.iter().map(|(level, _)| (*level).to_owned()).collect());
        Layout::new(vec![
            HeaderColumn::required("区划代码", CellKind::Id).also(&["code"]),
            HeaderColumn::required("名称", CellKind::Text).also(&["name"]),
            HeaderColumn::required("级别", levels).also(&["level"]),
            HeaderColumn::optional("上级代码", CellKind::Id).also(&["parent_code"]),
            HeaderColumn::optional("类型", CellKind::Choice(KINDS.iter().map(|(zh, _)| (*zh).to_owned()).collect())),
            HeaderColumn::optional("启用日期", CellKind::Date),
            HeaderColumn::optional("停用日期", CellKind::Date),
        ])
    }

    fn parse(fields: &mut Fields<'_>) -> Option<SheetRow> {
        let code = fields.need("区划代码", cell::id);
        let name = fields.need("名称", cell::text);
        let levels: Vec<(&str, &str)> = LEVELS.iter().flat_map(|(level, _)| [(*level, *level)]).collect();
        let level = fields.need("级别", |raw| cell::choice(&lower(raw), &levels));
        let parent = fields.get("上级代码", cell::id);
        let kind = fields.get("类型", |raw| cell::choice(raw, KINDS));
        let valid_from = fields.get("启用日期", cell::date);
        let valid_until = fields.get("停用日期", cell::date);
        let code = division_code(fields, &code?)?;
        let level = level?;
        let digits = LEVELS.iter().find(|(name, _)| *name == level)?.1;
        if division_prefix(&code).len() != digits {
            let remedy =
                format!("{level} 的代码有 {digits} 位，其后为 0 · a {level} code has {digits} digits, then zeros");
            fields.refuse(Some("区划代码"), "LEVEL", "代码与级别不符 · code and level do not agree", remedy);
        }
        if let Some(parent) = parent
            && parent_code(&code).is_some_and(|own| division_code(fields, &parent).is_some_and(|given| given != own))
        {
            fields.refuse(
                Some("上级代码"),
                "PARENT",
                "上级代码与区划代码不符 · not the parent of this code",
                "删去或改正上级代码 · remove or correct it",
            );
        }
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until < from
        {
            fields.refuse(
                Some("停用日期"),
                "DATE_ORDER",
                "停用日期早于启用日期 · ends before it begins",
                "改正日期 · correct the date",
            );
        }
        Some(SheetRow {
            code,
            name: name?,
            level: level.to_owned(),
            kind: kind.map(str::to_owned),
            valid_from,
            valid_until,
        })
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let codes = rows.iter().map(|row| row.row.code.clone());
        let known = work.everywhere::<Entity>().filter(Column::Code.is_in(codes)).all(work.tx()).await?;
        let known = known.into_iter().map(|model| (model.code.clone(), model)).collect();
        let write = |model: &mut Model, row: &SheetRow| {
            model.code.clone_from(&row.code);
            model.name.clone_from(&row.name);
            model.level.clone_from(&row.level);
            model.kind.clone_from(&row.kind);
            model.valid_from = row.valid_from;
            model.valid_until = row.valid_until;
        };
        let blank = |id| Model {
            id,
            code: String::new(),
            name: String::new(),
            level: String::new(),
            kind: None,
            valid_from: None,
            valid_until: None,
            successor: None,
            version: 1,
            voided: false,
        };
        upsert::<Entity, _, _>(work, rows, known, |row| row.code.clone(), write, blank).await
    }
}

/// Label in a sheet → kind of body at village level.
const KINDS: &[(&str, &str)] = &[("居委会", "RESIDENTS"), ("村委会", "VILLAGERS"), ("其他", "OTHER")];

/// Levels are also written in small letters.
fn lower(raw: &RawCell) -> RawCell {
    match raw {
        RawCell::Text(text) => RawCell::Text(text.to_uppercase()),
        other => other.clone(),
    }
}

/// A code of 2, 4, 6, 9 or 12 digits as 12 digits.
pub fn division_code(fields: &mut Fields<'_>, code: &str) -> Option<String> {
    if matches!(code.len(), 2 | 4 | 6 | 9 | 12) && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{code:0<12}"));
    }
    fields.refuse(
        Some("区划代码"),
        "DIVISION_CODE",
        "不是区划代码 · not a division code",
        "应为 12 位数字，或一级的前 2、4、6、9 位 · 12 digits, or the first 2, 4, 6 or 9",
    );
    None
}
