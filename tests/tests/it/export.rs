//! Exports: what is written can be read again, in both formats, and says the same.

use serde_json::Value;
use tests::{World, golden, on_both};

const KINDS: [&str; 8] = [
    "divisions",
    "persons",
    "households",
    "household-members",
    "recognitions",
    "temporary-aid",
    "welfare-benefits",
    "payments",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn round(world: &World, ending: &str) {
    for kind in KINDS {
        world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
    let other = World::stranger(world.on());
    for kind in KINDS {
        let file = world.folder().join(format!("{kind}.{ending}")).display().to_string();
        let rows = json(&world.succeed(&["export", kind, &file, "--json"]))["rows"].clone();
        assert_ne!(rows, 0, "{kind}");
        let same = json(&world.succeed(&["import", kind, &file, "--json"]));
        assert_eq!(same["unchanged"], rows, "{kind}: {same}");
        let new = json(&other.succeed(&["import", kind, &file, "--json"]));
        assert_eq!((&new["created"], &new["refused"]), (&rows, &0.into()), "{kind}: {new}");
    }
    other.succeed(&["figures", "verify"]);
}

/// Every kind whose rows are records, in the order of loading: headers, a row in which every cell is filled, and one in
/// which only those are that must be.
const SHEETS: [(&str, &str, &[&str]); 35] = [
    (
        "divisions",
        "区划代码,名称,级别,上级代码,类型,启用日期,停用日期,继任代码",
        &[
            "430199000000,示例区,区县,430100000000,,,,",
            "430199001000,示例街道,乡镇街道,430199000000,,2000-01-01,,",
            "430199001002,新村,村居,430199001000,,2030-01-01,,",
            "430199001001,示例村,村居,430199001000,村委会,2000-01-01,2030-01-01,430199001002",
        ],
    ),
    (
        "division-statistics",
        "区划代码,日期,常住人口,户籍人口,60岁以上,65岁以上,80岁以上",
        &["430199001001,2023-01-01,900,800,300,200,100", "430199001001,2023-06-01,,,,,"],
    ),
    (
        "policies",
        "区划代码,参数,城乡,生效日期,失效日期,值,依据文号",
        &[
            "430199000000,dibao.standard,城市,2022-01-01,2023-01-01,700.00,示例1号",
            "430199000000,dibao.standard,,2023-01-01,,500.00,",
        ],
    ),
    (
        "persons",
        "证件类型,证件号码,姓名,现住地代码,户籍地代码,性别,出生日期,民族,详细地址,联系电话,死亡日期",
        &[
            "居民身份证,430199198801020014,甲,430199001001,430199001001,男,1988-01-02,汉,一号,13900000001,2023-06-30",
            "居民身份证,430199198902030019,乙,430199001001,,男,1989-02-03,,,,",
        ],
    ),
    (
        "person-conditions",
        "证件号码,种类,生效日期,失效日期,残疾类别,残疾等级,证号,程度",
        &[
            "430199198801020014,残疾,2020-01-01,2025-01-01,视力,2,43019919880102001442,重",
            "430199198902030019,重病,2021-01-01,,,,,",
        ],
    ),
    (
        "households",
        "户编号,户主证件号码,区划代码,城乡,详细地址,迁居日期",
        &["HA,430199198801020014,430199001001,城市,一号,2020-05-01", "HB,430199198902030019,430199001001,农村,,"],
    ),
    (
        "household-members",
        "户编号,证件号码,与户主关系,加入日期,离开日期",
        &["HA,430199198801020014,本人,2020-01-01,2023-06-30", "HB,430199198902030019,本人,2020-01-01,"],
    ),
    (
        "recognitions",
        "认定编号,户编号,救助类别,保障方式,保障对象证件号码,生效月份,终止月份,月保障金额,最近核查日期",
        &[
            "R1,HA,特困,分散,430199198801020014;430199198902030019,2023-01,2023-06,900.00,2023-05-01",
            "R2,HB,低保,,430199198902030019,2023-01,,,",
        ],
    ),
    (
        "temporary-aid",
        "救助编号,救助类型,先行救助,申请人证件号码,受益人证件号码,区划代码,受理日期,批准日期,批准金额,困难原因,审批层级,发现时间,到账时间",
        &[
            "T1,急难型,是,430199198801020014,430199198801020014;430199198902030019,430199001001,2023-02-01,2023-02-03,800.00,火灾,镇街,2023-01-31T08:30:00+08:00,2023-02-02T10:00:00+08:00",
            "T2,支出型,否,430199198902030019,430199198902030019,430199001001,2023-03-01,,,,,,",
        ],
    ),
    (
        "welfare-benefits",
        "待遇编号,类别,受益人证件号码,区划代码,生效月份,终止月份,月标准",
        &[
            "W1,高龄津贴,430199198801020014,430199001001,2022-07,2023-06,50.00",
            "W2,护理补贴,430199198902030019,430199001001,2022-07,,80.00",
        ],
    ),
    (
        "payments",
        "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,原发放编号,资金来源,收款人证件号码",
        &[
            "P1,特困,R1,430199198801020014;430199198902030019,430199001001,2023-01~2023-02,2023-02-10,1800.00,正常,成功,,中央,430199198801020014",
            "P2,临时救助,T1,430199198801020014,430199001001,,2023-02-11,800.00,补发,退回,P1,,",
        ],
    ),
    (
        "centres",
        "机构编号,名称,类别,区划代码,床位数,状态,状态日期,护理型床位,编制护理岗位,医养结合,签约有效期至,康复服务,心理慰藉,安宁疗护,性质,备案日期,统一社会信用代码,法定代表人,地址,经度,纬度,联系电话",
        &[
            "K1,甲院,养老机构,430199001001,80,运营,2019-05-02,40,4,签约,2023-06-30,有,部分,无,公办,2019-05-01,51430199MJ0001360K,王五,二号,112.9834,28.1127,13900000002",
            "K2,乙院,敬老院,430199001001,20,暂停,,,,,,,,,,,,,,,,",
        ],
    ),
    (
        "centre-projects",
        "项目编号,项目名称,设施类别,项目性质,区划代码,计划床位,批准日期,开工日期,停工日期,复工日期,竣工验收日期,投入运营日期,取消日期,医养结合",
        &[
            "J1,项目一,养老机构,新建,430199001001,50,2022-01-01,2022-02-01,2022-03-01,2022-04-01,2022-05-01,2022-06-01,2022-07-01,是",
            "J2,项目二,助餐点,改建,430199001001,,,,,,,,,否",
        ],
    ),
    (
        "stays",
        "机构编号,证件号码,入住日期,离开日期,床号,照护等级,月收费,押金",
        &[
            "K1,430199198801020014,2023-01-01,2023-03-01,101,二级,2000.00,5000.00",
            "K1,430199198902030019,2023-01-02,,,,,",
        ],
    ),
    (
        "renovation",
        "改造编号,批次年度,户编号,区划代码,纳入日期,开工日期,完工日期,验收日期,退出日期",
        &[
            "N1,2023,HA,430199001001,2023-01-01,2023-02-01,2023-03-01,2023-04-01,2023-05-01",
            "N2,2023,HB,430199001001,2023-01-01,,,,",
        ],
    ),
    (
        "care-workers",
        "证件号码,姓名,机构编号,岗位,入职日期,离职日期,离职原因,证书等级,证书编号,证书有效期至,培训年度,培训学时,考核结果",
        &[
            "430199198801020014,甲,K1,护理,2020-01-01,2023-06-01,退休,3,Z1,2025-01-01,2023,40,合格",
            "430199198902030019,乙,K2,后勤,2020-01-01,,,,,,,,",
        ],
    ),
    (
        "home-beds",
        "床位编号,老人证件号码,区划代码,机构编号,建床启动日期,验收日期,服务开始日期,终止日期,终止原因,作废",
        &[
            "B1,430199198801020014,430199001001,K1,2023-01-10,2023-01-20,2023-02-01,2023-06-01,去世,否",
            "B2,430199198902030019,430199001001,K1,2023-01-10,,,,,是",
        ],
    ),
    (
        "home-visits",
        "服务编号,床位编号,服务类型,护理员证件号码,开始时间,结束时间,经度,纬度,状态",
        &[
            "V1,B1,护理,430199198801020014,2023-03-01T09:00:00+08:00,2023-03-01T10:00:00+08:00,112.9834,28.1127,已核实",
            "V2,B1,助餐,430199198902030019,2023-03-02T09:00:00+08:00,2023-03-02T10:00:00+08:00,,,待核实",
        ],
    ),
    (
        "inspections",
        "检查编号,机构编号,检查日期,检查表版本,应答项数,已答项数,检查人",
        &["I1,K1,2023-03-01,2022版,40,39,王五;李四", "I2,K2,2023-03-02,2022版,40,40,李四"],
    ),
    (
        "hazards",
        "隐患编号,检查编号,等级,描述,责任人,整改期限,整改日期,复核日期,复核人,照片",
        &[
            "Y1,I1,重大,通道堵塞,李四,2023-04-01,2023-03-20,2023-03-25,王五,1.jpg",
            "Y2,I2,一般,漏电,李四,2023-04-02,,,,",
        ],
    ),
    (
        "charters",
        "区划代码,种类,名称,生效日期,表决日期,备案日期,失效日期,含移风易俗条款",
        &[
            "430199001001,村规民约,公约一,2022-03-01,2022-02-01,2022-02-15,2023-01-01,是",
            "430199001001,居民公约,公约二,2022-04-01,,,,否",
        ],
    ),
    (
        "councils",
        "区划代码,名称,成立日期,撤销日期,成员人数",
        &["430199001001,理事会一,2022-01-01,2023-01-01,7", "430199001001,理事会二,2023-01-01,,9"],
    ),
    (
        "ceremonies",
        "事项编号,种类,区划代码,申报日期,劝导日期,举办日期,结果,决定日期,计划费用,实际费用,有凭据,事主,联系电话,桌数",
        &[
            "S1,婚,430199001001,2023-01-15,2023-02-01,2023-03-01,简办,2023-03-02,10000.00,8000.00,是,王五,13900000003,8",
            "S2,丧,430199001001,,,2023-03-02,停办,,500.00,,否,,,",
        ],
    ),
    (
        "disclosures",
        "区划代码,种类,所属期,应公开日期,公开日期",
        &["430199001001,村务,2023Q1,2023-04-10,2023-04-08", "430199001001,财务,2023Q1,2023-04-10,"],
    ),
    (
        "community-workers",
        "证件号码,姓名,区划代码,岗位,入职日期,离职日期,社工证书",
        &[
            "430199198801020014,甲,430199001001,社区工作者,2022-01-01,2023-01-01,中级",
            "430199198902030019,乙,430199001001,网格员,2022-01-02,,",
        ],
    ),
    (
        "organisations",
        "统一社会信用代码,名称,类别,区划代码,登记日期,业务主管单位,法定代表人,住所,联系电话,证书有效期至,届满日期,党员数,注销日期",
        &[
            "51430199MJ0001360K,组织一,社会团体,430199001001,2020-01-01,示例局,王五,三号,13900000004,2024-01-01,2025-01-01,5,2023-06-01",
            "52430199MJ0001379D,组织二,民办非企业单位,430199001001,2021-01-01,,,,,,,,",
        ],
    ),
    (
        "annual-inspections",
        "统一社会信用代码,检查年度,受理日期,结论,结论日期,整改后结论,整改后结论日期",
        &["51430199MJ0001360K,2022,2023-03-01,不合格,2023-04-01,合格,2023-05-01", "52430199MJ0001379D,2022,,,,,"],
    ),
    (
        "party-organisations",
        "名称,种类,所属社会组织,上级,成立日期,撤销日期,党员数,区划代码",
        &[
            "支部一,支部,51430199MJ0001360K,总支一,2021-07-01,2023-01-01,5,430199001001",
            "总支一,总支,,,2020-07-01,,,430199000000",
        ],
    ),
    (
        "items",
        "事项编码,名称,类别,法定时限,承诺时限,时限单位,进驻政务中心,设定依据,收费,材料,区划代码",
        &[
            "X1,救助,行政给付,30,15,工作日,是,条例,否,身份证;户口簿,430199000000",
            "X2,登记,行政许可,20,20,自然日,否,办法,是,,430199000000",
        ],
    ),
    (
        "item-cases",
        "办件编号,事项编码,申请人,受理日期,办结日期,来源,评价,区划代码",
        &["C1,X1,王五,2023-03-01,2023-03-08,窗口,满意,430199000000", "C2,X2,李四,2023-03-02,,网上,,430199000000"],
    ),
    (
        "donations",
        "捐赠编号,捐赠人,类型,金额,日期,定向用途,区划代码",
        &["G1,王五,现金,500.00,2023-05-01,助学,430199000000", "G2,李四,物资,20.50,2023-05-02,,430199000000"],
    ),
    (
        "payment-accounts",
        "受益人证件号码,账号,户名,与受益人关系,开户行,启用日期,停用日期,代管协议",
        &[
            "430199198801020014,6217000000000000011,甲,本人,示例银行,2022-01-01,2023-01-01,协议一",
            "430199198902030019,6217000000000000029,丙,兄弟,示例银行,2022-01-02,,",
        ],
    ),
    (
        "budget-lines",
        "年度,项目,资金来源,预算金额,到账金额,到账日期,文号,专项,区划代码",
        &[
            "2023,低保,中央,1000000.00,500000.00,2023-02-01,文1号,是,430199000000",
            "2023,特困,区,2000.00,,,,否,430199000000",
        ],
    ),
    (
        "bank-returns",
        "发放编号,批次号,账号,户名,金额,结果,日期,退回原因",
        &["P2,PC1,6217000000000000011,甲,800.00,退回,2023-02-12,账号有误", "P1,,,,1800.00,成功,2023-02-13,"],
    ),
    (
        "donors",
        "捐赠人编号,类型,名称,统一社会信用代码,区划代码,匿名",
        &["O1,社会组织,组织一,51430199MJ0001360K,430199001001,是", "O2,个人,王五,,430199001001,否"],
    ),
];

on_both! {
    every_cell_of_every_kind_comes_back_as_it_was_given(world) {
        let sheets = SHEETS.map(|(kind, headers, rows)| (kind, format!("{headers}\n{}\n", rows.join("\n"))));
        for (kind, text) in &sheets {
            let told = json(&world.succeed(&["import", kind, &world.file("given.csv", text), "--json"]));
            assert_eq!((&told["refused"], &told["changed"]), (&0.into(), &0.into()), "{kind}: {told}");
        }
        for (kind, text) in &sheets {
            let file = world.folder().join(format!("{kind}.csv")).display().to_string();
            world.succeed(&["export", kind, &file]);
            let written = std::fs::read_to_string(&file).expect("written").replace("\r\n", "\n");
            assert_eq!(written.trim_start_matches('\u{feff}'), text, "{kind}");
            let same = json(&world.succeed(&["import", kind, &file, "--json"]));
            assert_eq!((&same["created"], &same["changed"], &same["refused"]), (&0.into(), &0.into(), &0.into()), "{kind}");
        }
        world.succeed(&["audit", "verify", "--records"]);
    }

    a_csv_sheet_that_was_written_is_read_as_the_same(world) {
        round(world, "csv");
    }

    a_workbook_that_was_written_is_read_as_the_same(world) {
        round(world, "xlsx");
    }
}

/// A part of a workbook.
fn part(path: &std::path::Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).expect("the file")).expect("a workbook");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).expect("the part"), &mut text).expect("text");
    text
}

