//! All closed lists of codes, and how clients ask for their labels.

use async_graphql::{Context, Object, SimpleObject};
use minzheng_ground::codes::{Code, label_on};
use minzheng_ground::error::Answer;
use minzheng_ground::scalars::Date;
use minzheng_ground::state::viewer;

use crate::catalogue::codes;

/// 代码项 · one code of a list.
#[derive(SimpleObject)]
pub struct CodeEntry {
    /// 代码 · stable.
    code: &'static str,
    /// 名称 · Chinese label on the day.
    label: &'static str,
    /// 英文名称 · English label.
    label_en: &'static str,
}

/// All lists by name, for the handbook.
pub fn all() -> impl Iterator<Item = (&'static str, &'static [Code])> {
    codes().iter().map(|list| (list.name, list.codes))
}

/// The fields of the root.
#[derive(Default)]
pub struct CodesQuery;

#[Object]
impl CodesQuery {
    /// 代码表 · the codes of a list with their labels on a day, since names change; public. Null: there is no such list.
    async fn code_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "代码表名 · such as ASSISTANCE_CATEGORY")] name: String,
        #[graphql(desc = "日期 · left out: the business date")] on: Option<Date>,
    ) -> Answer<Option<Vec<CodeEntry>>> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(codes().iter().find(|list| list.name == name).map(|list| {
            let entry =
                |code: &Code| CodeEntry { code: code.code, label: label_on(list.name, code, on), label_en: code.en };
            list.codes.iter().map(entry).collect()
        }))
    }

    /// 代码表名 · the names of all lists of codes; public.
    async fn code_lists(&self) -> Vec<&'static str> {
        codes().iter().map(|list| list.name).collect()
    }
}
