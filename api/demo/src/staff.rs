//! 演示账户 · the people who sign in to the demo: one a role and business line, and a second security administrator, so
//! that what one proposes another can confirm.

use crate::calendar::day;
use crate::registry::citizen_id;

/// The password of all of them: the data are invented and the demo is served to its own machine.
pub const PASSWORD: &str = "Yuelu-2023-demo";

/// The secret by which the municipal platform signs in.
pub const PLATFORM_SECRET: &str = "Yuelu-2023-demo-platform-client-secret-0004";

/// Who signs in to the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff {
    /// 用户名
    pub username: &'static str,
    /// 姓名 · empty: that of the citizen whose account it is.
    pub name: &'static str,
    /// Code of the role.
    pub role: &'static str,
    /// Business line of an officer.
    pub line: Option<&'static str>,
    /// The role in English.
    pub title: &'static str,
}

const fn staff(
    username: &'static str,
    name: &'static str,
    role: &'static str,
    line: Option<&'static str>,
    title: &'static str,
) -> Staff {
    Staff { username, name, role, line, title }
}

/// All of them. The second security administrator comes last: from then on another has to confirm what one proposes.
pub const STAFF: &[Staff] = &[
    staff("zhou.lixin", "周立新", "DISTRICT_ADMIN", None, "district administrator"),
    staff("peng.zhiyuan", "彭志远", "SYSTEM_ADMIN", None, "system administrator"),
    staff("tang.yaqin", "唐雅琴", "SECURITY_ADMIN", None, "security administrator"),
    staff("hu.qiusheng", "胡秋生", "AUDITOR", None, "auditor"),
    staff("liu.xiaoyan", "刘晓燕", "BUSINESS_OFFICER", Some("ASSISTANCE"), "officer, social assistance"),
    staff("chen.simin", "陈思敏", "BUSINESS_OFFICER", Some("ELDERLY"), "officer, elder care"),
    staff("huang.wenbin", "黄文斌", "BUSINESS_OFFICER", Some("ORGANISATIONS"), "officer, social organisations"),
    staff("xie.chunhua", "谢春华", "BUSINESS_OFFICER", Some("GOVERNANCE"), "officer, grassroots governance"),
    staff("deng.yujie", "邓玉洁", "BUSINESS_OFFICER", Some("WINDOW"), "officer, service window"),
    staff("yi.changqing", "易长青", "APPROVER", None, "approver"),
    staff("jiang.lijuan", "蒋丽娟", "TOWN_OFFICER", None, "town officer"),
    staff("xiao.manxiu", "肖满秀", "VILLAGE_WORKER", None, "village worker"),
    staff("long.xiaofang", "龙小芳", "WINDOW_CLERK", None, "clerk at the window"),
    staff("he.deming", "贺德明", "INSTITUTION", None, "care institution"),
    staff("tan.guiying", "谭桂英", "CARE_WORKER", None, "care worker"),
    staff("wu.haibo", "吴海波", "SOCIAL_ORG", None, "social organisation"),
    staff("guo.xuewen", "郭学文", "SPONSOR", None, "sponsor of organisations"),
    staff("yuan.jing", "袁静", "DEPARTMENT", None, "other department"),
    staff("jumin", "", "CITIZEN", None, "citizen"),
    staff("daping", "一楼大屏", "SCREEN", None, "big screen"),
    staff("pingtai", "市级平台接口", "PLATFORM", None, "municipal platform"),
    staff("luo.jianping", "罗建平", "SECURITY_ADMIN", None, "second security administrator"),
];

impl Staff {
    /// The number of the identity card, which no other person of the demo has: they are given sequences up to 998.
    pub fn number(&self) -> String {
        let place = STAFF.iter().position(|other| other.username == self.username).unwrap_or_default();
        citizen_id(day(1970 + i32::try_from(place).unwrap_or_default(), 3, 8), 999)
    }

    /// Whether a person signs in with it, and no machine.
    pub fn is_person(&self) -> bool {
        !matches!(self.role, "SCREEN" | "PLATFORM")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use minzheng_rules::identifiers::citizen_id::parse;

    use super::*;
    use crate::calendar::today;

    #[test]
    fn everybody_has_a_name_and_a_number_of_their_own() {
        let numbers: BTreeSet<String> = STAFF.iter().map(Staff::number).collect();
        let names: BTreeSet<&str> = STAFF.iter().map(|one| one.username).collect();
        assert_eq!((numbers.len(), names.len()), (STAFF.len(), STAFF.len()));
        for number in &numbers {
            let known = parse(number, today()).unwrap_or_else(|wrong| panic!("{number}: {wrong:?}"));
            assert_eq!(&known.number, number);
        }
        assert_eq!(STAFF.last().map(|last| last.role), Some("SECURITY_ADMIN"));
    }
}