#[test]
fn a_workbook_that_leaves_says_what_it_is_and_whose() {
    let world = World::new(tests::On::Sqlite);
    for kind in KINDS {
        world.succeed(&["import", kind, &golden(&format!("{kind}.csv"))]);
    }
    let path = world.folder().join("payments.xlsx");
    let file = path.display().to_string();
    let rows = json(&world.succeed(&["export", "payments", &file, "--json"]))["rows"].clone();
    let names = part(&path, "xl/workbook.xml");
    assert!(names.contains("name=\"发放记录\"") && names.contains("name=\"关于本表\""), "{names}");
    let about = part(&path, "xl/sharedStrings.xml") + &part(&path, "xl/worksheets/sheet2.xml");
    for word in ["发放记录（payments）", &rows.to_string(), "制表人", "cli:", "制表时间"] {
        assert!(about.contains(word), "{word}: {about}");
    }
    // Money and days are number cells in their format, numbers that are names are text.
    let sheet = part(&path, "xl/worksheets/sheet1.xml");
    let headers = world.succeed(&["import", "--template", "payments"]);
    for (header, is_number) in [("金额", true), ("发放日期", true), ("发放编号", false), ("受益人证件号码", false)]
    {
        let at = headers.trim().split(',').position(|name| name == header).expect("the header");
        let letter = char::from(b'A' + u8::try_from(at).expect("few"));
        let head =
            sheet.split(&format!("r=\"{letter}2\"")).nth(1).expect("the cell").split('>').next().expect("its head");
        assert_eq!(!head.contains("t="), is_number, "{header}: {head}");
    }
    // Sent again it says nothing of the worksheet that was added.
    let again = json(&world.succeed(&["import", "payments", &file, "--json"]));
    assert_eq!(again["unchanged"], rows, "{again}");
    assert!(!again["notes"].to_string().contains("关于本表"), "{again}");
}

