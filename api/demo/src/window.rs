//! 政务服务 · the 72 administrative items of six classes (A4.1a) and the cases of the window.
//! Which six classes they are the report does not say; these are those of a district's usual list (domain §2.9).

use std::io;

use super::calendar::{FIRST, after, happened, months, working_day, working_days_after};
use super::names;
use super::organisations::Organisation;
use super::random::Random;
use super::sheet::{Maybe, Sheet, Target, Written};

const LICENCE: &str = "行政许可";
const GRANT: &str = "行政给付";
const CONFIRMATION: &str = "行政确认";
const PENALTY: &str = "行政处罚";
const CHECK: &str = "行政检查";
const OTHER: &str = "其他";

/// Name, class, statutory and promised working days, how often it is asked for.
const ITEMS: [(&str, &str, i64, i64, u32); 72] = [
    ("社会团体成立登记", LICENCE, 60, 12, 6),
    ("社会团体变更登记", LICENCE, 20, 5, 12),
    ("社会团体注销登记", LICENCE, 20, 5, 3),
    ("社会团体修改章程核准", LICENCE, 20, 5, 5),
    ("民办非企业单位成立登记", LICENCE, 60, 12, 14),
    ("民办非企业单位变更登记", LICENCE, 20, 5, 22),
    ("民办非企业单位注销登记", LICENCE, 20, 5, 6),
    ("民办非企业单位修改章程核准", LICENCE, 20, 5, 6),
    ("慈善组织公开募捐资格审核", LICENCE, 20, 8, 1),
    ("农村公益性墓地建设审批", LICENCE, 20, 8, 1),
    ("经营性公墓建设初审", LICENCE, 20, 10, 1),
    ("殡葬服务设施建设审批", LICENCE, 20, 10, 1),
    ("最低生活保障金给付", GRANT, 30, 20, 60),
    ("特困人员救助供养给付", GRANT, 30, 15, 14),
    ("临时救助金给付", GRANT, 20, 8, 70),
    ("低保边缘家庭专项救助给付", GRANT, 30, 15, 12),
    ("刚性支出困难家庭专项救助给付", GRANT, 30, 15, 5),
    ("孤儿基本生活费给付", GRANT, 30, 10, 1),
    ("事实无人抚养儿童基本生活补贴给付", GRANT, 30, 10, 3),
    ("困境儿童生活补贴给付", GRANT, 30, 10, 2),
    ("高龄津贴给付", GRANT, 20, 5, 130),
    ("养老服务补贴给付", GRANT, 30, 10, 25),
    ("老年人护理补贴给付", GRANT, 30, 10, 12),
    ("困难残疾人生活补贴给付", GRANT, 30, 10, 30),
    ("重度残疾人护理补贴给付", GRANT, 30, 10, 60),
    ("适老化改造补贴给付", GRANT, 30, 15, 20),
    ("家庭养老床位建设补贴给付", GRANT, 30, 15, 30),
    ("养老机构建设补贴给付", GRANT, 30, 15, 2),
    ("养老机构运营补贴给付", GRANT, 30, 15, 4),
    ("基本殡葬服务费用减免", GRANT, 10, 1, 90),
    ("生活无着流浪乞讨人员救助", GRANT, 1, 1, 20),
    ("精减退职老职工生活补助给付", GRANT, 30, 15, 1),
    ("内地居民结婚登记", CONFIRMATION, 1, 1, 330),
    ("内地居民离婚登记", CONFIRMATION, 60, 45, 120),
    ("补领婚姻登记证", CONFIRMATION, 1, 1, 80),
    ("出具婚姻登记档案证明", CONFIRMATION, 1, 1, 40),
    ("撤销受胁迫的婚姻登记", CONFIRMATION, 30, 20, 1),
    ("中国公民收养登记", CONFIRMATION, 30, 20, 2),
    ("解除收养关系登记", CONFIRMATION, 30, 10, 1),
    ("最低生活保障对象认定", CONFIRMATION, 30, 20, 40),
    ("特困人员认定", CONFIRMATION, 30, 15, 10),
    ("低收入家庭认定", CONFIRMATION, 30, 15, 15),
    ("孤儿认定", CONFIRMATION, 30, 10, 1),
    ("事实无人抚养儿童认定", CONFIRMATION, 30, 10, 3),
    ("慈善组织认定", CONFIRMATION, 20, 8, 1),
    ("对社会团体违反登记管理规定的处罚", PENALTY, 90, 60, 0),
    ("对社会团体未按规定接受年检的处罚", PENALTY, 90, 60, 0),
    ("对民办非企业单位违反登记管理规定的处罚", PENALTY, 90, 60, 0),
    ("对民办非企业单位未按规定接受年检的处罚", PENALTY, 90, 60, 0),
    ("对非法社会组织的处罚", PENALTY, 90, 60, 0),
    ("对慈善组织违反募捐规定的处罚", PENALTY, 90, 60, 0),
    ("对养老机构未经入院评估收住老人的处罚", PENALTY, 90, 60, 0),
    ("对养老机构违反强制性标准的处罚", PENALTY, 90, 60, 0),
    ("对养老机构歧视、侮辱、虐待老人的处罚", PENALTY, 90, 60, 0),
    ("对骗取社会救助资金、物资或服务的处罚", PENALTY, 90, 60, 0),
    ("对擅自兴建殡葬设施的处罚", PENALTY, 90, 60, 0),
    ("社会团体监督检查", CHECK, 30, 20, 0),
    ("民办非企业单位监督检查", CHECK, 30, 20, 0),
    ("慈善组织监督检查", CHECK, 30, 20, 0),
    ("养老机构监督检查", CHECK, 30, 20, 0),
    ("殡葬服务单位监督检查", CHECK, 30, 20, 0),
    ("社会救助资金使用监督检查", CHECK, 30, 20, 0),
    ("养老机构备案", OTHER, 10, 3, 4),
    ("养老机构变更备案", OTHER, 10, 3, 6),
    ("社会组织年度检查", OTHER, 60, 30, 60),
    ("社会组织评估", OTHER, 60, 40, 3),
    ("慈善组织募捐方案备案", OTHER, 10, 3, 2),
    ("慈善信托备案", OTHER, 7, 3, 1),
    ("社会团体印章、账户备案", OTHER, 10, 2, 6),
    ("村规民约和居民公约备案", OTHER, 10, 3, 4),
    ("老年人优待证办理", OTHER, 5, 1, 60),
    ("地名命名、更名初审", OTHER, 30, 15, 2),
];

