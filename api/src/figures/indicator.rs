//! 指标定义 · what each figure is (domain §1.6, §1.7): its names, unit and kind, and one select of the rows that it counts.

use async_graphql::{Object, SimpleObject};
use sha2::{Digest as _, Sha256};

use crate::graphql::error::Answer;

/// How a figure adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 累计 · what happened in the period; adds up over times and places.
    Flow,
    /// 去重 · different units of what happened in the period; adds up over places at most.
    Distinct,
    /// 期末 · different units that hold on the period's last day.
    Stock,
    /// 文字 · no number.
    Text,
}

impl Kind {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Flow => "FLOW",
            Self::Distinct => "DISTINCT",
            Self::Stock => "STOCK",
            Self::Text => "TEXT",
        }
    }
}

/// One figure's definition.
pub struct Definition {
    /// `F1`, `D03.TEKUN_SCATTERED.PERSONS`
    pub code: &'static str,
    /// 名称
    pub zh: &'static str,
    /// Name
    pub en: &'static str,
    /// 单位
    pub unit: &'static str,
    /// How it adds up.
    pub kind: Kind,
    /// Decimals shown.
    pub decimals: u32,
    /// How many of the counted unit (fen, pieces) make one of the shown unit: 1,000,000 fen are 1 万元.
    pub scale: i64,
    /// Counted in fen.
    pub money: bool,
    /// Counts persons, households or person-times, or is the money paid to them: small ones are hidden from the screen.
    pub sensitive: bool,
    /// Clause of the report.
    pub clause: &'static str,
    /// 口径 · what counts, in words.
    pub words_zh: &'static str,
    /// What counts, in words.
    pub words_en: &'static str,
    /// The aggregate that stands behind a row.
    pub node: &'static str,
    /// What looks like a row and is not counted: why (Chinese, English), and a select of `division` and `on_date`.
    pub excluded: &'static [(&'static str, &'static str, &'static str)],
    /// The rows counted: `row_id`, `division`, `on_date`, `value`, `unit`, `person_id`, `node_id`; for a stock also
    /// `until_date`, the first day on which it no longer holds.
    pub rows: &'static str,
}

impl Definition {
    /// SHA-256 of what it counts and how it is shown: two that are equal mean the same number.
    pub fn fingerprint(&self) -> String {
        let shown = format!("{} {} {} {} {}", self.code, self.kind.code(), self.unit, self.decimals, self.scale);
        hex::encode(Sha256::digest(format!("{shown} {}", self.rows)))
    }
}

/// Categories of F1 and F2.
macro_rules! assistance {
    () => {
        "('DIBAO', 'DIBAO_SINGLE', 'TEKUN', 'TEMPORARY_AID')"
    };
}

/// Kinds of F8.
macro_rules! welfare {
    () => {
        "('ORPHAN', 'DE_FACTO_UNATTENDED_CHILD', 'OLD_AGE_ALLOWANCE', 'ELDERLY_SERVICE', 'NURSING')"
    };
}

/// Payment lines that look like those counted.
macro_rules! not_paid {
    ($categories:expr) => {
        &[
            (
                "退回",
                "returned",
                concat!(
                    "SELECT p.division AS division, p.paid_on AS on_date FROM payment p ",
                    "WHERE p.state = 'RETURNED' AND NOT p.voided AND p.category IN ",
                    $categories
                ),
            ),
            (
                "作废",
                "voided",
                concat!(
                    "SELECT p.division AS division, p.paid_on AS on_date FROM payment p WHERE p.voided AND p.category IN ",
                    $categories
                ),
            ),
            (
                "追缴",
                "taken back",
                concat!(
                    "SELECT p.division AS division, p.paid_on AS on_date FROM payment p ",
                    "WHERE p.nature = 'CLAWBACK' AND NOT p.voided AND p.category IN ",
                    $categories
                ),
            ),
        ]
    };
}

/// Natures that can make a person-time.
macro_rules! person_time {
    () => {
        "('NORMAL', 'ARREARS', 'CARE', 'TOP_UP')"
    };
}

/// Each (person, category, month) and each (grant, beneficiary) once ever: on its first payment that arrived.
macro_rules! person_times {
    () => {
        concat!(
            "SELECT p.id AS row_id, p.division AS division, p.paid_on AS on_date, CAST(1 AS BIGINT) AS value, ",
            "p.person_id AS unit, p.person_id AS person_id, p.payment_id AS node_id FROM payment_person p ",
            "WHERE p.live AND NOT p.voided AND p.category IN ",
            assistance!(),
            " AND p.nature IN ",
            person_time!(),
            " AND NOT EXISTS (SELECT 1 FROM payment_person e WHERE e.person_id = p.person_id ",
            "AND e.category = p.category AND e.unit = p.unit AND e.live AND NOT e.voided AND e.nature IN ",
            person_time!(),
            " AND (e.paid_on < p.paid_on OR (e.paid_on = p.paid_on AND e.id < p.id)))"
        )
    };
}