#[test]
fn an_empty_sheet_has_lists_and_only_two_endings_are_written() {
    let world = World::new(tests::On::Sqlite);
    let at = |name: &str| world.folder().join(name).display().to_string();
    for kind in world.succeed(&["import", "--list"]).lines() {
        let (kind, title) = kind.split_once(' ').expect("a kind and its name");
        assert!(!title.trim().is_empty(), "{kind}");
        let path = world.folder().join(format!("empty-{kind}.xlsx"));
        world.succeed(&["import", "--template", kind, "--out", &path.display().to_string()]);
        assert!(part(&path, "xl/workbook.xml").contains(&format!("name=\"{}\"", title.trim())), "{kind}");
    }
    let sheet = part(std::path::Path::new(&at("empty-payments.xlsx")), "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<dataValidation ") && sheet.contains("退回"), "{sheet}");
    // What is there already stays.
    assert_ne!(
        world.run(&["import", "--template", "payments", "--out", &at("empty-payments.xlsx")]).status.code(),
        Some(0)
    );
    world.succeed(&["import", "--template", "payments", "--out", &at("empty.csv")]);
    let persons = golden("persons.csv");
    for wrong in [
        vec!["export", "persons", "x.pdf"],
        vec!["export", "persons", "x"],
        vec!["import", "persons", &persons, "--mend", "x.xls"],
        vec!["import", "persons", &persons, "--outcome", "x.txt"],
        vec!["import", "--template", "persons", "--out", "x.ods"],
    ] {
        let output = world.run(&wrong);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {said}");
        assert!(said.contains(".csv") && said.contains(".xlsx"), "{wrong:?}: {said}");
    }
    // Nothing was taken in by what was refused.
    let done = json(&world.succeed(&["export", "persons", &at("none.csv"), "--json"]));
    assert_eq!(done["rows"], 0);
}
