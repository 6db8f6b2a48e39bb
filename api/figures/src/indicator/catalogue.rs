//! 指标目录 · the catalogue of figures, as clients read it.

use async_graphql::{Object, SimpleObject};
use minzheng_ground::error::Answer;

use crate::indicator::{Definition, all};

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
    /// 类型 · FLOW, DISTINCT, STOCK, RATIO, MEAN, DATE or TEXT.
    kind: &'static str,
    /// 可加 · adds up over times and places.
    additive: bool,
    /// 已接入 · some source feeds it; else it has no value.
    fed: bool,
    /// 敏感 · counts persons, households or person-times, or is the money beside them.
    sensitive: bool,
    /// 分母 · what it, or a percentage of it, is over.
    denominator: Option<&'static str>,
    /// 英文分母 · the same in English.
    denominator_en: Option<&'static str>,
    /// 条目 · clause of the report.
    clause: &'static str,
    /// 口径 · what counts.
    definition: &'static str,
    /// 英文口径 · what counts, in English.
    definition_en: &'static str,
    /// 口径参数 · parameters of policy that decide.
    parameters: Vec<&'static str>,
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
            additive: of.additive(),
            fed: of.fed(),
            sensitive: of.sensitive(),
            denominator: of.denominator.map(|words| words.0),
            denominator_en: of.denominator.map(|words| words.1),
            clause: of.clause,
            definition: of.words_zh,
            definition_en: of.words_en,
            parameters: of.settings().map(|setting| setting.name).collect(),
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
