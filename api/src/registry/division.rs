//! 区划 · administrative divisions: province, city, district, town, village, with the time for
//! which each code holds (domain §2.10, §2.12; codes change yearly).

use crate::eldercare::care_centre::CareCentre;
use crate::eldercare::centre_project::CentreProject;
use crate::exchange::row::{Day, One, Place, Text};
use crate::exchange::sheet::Fields;
use crate::exchange::{Exported, Kind, Numbered, Taken, export_page, exported, known_by, upsert};
use crate::governance::ceremony::Ceremony;
use crate::governance::disclosure::Disclosure;
use crate::governance::red_white_council::RedWhiteCouncil;
use crate::governance::village_charter::VillageCharter;
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::{Answer, fault};
use crate::graphql::list::{
    Asked, Connection, DateFilter, Direction, DivisionFilter, Row, TextFilter, division_prefix, list, small,
};
use crate::graphql::load::newest_of;
use crate::graphql::scalars::{Date, DivisionCode};
use crate::graphql::{global_id, state, viewer};
use crate::listing;
use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::eldercare::{care_centre, centre_project};
use entity::governance::{ceremony, disclosure, red_white_council, village_charter};
use entity::registry::division::{Column, Entity, Model};
use minzheng_kernel::{Failure, Fault, Kernel, PageInput, Viewer, Work};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

crate::node! {
    /// One division.
    Division, Entity
}