/// The instrument an item stands on.
fn basis(name: &str) -> &'static str {
    let known = [
        ("社会团体", "社会团体登记管理条例"),
        ("民办非企业", "民办非企业单位登记管理暂行条例"),
        ("慈善", "中华人民共和国慈善法"),
        ("募捐", "中华人民共和国慈善法"),
        ("墓", "殡葬管理条例"),
        ("殡葬", "殡葬管理条例"),
        ("养老机构", "养老机构管理办法（民政部令第66号）"),
        ("婚", "婚姻登记条例"),
        ("收养", "中国公民收养子女登记办法"),
        ("孤儿", "国办发〔2010〕54号"),
        ("事实无人抚养", "民发〔2019〕62号"),
        ("残疾人", "国发〔2015〕52号"),
        ("特困", "特困人员认定办法（民发〔2021〕43号）"),
        ("最低生活保障", "最低生活保障审核确认办法（民发〔2021〕57号）"),
        ("高龄", "中华人民共和国老年人权益保障法"),
        ("老年人", "中华人民共和国老年人权益保障法"),
        ("养老", "中华人民共和国老年人权益保障法"),
        ("适老化", "民发〔2020〕86号"),
        ("村规民约", "中华人民共和国村民委员会组织法"),
        ("地名", "地名管理条例"),
        ("评估", "社会组织评估管理办法"),
    ];
    known.iter().find(|(sign, _)| name.contains(sign)).map_or("社会救助暂行办法", |(_, instrument)| instrument)
}

fn materials(name: &str, class: &str) -> &'static str {
    match class {
        LICENCE => "申请书;章程草案;住所使用权证明;法定代表人身份证明",
        GRANT if name.contains("残疾人") => "居民身份证;残疾人证;银行账户",
        GRANT if name.contains("高龄") => "居民身份证;银行账户",
        GRANT => "居民身份证;申请书;家庭经济状况核对授权书;银行账户",
        CONFIRMATION if name.contains("婚") => "居民身份证;户口簿;声明书",
        CONFIRMATION => "居民身份证;户口簿;申请书;授权书",
        OTHER => "申请表;相关证明材料",
        _ => "",
    }
}