macro_rules! payments {
    ($categories:expr) => {
        concat!(
            "SELECT p.id AS row_id, p.division AS division, p.paid_on AS on_date, p.amount_fen AS value, p.id AS unit, ",
            "CAST(NULL AS BIGINT) AS person_id, p.id AS node_id FROM payment p WHERE p.state = 'PAID' AND NOT p.voided ",
            "AND p.nature <> 'CLAWBACK' AND p.category IN ",
            $categories
        )
    };
}

macro_rules! covered_persons {
    ($condition:expr) => {
        concat!(
            "SELECT c.id AS row_id, r.division AS division, r.effective_from AS on_date, ",
            "r.effective_until AS until_date, CAST(1 AS BIGINT) AS value, c.person_id AS unit, ",
            "c.person_id AS person_id, r.id AS node_id ",
            "FROM recognition_person c JOIN recognition r ON r.id = c.recognition_id ",
            "WHERE NOT c.voided AND NOT r.voided AND ",
            $condition
        )
    };
}

macro_rules! recognised_households {
    ($condition:expr) => {
        concat!(
            "SELECT r.id AS row_id, r.division AS division, r.effective_from AS on_date, ",
            "r.effective_until AS until_date, CAST(1 AS BIGINT) AS value, r.household_id AS unit, ",
            "CAST(NULL AS BIGINT) AS person_id, r.id AS node_id FROM recognition r WHERE NOT r.voided AND ",
            $condition
        )
    };
}

macro_rules! d03 {
    ($code:literal, $zh:literal, $en:literal, $condition:literal) => {
        [
            Definition {
                code: concat!("D03.", $code, ".PERSONS"),
                zh: concat!($zh, "人数"),
                en: concat!($en, ", persons"),
                unit: "人",
                kind: Kind::Stock,
                decimals: 0,
                scale: 1,
                money: false,
                sensitive: true,
                clause: "A1.1b",
                words_zh: concat!("期末在保的", $zh, "保障对象；终止月份当月仍在保，死亡以认定的更正为准"),
                words_en: concat!("persons covered on the period's last day: ", $en),
                node: "Recognition",
                excluded: &[],
                rows: covered_persons!($condition),
            },
            Definition {
                code: concat!("D03.", $code, ".HOUSEHOLDS"),
                zh: concat!($zh, "户数"),
                en: concat!($en, ", households"),
                unit: "户",
                kind: Kind::Stock,
                decimals: 0,
                scale: 1,
                money: false,
                sensitive: true,
                clause: "A1.1b",
                words_zh: concat!("期末在保的", $zh, "家庭"),
                words_en: concat!("households recognised on the period's last day: ", $en),
                node: "Recognition",
                excluded: &[],
                rows: recognised_households!($condition),
            },
        ]
    };
}

/// Figures of the report.
const REPORT: &[Definition] = &[
    Definition {
        code: "F0",
        zh: "区名称",
        en: "name of the district",
        unit: "",
        kind: Kind::Text,
        decimals: 0,
        scale: 1,
        money: false,
        sensitive: false,
        clause: "P0.1",
        words_zh: "区划表在期末的名称",
        words_en: "name in the table of divisions at the period's end",
        node: "Division",
        excluded: &[],
        rows: "",
    },
    Definition {
        code: "F1",
        zh: "救助保障困难对象",
        en: "person-times of assistance",
        unit: "人次",
        kind: Kind::Flow,
        decimals: 0,
        scale: 1,
        money: false,
        sensitive: true,
        clause: "A1.4",
        words_zh: "低保、单人保、特困按（人、类别、所属月份），临时救助按（救助、受益人），各计一次，计在首次成功发放之日和所在区划；性质为正常、补发、照料护理、分类施保",
        words_en: "each (person, category, month) of 低保, 单人保 and 特困 and each (grant, beneficiary) of temporary aid once, on the day and at the place of its first payment that arrived, of nature 正常, 补发, 照料护理 or 分类施保",
        node: "Payment",
        excluded: not_paid!(assistance!()),
        rows: person_times!(),
    },
    Definition {
        code: "F1.PERSONS",
        zh: "救助保障困难对象人数",
        en: "persons assisted",
        unit: "人",
        kind: Kind::Distinct,
        decimals: 0,
        scale: 1,
        money: false,
        sensitive: true,
        clause: "A1.4",
        words_zh: "本期人次中不同的人",
        words_en: "different persons among the person-times of the period",
        node: "Payment",
        excluded: not_paid!(assistance!()),
        rows: person_times!(),
    },
    Definition {
        code: "F2",
        zh: "发放各类救助资金",
        en: "assistance money paid",
        unit: "万元",
        kind: Kind::Flow,
        decimals: 2,
        scale: 1_000_000,
        money: true,
        sensitive: true,
        clause: "A1.4",
        words_zh: "低保、单人保、特困、临时救助按发放日期的成功发放，除追缴外的各种性质，不扣减追缴",
        words_en: "payments of 低保, 单人保, 特困 and temporary aid that arrived, by the day they were paid, of every nature but 追缴, which is not netted",
        node: "Payment",
        excluded: not_paid!(assistance!()),
        rows: payments!(assistance!()),
    },
    Definition {
        code: "F8",
        zh: "发放社会福利资金",
        en: "welfare money paid",
        unit: "元",
        kind: Kind::Flow,
        decimals: 2,
        scale: 100,
        money: true,
        sensitive: true,
        clause: "A2.3d",
        words_zh: "孤儿、事实无人抚养儿童、高龄津贴、养老服务补贴、护理补贴按发放日期的成功发放，除追缴外的各种性质",
        words_en: "payments to orphans and de-facto unattended children, old-age allowance, subsidies of elderly services and nursing that arrived, by the day they were paid, of every nature but 追缴",
        node: "Payment",
        excluded: not_paid!(welfare!()),
        rows: payments!(welfare!()),
    },
    Definition {
        code: "F8.PERSONS",
        zh: "发放社会福利资金人数",
        en: "persons paid welfare money",
        unit: "人",
        kind: Kind::Distinct,
        decimals: 0,
        scale: 1,
        money: false,
        sensitive: true,
        clause: "A2.3d",
        words_zh: "本期领取社会福利资金的不同的人",
        words_en: "different persons whom the welfare money of the period was paid to",
        node: "Payment",
        excluded: &[],
        rows: concat!(
            "SELECT p.id AS row_id, p.division AS division, p.paid_on AS on_date, CAST(1 AS BIGINT) AS value, ",
            "p.person_id AS unit, p.person_id AS person_id, p.payment_id AS node_id FROM payment_person p ",
            "WHERE p.live AND NOT p.voided AND p.nature <> 'CLAWBACK' AND p.category IN ",
            welfare!()
        ),
    },
];