/// 区划 · an administrative division, from province to village; public.
#[Object(name_type)]
impl Division {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("Division", self.0.model.id)
    }

    /// 区划代码 · 12 digits (GB/T 2260, GB/T 10114-2003).
    fn code(&self) -> DivisionCode {
        DivisionCode(self.0.model.code.clone())
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 级别 · PROVINCE, CITY, DISTRICT, TOWN or VILLAGE.
    fn level(&self) -> Option<DivisionLevel> {
        DivisionLevel::parse(&self.0.model.level)
    }

    /// 类型 · residents' or villagers' committee, where it was told.
    fn kind(&self) -> Option<BodyKind> {
        self.0.model.kind.as_deref().and_then(BodyKind::parse)
    }

    /// 启用日期 · first day on which the code holds; null: always.
    fn valid_from(&self) -> Option<Date> {
        self.0.model.valid_from.map(Date)
    }

    /// 停用日期 · first day on which it no longer holds.
    fn valid_until(&self) -> Option<Date> {
        self.0.model.valid_until.map(Date)
    }

    /// 养老机构 · the centres that stand in this very division.
    async fn care_centres(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<CareCentre>> {
        use care_centre::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::Number, first).await
    }

    /// 机构建设项目 · the projects in this very division, newest first.
    async fn centre_projects(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<CentreProject>> {
        use centre_project::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::ApprovedOn, first).await
    }

    /// 村规民约 · charters of this village or community, newest first.
    async fn charters(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<VillageCharter>> {
        use village_charter::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::EffectiveFrom, first).await
    }

    /// 红白理事会 · councils of this village or community, newest first.
    async fn councils(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<RedWhiteCouncil>> {
        use red_white_council::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::FoundedOn, first).await
    }

    /// 婚丧喜庆事项 · ceremonies of this village or community, newest first.
    async fn ceremonies(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<Ceremony>> {
        use ceremony::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::HeldOn, first).await
    }

    /// 村务公开 · postings of this village or community, newest first.
    async fn disclosures(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<Disclosure>> {
        use disclosure::Column as Of;
        newest_of(context, Of::Division, &self.0.model.code, Of::DueOn, first).await
    }

    /// 继任区划 · the division that it became or was joined to.
    async fn successor(&self, context: &Context<'_>) -> Answer<Option<Division>> {
        match &self.0.model.successor {
            Some(code) => small(find_among(context, code)).await,
            None => Ok(None),
        }
    }

    /// 前身区划 · the divisions that became it or were joined to it. Who may see a division may see what was theirs.
    async fn predecessors(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Answer<Vec<Division>> {
        newest_of(context, Column::Successor, &self.0.model.code, Column::Code, first).await
    }

    /// 上级 · the division in which it lies.
    async fn parent(&self, context: &Context<'_>) -> Answer<Option<Division>> {
        match parent_code(&self.0.model.code) {
            Some(code) => small(find_among(context, &code)).await,
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
        level: DivisionLevelFilter = Level,
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
        #[graphql(name = "where")] filter: Option<Box<DivisionWhere>>,
        order_by: Option<DivisionOrder>,
        direction: Option<Direction>,
    ) -> Answer<Connection<Division>> {
        let page = PageInput { first, after, last, before };
        let ordered = (order_by.unwrap_or(DivisionOrder::Code), direction);
        list(context, Asked::default(), filter, ordered, &page, |select| match &parent {
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

/// The same where others of the request ask too, each for its own, such as the parts of a figure: read together.
pub async fn find_among(context: &Context<'_>, code: &str) -> Answer<Option<Division>> {
    Ok(newest_of(context, Column::Code, code, Column::Id, 1).await?.pop())
}

impl Division {
    /// One that was read, as this viewer sees it.
    pub fn of(viewer: &Viewer, model: Arc<Model>) -> Self {
        Self(Row { level: viewer.level::<Entity>(&model), model })
    }
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

crate::codes! {
    /// 区划级别 · level of a division.
    DivisionLevel, DivisionLevelFilter, "DIVISION_LEVEL" {
        Province "PROVINCE" "省" "province",
        City "CITY" "市" "city",
        District "DISTRICT" "区县" "district",
        Town "TOWN" "乡镇街道" "town or street",
        Village "VILLAGE" "村居" "village or community",
    }
}

crate::codes! {
    /// 村居类型 · kind of body at village level.
    BodyKind, BodyKindFilter, "BODY_KIND" {
        Residents "RESIDENTS" "居委会" "residents' committee",
        Villagers "VILLAGERS" "村委会" "villagers' committee",
        Other "OTHER" "其他" "other",
    }
}

crate::sheet_row! {
    /// One division as a sheet tells it.
    SheetRow of Model {
        code: need Place => "区划代码" or ["code"],
        name: need Text => "名称" or ["name"],
        level: need One<DivisionLevel> => "级别" or ["level"],
        parent: may Place => "上级代码" or ["parent_code"] by hand,
        kind: may One<BodyKind> => "类型",
        valid_from: may Day => "启用日期",
        valid_until: may Day => "停用日期",
        successor: may Place => "继任代码",
    }
}

/// `divisions`: matched by code.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "divisions";
    const COMMAND: &'static str = "recordDivision";
    const NAMES: bool = false;
    const KEY: &'static [&'static str] = &["区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        let level = row.level.code();
        let digits = LEVELS.iter().find(|(name, _)| *name == level).map_or(12, |(_, digits)| *digits);
        if division_prefix(&row.code).len() != digits {
            let remedy =
                format!("{level} 的代码有 {digits} 位，其后为 0 · a {level} code has {digits} digits, then zeros");
            fields.refuse(Some("区划代码"), "LEVEL", "代码与级别不符 · code and level do not agree", remedy);
        }
        if row.parent.as_ref().is_some_and(|given| parent_code(&row.code).is_some_and(|own| own != *given)) {
            fields.refuse(
                Some("上级代码"),
                "PARENT",
                "上级代码与区划代码不符 · not the parent of this code",
                "删去或改正上级代码 · remove or correct it",
            );
        }
        fields.in_order(&[("启用日期", row.valid_from), ("停用日期", row.valid_until)]);
        let of_level = |code: &String| *code != row.code && division_prefix(code).len() == digits;
        if row.successor.as_ref().is_some_and(|given| !of_level(given)) {
            fields.refuse(
                Some("继任代码"),
                "SUCCESSOR",
                "不是另一个同级的区划代码 · not the code of another division of the same level",
                "填写并入或改成的区划的代码 · give the code of the division that it became or was joined to",
            );
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.code)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let codes = rows.iter().map(|row| row.row.code.clone());
        let known = known_by::<Entity, _>(work, Column::Code.is_in(codes), |row| row.code.clone()).await?;
        let mut refused = Taken::default();
        let rows = succeeded(work, rows, &mut refused).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            Ok(())
        };
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, |row| row.code.clone(), write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| Ok(SheetRow::told(model, parent_code(&model.code))))
    }
}

/// The rows whose successors are there and do not lead back to them; the others are refused.
async fn succeeded(
    work: &Work<'_>,
    rows: Vec<Numbered<SheetRow>>,
    refused: &mut Taken,
) -> Result<Vec<Numbered<SheetRow>>, Failure> {
    let named: BTreeSet<&str> = rows.iter().filter_map(|row| row.row.successor.as_deref()).collect();
    if named.is_empty() {
        return Ok(rows);
    }
    let there = work.everywhere::<Entity>().filter(Column::Code.is_in(named));
    let mut there: BTreeSet<String> = there.all(work.tx()).await?.into_iter().map(|row| row.code).collect();
    there.extend(rows.iter().map(|row| row.row.code.clone()));
    // Few divisions have one.
    let next = work.everywhere::<Entity>().filter(Column::Successor.is_not_null()).all(work.tx()).await?;
    let mut next: BTreeMap<String, String> =
        next.into_iter().filter_map(|row| Some((row.code, row.successor?))).collect();
    for Numbered { row, .. } in &rows {
        next.extend(row.successor.clone().map(|successor| (row.code.clone(), successor)));
    }
    let mut good = Vec::with_capacity(rows.len());
    for Numbered { number, row } in rows {
        let Some(successor) = &row.successor else {
            good.push(Numbered { number, row });
            continue;
        };
        let mut seen = BTreeSet::from([&row.code]);
        let mut at = Some(successor);
        while let Some(code) = at.filter(|code| seen.insert(*code)) {
            at = next.get(code);
        }
        if !there.contains(successor) {
            let remedy = "先导入继任的区划，或在表中把它放在前面 · import the successor first, or put it above";
            refused.missing(number, "继任代码", successor, remedy);
        } else if at.is_some() {
            let text = "继任代码连成一圈 · the successors form a circle";
            let remedy = "核对各区划的继任代码 · check the successors of all of them";
            refused.refuse(number, "继任代码", successor, "CIRCLE", text, remedy);
        } else {
            good.push(Numbered { number, row });
        }
    }
    Ok(good)
}
