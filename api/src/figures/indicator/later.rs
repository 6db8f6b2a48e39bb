//! 待接入 · figures that no record feeds yet: they are defined and have no value, never 0. When a room begins to feed one,
//! its definition moves to the file of the line.

use super::{Definition, Kind, Measure};

/// Code, names, unit, kind, clause, words.
type Row = (&'static str, &'static str, &'static str, &'static str, Kind, &'static str, &'static str, &'static str);

const LATER: &[Row] = &[
    ("D01", "认定准确率", "precision of recognition", "%", Kind::Ratio, "A1.0", "复核确认符合条件的在保对象 ÷ 复核的在保对象", "cases confirmed on review over cases reviewed"),
    ("D02", "救助差错率", "error rate", "%", Kind::Ratio, "A1.0", "抽查中错保、漏保 ÷ 抽查", "wrongly paid and wrongly refused over those sampled"),
    ("D04", "专项救助转介", "referrals to special aid", "件", Kind::Flow, "A1.1c", "本期转介专项救助的件数", "referrals to special aid in the period"),
    ("D09", "救助线索", "leads", "条", Kind::Flow, "A1.2b", "本期发现的救助线索", "leads found in the period"),
    ("D10", "线索转化率", "leads that led to aid", "%", Kind::Ratio, "A1.2b", "转为救助的线索 ÷ 核实的线索", "leads that led to aid over leads verified"),
    ("D11", "线索按时办结率", "leads closed in time", "%", Kind::Ratio, "A1.2b", "限期内办结的线索 ÷ 到期的线索", "leads closed within their limit over those due"),
    ("D12", "接入数据来源", "data sources connected", "个", Kind::Stock, "A1.2c", "期末接入的部门数据来源", "sources of other departments connected on the last day"),
    ("D13", "比对数据", "records compared", "条", Kind::Flow, "A1.2c", "本期比对的数据条数", "records compared in the period"),
    ("D14", "防返贫监测比对率", "watched persons compared", "%", Kind::Ratio, "A1.2d", "本期至少比对一次的防返贫监测对象 ÷ 期末在册的监测对象", "watched persons compared at least once over those listed"),
    ("D15", "比对后新增保障", "newly covered after comparison", "人", Kind::Flow, "A1.2d", "比对后新纳入保障的人", "persons newly covered after a comparison"),
    ("D16", "超期红色预警", "red alerts past their deadline", "条", Kind::Stock, "A1.2e", "期末超期未处置的红色预警", "red alerts past their deadline on the last day"),
    ("D17", "申请材料", "materials asked for", "件", Kind::Stock, "A1.3a", "期末每个事项要求的材料数", "materials asked for an item on the last day"),
    ("D19", "平均办理时间", "mean working days to a decision", "工作日", Kind::Mean, "A1.3b", "受理到决定的平均工作日", "mean working days from acceptance to decision"),
    ("D20", "按时决定率", "decisions in time", "%", Kind::Ratio, "A1.3b", "法定时限内作出的决定 ÷ 全部决定", "decisions within the statutory limit over all decisions"),
    ("D21", "超期未办结", "overdue open cases", "件", Kind::Stock, "A1.3b", "期末超期未办结的申请", "open applications past their limit on the last day"),
    ("D23", "基本养老服务清单项目", "items of the list of basic services", "项", Kind::Stock, "A2.1a", "期末公布的清单项目", "items published on the last day"),
    ("D24", "清单服务人数", "persons served by the list", "人", Kind::Distinct, "A2.1a", "本期按清单服务的人", "persons served by the list in the period"),
    ("D25", "设施建成率", "facilities built of those planned", "%", Kind::Ratio, "A2.1b", "建成 ÷ 规划", "built over planned"),
    ("D26", "政策创制", "policies issued", "件", Kind::Flow, "A2.1c", "本期出台的养老政策", "policies on elder care issued in the period"),
    ("D27", "多形式服务机构", "providers with two forms or more", "家", Kind::Stock, "A2.1d", "期末提供两种以上服务形式的机构", "providers with at least two forms of service on the last day"),
    ("D31", "家庭照护者培训", "family carers trained", "人", Kind::Distinct, "A2.2b", "本期参加培训的家庭照护者", "family carers trained in the period"),
    ("D32", "社区设施评优率", "community facilities rated good", "%", Kind::Ratio, "A2.2c", "评为良好以上的 ÷ 参评的社区养老设施", "rated good or better over those rated"),
    ("D33", "满意率", "satisfied with the service", "%", Kind::Ratio, "A2.2c", "满意 ÷ 答复", "satisfied over those who answered"),
    ("D40", "防诈骗宣传", "sessions against fraud", "场", Kind::Flow, "A2.3b", "本期防诈骗、防非法集资宣传场次", "sessions against fraud and illegal fund-raising"),
    ("D41", "宣传受众", "persons reached", "人次", Kind::Flow, "A2.3b", "本期宣传受众", "person-times reached in the period"),
    ("D42", "涉资风险排查率", "facilities screened", "%", Kind::Ratio, "A2.3b", "排查预付费、会员卡、非法集资风险的机构 ÷ 运营的机构", "facilities screened for prepaid, membership or fund-raising schemes over those operating"),
    ("D44", "资金到账至发放", "days from arrival to payment", "天", Kind::Mean, "A2.3c", "资金到账至发放的平均天数", "mean days from the arrival of money to its payment"),
    ("D45", "居民需求解决率", "residents' needs resolved", "%", Kind::Ratio, "A3.0", "解决 ÷ 提出", "resolved over raised"),
    ("D46", "村民会议", "assemblies held", "次", Kind::Flow, "A3.1a", "本期召开的村（居）民会议和代表会议", "assemblies and councils of representatives held"),
    ("D47", "在任期内的自治组织", "bodies within their term", "%", Kind::Ratio, "A3.1a", "期末在任期内的 ÷ 全部自治组织", "within their term on the last day over all bodies"),
    ("D48", "村级配套组织健全率", "village units complete", "%", Kind::Ratio, "A3.1b", "已建 ÷ 应建的村级配套组织", "present over required units of villages"),
    ("D49", "减负表单", "forms cut", "张", Kind::Flow, "A3.1c", "本期取消的报表和证明", "forms and certificates abolished in the period"),
    ("D50", "孵化社会组织", "organisations incubated", "家", Kind::Flow, "A3.2a", "本期孵化、出壳的社会组织", "organisations incubated or graduated in the period"),
    ("D51", "下沉社区", "deployments to communities", "次", Kind::Flow, "A3.2b", "社会组织 × 社区", "organisations by communities"),
    ("D52", "社会组织摸底率", "organisations surveyed", "%", Kind::Ratio, "A3.2c", "摸底 ÷ 登记在册", "surveyed over registered"),
    ("D53", "社会组织活动", "activities of organisations", "次", Kind::Flow, "A3.2d", "本期社会组织开展的活动", "activities of organisations in the period"),
    ("D56", "结对联建", "pairings of branches", "对", Kind::Stock, "A3.3b", "期末结对的党组织", "pairings of branches on the last day"),
    ("D57", "实体党支部五化达标率", "entity branches of full standard", "%", Kind::Ratio, "A3.3c", "五项全部达标的 ÷ 实体党支部", "passing all five over entity branches"),
    ("D58", "功能型党支部规范率", "functional branches of standard", "%", Kind::Ratio, "A3.3c", "规范的 ÷ 功能型党支部", "passing over functional branches"),
    ("D65", "平台活跃账号", "active accounts of organisations", "%", Kind::Ratio, "A4.2c", "活跃账号 ÷ 登记在册的社会组织", "active accounts over registered organisations"),
    ("D69", "资金缺口", "gap of funds", "元", Kind::Stock, "B1.1", "全年需求预测 −（预算 + 预计到账）", "forecast need of the year less budget and what is expected"),
    ("D70", "保障水平", "benefit level", "%", Kind::Ratio, "B1.1", "保障水平 ÷ 当地标准", "benefit level over the local standard"),
    ("D71", "回归率", "reintegrated", "%", Kind::Ratio, "B1.2", "稳定六个月以上的 ÷ 结案", "stable for six months or more over closed cases"),
    ("D72", "复发率", "relapses", "%", Kind::Ratio, "B1.2", "复发 ÷ 回归", "relapsed over reintegrated"),
    ("D74", "个性化服务人数", "persons given personal services", "人", Kind::Distinct, "B2.1", "本期接受康复、心理、安宁服务的人", "persons given rehabilitation, comfort or hospice care"),
    ("D83", "工作经费", "work funds", "元", Kind::Stock, "B3.2", "核查、慈善、组织活动经费的需求与可用", "funds for means checks, charity and activities, needed and available"),
    ("D84", "参与协商调解", "participation, consultation, mediation", "次", Kind::Flow, "B3.3", "社会组织参与、协商、调解的活动", "activities of participation, consultation and mediation"),
    ("D85", "民生项目进度差", "projects against time", "%", Kind::Ratio, "C0", "项目进度 − 时间进度", "progress less the share of time that has passed"),
    ("D86", "第一议题学习", "first-agenda sessions", "次", Kind::Flow, "C1.1", "本期第一议题学习", "first-agenda sessions in the period"),
    ("D87", "自学参与率", "self-study", "%", Kind::Ratio, "C1.2", "参学 ÷ 应学", "took part over those who should"),
    ("D88", "摸排完成率", "sweep done", "%", Kind::Ratio, "C2.1", "走访 ÷ 应走访", "households visited over the sweep's target"),
    ("D89", "漏保错保", "uncovered or wrongly covered", "户", Kind::Flow, "C2.1", "摸排发现的漏保、错保", "eligible but uncovered, or wrongly covered, found in sweeps"),
    ("D90", "社会力量参与", "social forces", "人次", Kind::Flow, "C2.2", "本期参与救助的社会力量", "participants of social forces in aid"),
    ("D91", "转介反馈率", "referrals answered", "%", Kind::Ratio, "C2.3", "限期内反馈的 ÷ 转介", "answered within the limit over those sent"),
    ("D92", "等级评定率", "graded", "%", Kind::Ratio, "C3.1", "期末已评定的 ÷ 应评定", "graded on the last day over those eligible"),
    ("D93", "安联网覆盖率", "networked facilities", "%", Kind::Ratio, "C3.3", "联网 ÷ 运营", "networked over operating"),
    ("D94", "设备在线率", "devices online", "%", Kind::Ratio, "C3.3", "在线 ÷ 安装", "online over installed"),
    ("D98", "慰问", "condolence visits", "户", Kind::Flow, "C3.6", "本期慰问的户", "households visited in the period"),
    ("D99", "调研课题", "research tasks", "个", Kind::Flow, "C4.1", "本期完成的调研", "research tasks done in the period"),
    ("D100", "治理试点", "pilots of governance", "个", Kind::Stock, "C4.2", "期末的治理试点", "pilots on the last day"),
];

/// All definitions that wait for a source.
pub fn definitions() -> Vec<Definition> {
    let of = |&(code, zh, en, unit, kind, clause, words_zh, words_en): &Row| {
        let decimals = if matches!(kind, Kind::Ratio | Kind::Mean) || unit == "元" { 2 } else { 0 };
        Definition { kind, decimals, measure: Measure::Unfed, ..Definition::new(code, (zh, en), unit, clause) }
            .words(words_zh, words_en)
    };
    LATER.iter().map(of).collect()
}