/// Recipients at the period's end, by category; 单人保 counts in 低保.
const RECIPIENTS: [[Definition; 2]; 6] = [
    d03!(
        "DIBAO_URBAN",
        "城市低保",
        "minimum living guarantee, urban",
        "r.category IN ('DIBAO', 'DIBAO_SINGLE') AND r.area = 'URBAN'"
    ),
    d03!(
        "DIBAO_RURAL",
        "农村低保",
        "minimum living guarantee, rural",
        "r.category IN ('DIBAO', 'DIBAO_SINGLE') AND r.area = 'RURAL'"
    ),
    d03!(
        "TEKUN_INSTITUTION",
        "集中供养特困",
        "extreme difficulty, in institutions",
        "r.category = 'TEKUN' AND r.support = 'INSTITUTION'"
    ),
    d03!(
        "TEKUN_SCATTERED",
        "分散供养特困",
        "extreme difficulty, at home",
        "r.category = 'TEKUN' AND r.support = 'SCATTERED'"
    ),
    d03!("EDGE", "低保边缘", "marginal", "r.category = 'EDGE'"),
    d03!("RIGID", "刚性支出困难", "rigid expenditure", "r.category = 'RIGID'"),
];

/// All definitions, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    static RECIPIENTS_OF: [[Definition; 2]; 6] = RECIPIENTS;
    REPORT.iter().chain(RECIPIENTS_OF.iter().flatten())
}

/// The definition of a code.
pub fn find(code: &str) -> Option<&'static Definition> {
    all().find(|definition| definition.code == code)
}

/// 指标 · a figure's definition.
#[derive(SimpleObject)]
pub struct Indicator {
    /// 编码 · stable code.
    code: &'static str,
    /// 名称 · Chinese name.
    name: &'static str,
    /// 英文名称 · English name.
    name_en: &'static str,
    /// 单位 · unit.
    unit: &'static str,
    /// 小数位 · decimals shown.
    decimals: u32,
    /// 类型 · FLOW, DISTINCT, STOCK or TEXT.
    kind: &'static str,
    /// 可加 · adds up over times and places.
    additive: bool,
    /// 条目 · clause of the report.
    clause: &'static str,
    /// 口径 · what counts.
    definition: &'static str,
    /// 英文口径 · what counts, in English.
    definition_en: &'static str,
}

impl From<&'static Definition> for Indicator {
    fn from(of: &'static Definition) -> Self {
        Self {
            code: of.code,
            name: of.zh,
            name_en: of.en,
            unit: of.unit,
            decimals: of.decimals,
            kind: of.kind.code(),
            additive: of.kind == Kind::Flow,
            clause: of.clause,
            definition: of.words_zh,
            definition_en: of.words_en,
        }
    }
}

/// The field of the root.
#[derive(Default)]
pub struct IndicatorsQuery;

#[Object]
impl IndicatorsQuery {
    /// 指标目录 · the catalogue of figures; public.
    async fn indicators(
        &self,
        #[graphql(desc = "只要这些编码 · only these; left out: all")] codes: Option<Vec<String>>,
    ) -> Answer<Vec<Indicator>> {
        let wanted = |code: &str| codes.as_ref().is_none_or(|codes| codes.iter().any(|wanted| wanted == code));
        Ok(all().filter(|definition| wanted(definition.code)).map(Indicator::from).collect())
    }
}
