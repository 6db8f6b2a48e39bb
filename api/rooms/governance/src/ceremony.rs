//! 婚丧喜庆事项 · weddings, funerals and feasts, declared, guided and held (SM12). Figures F13, F14 and F15 are read from here.

use chrono::NaiveDate;
use entity::governance::ceremony::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::scalars::Money;
use minzheng_ground::sheets::check::{check_phone, not_negative};
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text, Whole, YesNo, Yuan};
use minzheng_ground::sheets::steps::restate;
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_rules::governance::ceremony;
use minzheng_rules::steps::{Step, dated, state_on};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

minzheng_ground::codes! {
    /// 事项种类 · kind of ceremony.
    CeremonyKind, CeremonyKindFilter, "CEREMONY_KIND" {
        Wedding "WEDDING" "婚" "wedding",
        Funeral "FUNERAL" "丧" "funeral",
        Birthday "BIRTHDAY" "寿宴" "birthday of the old",
        FirstMonth "FIRST_MONTH" "满月" "first month of a child",
        Moving "MOVING" "乔迁" "moving house",
        School "SCHOOL" "升学" "going on to school",
        Other "OTHER" "其他" "other",
    }
}

minzheng_ground::codes! {
    /// 事项结果 · what the guidance came to.
    CeremonyOutcome, CeremonyOutcomeFilter, "CEREMONY_OUTCOME" {
        Simplified "SIMPLIFIED" "简办" "simplified",
        NewStyle "NEW_STYLE" "新办" "in the new style",
        Cancelled "CANCELLED_BANQUET" "停办" "banquet cancelled",
        NotPersuaded "NOT_PERSUADED" "未劝导成功" "not persuaded",
    }
}

minzheng_ground::codes! {
    /// 事项状态 · state of a ceremony (SM12), as its dates tell.
    CeremonyState, CeremonyStateFilter, "CEREMONY_STATE" {
        Declared "DECLARED" "已申报" "declared",
        Guided "GUIDED" "已劝导" "guided",
        Simplified "SIMPLIFIED" "简办" "simplified",
        NewStyle "NEW_STYLE" "新办" "in the new style",
        Cancelled "CANCELLED_BANQUET" "停办" "banquet cancelled",
        NotPersuaded "NOT_PERSUADED" "未劝导成功" "not persuaded",
    }
}

/// One ceremony.
pub type Ceremony = Row<Entity>;

/// 婚丧喜庆事项 · a wedding, a funeral or another feast.
pub fn table() -> Table {
    Builder::<Entity>::new("婚丧喜庆事项 · a wedding, a funeral or another feast.")
        .list("ceremonies", "婚丧喜庆事项列表 · ceremonies in scope.", Column::Number)
        .id()
        .text(Column::Number, "事项编号 · number.")
        .filter()
        .order()
        .code::<CeremonyKind>(Column::Kind, "种类 · kind.")
        .filter()
        .division(Column::Division, "区划代码 · where.")
        .filter()
        .order()
        .date(Column::DeclaredOn, "申报日期 · declared on.")
        .filter()
        .date(Column::GuidedOn, "劝导日期 · guided on.")
        .filter()
        .date(Column::HeldOn, "举办日期 · held on; for a cancelled banquet the day it was planned for.")
        .filter()
        .order()
        .code::<CeremonyOutcome>(Column::Outcome, "结果 · what the guidance came to.")
        .filter()
        .date(Column::DecidedOn, "决定日期 · decided on.")
        .filter()
        .money(Column::PlannedFen, "计划费用 · cost as it was planned.")
        .named("planned")
        .money(Column::ActualFen, "实际费用 · cost as it was.")
        .named("actual")
        .flag(Column::Evidence, "有凭据 · whether there is evidence of the cost.")
        .filter()
        .personal(Column::Host, "事主 · host; masked: first and last sign")
        .personal(Column::Phone, "联系电话 · telephone; masked: 138****1234")
        .number(Column::Tables, "桌数 · tables.")
        .code_on_day::<CeremonyState>(
            "state",
            "状态 · state on a day, as its dates tell; left out: the business date. Null: it had not \
             begun.",
            |row, on| state_on(&steps(row), on),
        )
        .computed::<Money>(
            "saved",
            "节约金额 · money saved: what was planned less what was spent, where there is evidence (F15).",
            &[Column::Outcome, Column::Evidence, Column::PlannedFen, Column::ActualFen],
            |row, json| {
                let fen = |column| row.cell::<Entity>(column).int();
                let cancelled = row.cell::<Entity>(Column::Outcome).text() == Some(CeremonyOutcome::Cancelled.code());
                let evidence = row.cell::<Entity>(Column::Evidence).flag();
                json.money(ceremony::saved(
                    cancelled,
                    evidence,
                    fen(Column::PlannedFen).unwrap_or_default(),
                    fen(Column::ActualFen),
                ));
            },
        )
        .table()
}

/// What its dates tell: what it came to holds from the decision on, else from the day itself.
fn steps(row: &Model) -> Vec<Step> {
    let Some(outcome) = CeremonyOutcome::parse(&row.outcome) else { return Vec::new() };
    let decided = row.decided_on.unwrap_or(row.held_on);
    dated(&[(row.declared_on, "DECLARED"), (row.guided_on, "GUIDED"), (Some(decided), outcome.code())])
}

minzheng_ground::sheet_row! {
    /// One ceremony as a sheet tells it.
    SheetRow of Model {
        number: need Id => "事项编号",
        kind: need One<CeremonyKind> => "种类",
        division: need Place => "区划代码",
        declared_on: may Day => "申报日期",
        guided_on: may Day => "劝导日期",
        held_on: need Day => "举办日期",
        outcome: need One<CeremonyOutcome> => "结果",
        decided_on: may Day => "决定日期",
        planned: need Yuan => "计划费用" in planned_fen,
        actual: may Yuan => "实际费用" in actual_fen,
        evidence: need YesNo => "有凭据",
        host: may Text => "事主",
        phone: may Id => "联系电话" by hand,
        tables: may Whole => "桌数",
    }
}

/// `ceremonies`: matched by number.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "ceremonies";
    const COMMAND: &'static str = "recordCeremony";
    const KEY: &'static [&'static str] = &["事项编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        check_phone(&mut row.phone, fields);
        // The other dates are not compared with one another.
        for (header, date) in
            [("劝导日期", row.guided_on), ("举办日期", Some(row.held_on)), ("决定日期", row.decided_on)]
        {
            fields.in_order(&[("申报日期", row.declared_on), (header, date)]);
        }
        not_negative(fields, "计划费用", Some(row.planned));
        not_negative(fields, "实际费用", row.actual);
        not_negative(fields, "桌数", row.tables);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let numbers = rows.iter().map(|row| row.row.number.clone());
        let known = known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| row.number.clone()).await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            kernel.keys.reseal(&model.key_salt, "ceremony.phone", &mut model.phone, row.phone.as_deref())?;
            Ok(())
        };
        let key = |row: &SheetRow| row.number.clone();
        let (taken, now) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        restate::<Entity>(work, Self::COMMAND, now.values().map(|row| (row.id, steps(row)))).await?;
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let phone = kernel.keys.open_some(&model.key_salt, "ceremony.phone", model.phone.as_deref())?;
            Ok(SheetRow::told(model, phone))
        })
    }
}
