//! 政策参数 · what a rule says at a place, in town or country, from a day on (domain §0.1.7): data, never
//! a constant. The nearest place that says something counts: village, town, district, city, province,
//! then what holds nationally.

use chrono::NaiveDate;
use entity::registry::policy_value::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::joints::joints;
use minzheng_ground::sheets::row::{Day, One, Place, Text, Word};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Key, Row, Table};
use minzheng_kernel::{Failure, Work};
use minzheng_reference::policy_value::Area;
use minzheng_rules::assistance::policy;
use minzheng_rules::figures;
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::policy_document::normal_doc_no;

/// One value.
pub type PolicyValue = Row<Entity>;

/// 政策参数 · a value of a parameter at a place, from a day on.
pub fn table() -> Table {
    Builder::<Entity>::new("政策参数 · a value of a parameter at a place, from a day on.")
        .list("policyValues", "政策参数列表 · values of parameters by place and date; public.", Column::Parameter)
        .id()
        .division(Column::Division, "区划代码 · where it holds.")
        .filter()
        .text(Column::Parameter, "参数 · name of the parameter.")
        .filter()
        .order()
        .computed::<Option<String>>("label", "参数名称 · its Chinese name.", &[Column::Parameter], |row, json| {
            let parameter = row.cell::<Entity>(Column::Parameter).text();
            json.text_or_null(
                policy::PARAMETERS.iter().find(|known| Some(known.name) == parameter).map(|known| known.zh),
            );
        })
        .code::<Area>(Column::Area, "城乡 · null: both.")
        .filter()
        .date(Column::ValidFrom, "生效日期 · first day.")
        .filter()
        .order()
        .date(Column::ValidUntil, "失效日期 · first day on which it no longer holds.")
        .filter()
        .text(Column::Value, "值 · as the rule reads it.")
        .text(Column::Source, "依据文号 · number of the instrument, as it was recorded.")
        .one_computed(
            "document",
            "依据文件 · the instrument of that number; null where it is not recorded.",
            "PolicyDocument",
            Column::Source,
            |source| source.text().map(|number| Key::Code(normal_doc_no(number))),
            "doc_no",
        )
        .table()
}

minzheng_ground::sheet_row! {
    /// One value as a sheet tells it.
    SheetRow of Model {
        division: need Place => "区划代码",
        parameter: need Text => "参数",
        area: may One<Area> => "城乡",
        valid_from: need Day => "生效日期",
        valid_until: may Day => "失效日期",
        value: need Word => "值",
        source: may Text => "依据文号",
    }
}

/// `policies`: matched by place, parameter, area and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "policies";
    const COMMAND: &'static str = "recordPolicyValue";
    const KEY: &'static [&'static str] = &["区划代码", "参数", "城乡", "生效日期"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        if row.valid_until.is_some_and(|until| until <= row.valid_from) {
            fields.refuse(
                Some("失效日期"),
                "DATE_ORDER",
                "失效日期不晚于生效日期 · ends before it holds",
                "改正日期 · correct the date",
            );
        }
        let mut others = joints().parameters.iter();
        if let Some(of_figures) = others.find_map(|read| read(&row.parameter, &row.value)) {
            if let Err(expected) = of_figures {
                let remedy = format!("应为：{expected} · expected: {expected}");
                fields.refuse(Some("值"), "VALUE", "值无法读取 · the value cannot be read", remedy);
            }
            if row.area.is_some() {
                let text = "口径参数不分城乡 · a parameter of figures has no area";
                fields.refuse(Some("城乡"), "VALUE", text, "留空 · leave it out");
            }
            return;
        }
        let Some(parameter) = policy::PARAMETERS.iter().find(|parameter| parameter.name == row.parameter) else {
            let of_figures = figures::PARAMETERS.iter().map(|parameter| parameter.name);
            let names: Vec<&str> =
                policy::PARAMETERS.iter().map(|parameter| parameter.name).chain(of_figures).collect();
            fields.refuse(
                Some("参数"),
                "NOT_IN_LIST",
                "没有这个参数 · there is no such parameter",
                format!("可用：{0}、{1}<编码> · one of: {0}, {1}<code>", names.join("、"), figures::TARGET),
            );
            return;
        };
        // A value that the rule cannot read would only be found when a family is decided on.
        let probe = policy::Policy::from_values(|name| {
            Some(if name == parameter.name { row.value.clone() } else { probe_value(name) })
        });
        if probe == Err(policy::PolicyError::Invalid(parameter.name)) {
            let remedy = format!("应为：{} · expected: {}", parameter.zh, parameter.en);
            fields.refuse(Some("值"), "VALUE", "值无法读取 · the value cannot be read", remedy);
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let places = rows.iter().map(|row| row.row.division.clone());
        let key = |division: &str, parameter: &str, area: Option<&String>, from: NaiveDate| {
            (division.to_owned(), parameter.to_owned(), area.cloned(), from)
        };
        let known = known_by::<Entity, _>(work, Column::Division.is_in(places), |m| {
            key(&m.division, &m.parameter, m.area.as_ref(), m.valid_from)
        })
        .await?;
        let of_row = |row: &SheetRow| {
            let area = row.area.map(|area| area.code().to_owned());
            key(&row.division, &row.parameter, area.as_ref(), row.valid_from)
        };
        Ok(upsert::<Entity, _, _>(work, &rows, known, of_row, SheetRow::write).await?.0)
    }
}

/// Some value that can be read, to try one other.
fn probe_value(name: &str) -> String {
    let value = match name {
        "pension.excluded" => "true",
        "rounding" => "FEN",
        _ => "1",
    };
    value.to_owned()
}
