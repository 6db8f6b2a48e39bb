//! 区划 · administrative divisions: province, city, district, town, village, with the time for
//! which each code holds (domain §2.10, §2.12; codes change yearly).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use entity::registry::division::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, fault};
use minzheng_ground::scalars::DivisionCode;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, One, Place, Text};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::state::{state, viewer};
use minzheng_ground::{Builder, Key, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::division::{LEVELS, division_prefix, parent_code};
use minzheng_sheet::Fields;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// One division.
pub type Division = Row<Entity>;

/// 区划 · an administrative division, from province to village; public.
pub fn table() -> Table {
    Builder::<Entity>::new("区划 · an administrative division, from province to village; public.")
        .list("divisions", "区划列表 · divisions, by code unless ordered otherwise.", Column::Code)
        .asked_by::<DivisionCode>("parent", "直属于 · only those directly under this one", false, |_, parent| {
            let (low, high, level) = children_of(&parent.0);
            Ok(Condition::all().add(Column::Code.between(low, high)).add(Column::Level.eq(level)))
        })
        .id()
        .division(Column::Code, "区划代码 · 12 digits (GB/T 2260, GB/T 10114-2003).")
        .filter()
        .order()
        .text(Column::Name, "名称 · name.")
        .filter()
        .order()
        .code::<DivisionLevel>(Column::Level, "级别 · PROVINCE, CITY, DISTRICT, TOWN or VILLAGE.")
        .filter()
        .code::<BodyKind>(Column::Kind, "类型 · residents' or villagers' committee, where it was told.")
        .date(Column::ValidFrom, "启用日期 · first day on which the code holds; null: always.")
        .date(Column::ValidUntil, "停用日期 · first day on which it no longer holds.")
        .filter()
        .many_by(
            "careCentres",
            "养老机构 · the centres that stand in this very division.",
            "CareCentre",
            Column::Code,
            ("division", Which::Newest("number")),
        )
        .many_by(
            "centreProjects",
            "机构建设项目 · the projects in this very division, newest first.",
            "CentreProject",
            Column::Code,
            ("division", Which::Newest("approved_on")),
        )
        .many_by(
            "charters",
            "村规民约 · charters of this village or community, newest first.",
            "VillageCharter",
            Column::Code,
            ("division", Which::Newest("effective_from")),
        )
        .many_by(
            "councils",
            "红白理事会 · councils of this village or community, newest first.",
            "RedWhiteCouncil",
            Column::Code,
            ("division", Which::Newest("founded_on")),
        )
        .many_by(
            "ceremonies",
            "婚丧喜庆事项 · ceremonies of this village or community, newest first.",
            "Ceremony",
            Column::Code,
            ("division", Which::Newest("held_on")),
        )
        .many_by(
            "disclosures",
            "村务公开 · postings of this village or community, newest first.",
            "Disclosure",
            Column::Code,
            ("division", Which::Newest("due_on")),
        )
        .one_by(
            "successor",
            "继任区划 · the division that it became or was joined to.",
            "Division",
            Column::Successor,
            "code",
        )
        .many_by(
            "predecessors",
            "前身区划 · the divisions that became it or were joined to it. Who may see a division may see what was theirs.",
            "Division",
            Column::Code,
            ("successor", Which::Newest("code")),
        )
        .one_computed(
            "parent",
            "上级 · the division in which it lies.",
            "Division",
            Column::Code,
            |code| code.text().and_then(parent_code).map(Key::Code),
            "code",
        )
        .table()
}

/// The fields of the root.
#[derive(Default)]
pub struct DivisionQuery;

#[Object]
impl DivisionQuery {
    /// 区划 · one division by its code; null where there is none.
    async fn division(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "区划代码 · of which division")] code: DivisionCode,
    ) -> Answer<Option<Division>> {
        find(context, &code.0).await
    }
}

/// The division with this code.
pub async fn find(context: &Context<'_>, code: &str) -> Answer<Option<Division>> {
    let viewer = viewer(context)?;
    let found = viewer.select::<Entity>().filter(Column::Code.eq(code)).one(state(context)?.kernel.db.read()).await;
    Ok(found.map_err(|e| fault(context, e.into()))?.map(|model| Row::new(viewer, model)))
}

/// One that was read, as this viewer sees it.
pub fn seen(viewer: &Viewer, model: Arc<Model>) -> Division {
    Row { level: viewer.level::<Entity>(&model), model }
}

/// First and last code that can lie directly under a division, and their level.
pub fn children_of(code: &str) -> (String, String, &'static str) {
    let prefix = division_prefix(code);
    let level = LEVELS.iter().find(|(_, digits)| *digits > prefix.len()).map_or("", |(level, _)| level);
    (format!("{prefix:0<12}"), format!("{prefix:9<12}"), level)
}

minzheng_ground::codes! {
    /// 区划级别 · level of a division.
    DivisionLevel, DivisionLevelFilter, "DIVISION_LEVEL" {
        Province "PROVINCE" "省" "province",
        City "CITY" "市" "city",
        District "DISTRICT" "区县" "district",
        Town "TOWN" "乡镇街道" "town or street",
        Village "VILLAGE" "村居" "village or community",
    }
}

minzheng_ground::codes! {
    /// 村居类型 · kind of body at village level.
    BodyKind, BodyKindFilter, "BODY_KIND" {
        Residents "RESIDENTS" "居委会" "residents' committee",
        Villagers "VILLAGERS" "村委会" "villagers' committee",
        Other "OTHER" "其他" "other",
    }
}

minzheng_ground::sheet_row! {
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