fn number(at: usize, class: &str) -> String {
    let sign = match class {
        LICENCE => "XK",
        GRANT => "JF",
        CONFIRMATION => "QR",
        PENALTY => "CF",
        CHECK => "JC",
        _ => "QT",
    };
    format!("MZ-{sign}-{:03}", at + 1)
}

/// How many cases there are.
pub fn cases(persons: usize) -> usize {
    persons * 2
}

/// `items` and `item-cases`
pub fn write(target: &Target, seed: u64, persons: usize, organisations: &[Organisation]) -> io::Result<[Written; 2]> {
    let headers =
        ["事项编码", "名称", "类别", "法定时限", "承诺时限", "时限单位", "进驻政务中心", "设定依据", "收费", "材料"];
    let mut sheet = Sheet::create(target, "items", &headers)?;
    for (at, (name, class, statutory, promised, _)) in ITEMS.iter().enumerate() {
        let (code, basis, materials) = (number(at, class), basis(name), materials(name, class));
        // A divorce waits thirty days (民法典 Art 1077), and then the two must come again.
        let unit = if name.contains("离婚") { "自然日" } else { "工作日" };
        let row: [&dyn std::fmt::Display; 10] =
            [&code, name, class, statutory, promised, &unit, &"是", &basis, &"否", &materials];
        sheet.row(&row)?;
    }
    let first = sheet.end()?;
    let mut random = Random::of(seed, "item-cases");
    let asked: Vec<(usize, u32)> = ITEMS.iter().enumerate().map(|(at, item)| (at, item.4)).collect();
    let season: Vec<(i32, u32)> =
        months().map(|month| (month.since(FIRST), if month.number() == 2 { 6 } else { 10 })).collect();
    let mut rows = Vec::with_capacity(cases(persons));
    for _ in 0..cases(persons) {
        let at = random.weighted(&asked);
        let Some((name, class, _, promised, _)) = ITEMS.get(at) else { continue };
        let month = FIRST.plus(random.weighted(&season));
        let accepted = working_day(month.any_day(&mut random)).min(month.last());
        let needed = if *promised <= 1 {
            random.weighted(&[(0, 88), (1, 12)])
        } else if random.chance(180) {
            promised + random.between(1, 6)
        } else {
            random.between(1, *promised)
        };
        let finished = if name.contains("离婚") {
            working_day(after(accepted, random.between(31, 41)))
        } else {
            working_days_after(accepted, needed)
        };
        let finished = happened(finished);
        let of_body = *class == LICENCE || name.contains("社会组织") || name.contains("社会团体");
        let body = random.one_of(organisations).filter(|_| of_body);
        let applicant = body.map_or_else(|| names::adult(&mut random), |body| body.name.clone());
        let source = if name.contains("婚") {
            random.weighted(&[("窗口", 97), ("网上", 3)])
        } else {
            random.weighted(&[("窗口", 41), ("网上", 36), ("移动端", 23)])
        };
        let rated = finished.filter(|_| random.chance(5_600)).map(|_| {
            random.weighted(&[("非常满意", 782), ("满意", 164), ("基本满意", 34), ("不满意", 14), ("非常不满意", 6)])
        });
        rows.push((accepted, at, applicant, finished, source, rated));
    }
    rows.sort();
    let headers = ["办件编号", "事项编码", "申请人", "受理日期", "办结日期", "来源", "评价"];
    let mut sheet = Sheet::create(target, "item-cases", &headers)?;
    for (serial, (accepted, at, applicant, finished, source, rated)) in rows.iter().enumerate() {
        let Some((_, class, ..)) = ITEMS.get(*at) else { continue };
        let case = format!("BJ{}{:07}", accepted.format("%Y%m"), serial + 1);
        sheet.row(&[&case, &number(*at, class), applicant, accepted, &Maybe(*finished), source, &Maybe(*rated)])?;
    }
    Ok([first, sheet.end()?])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn seventy_two_items_in_six_classes_as_the_report_says() {
        assert_eq!(ITEMS.iter().map(|item| item.0).collect::<BTreeSet<_>>().len(), 72);
        assert_eq!(ITEMS.iter().map(|item| item.1).collect::<BTreeSet<_>>().len(), 6);
        assert!(ITEMS.iter().all(|item| 0 < item.3 && item.3 <= item.2));
    }
}
