//! Figures of the other lines, of a small district worked by hand: beds and visits, window, money, gifts, disclosure,
//! community workers, party organisations, urgent aid, who came and went.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tests::{World, on_both};

use super::staff::{figures, half, import, load, people, values, worker};

/// Takes `{n}` for the number of the n-th person.
fn sheet(world: &World, kind: &str, text: &str) {
    let text = (1..60).fold(text.to_owned(), |text, n| text.replace(&format!("{{{n}}}"), &worker(n)));
    import(world, kind, &text);
}

on_both! {
    beds_and_visits(world) {
        load(world);
        // Three months from January to March, one in June, and one entered by mistake.
        sheet(world, "home-beds", "床位编号,老人证件号码,区划代码,机构编号,建床启动日期,服务开始日期,终止日期,终止原因,作废
B1,{11},430199001001,K1,2022-12-01,2023-01-31,2023-04-01,其他,否
B2,{12},430199001001,K1,2023-06-01,2023-06-30,,,否
B3,{13},430199001001,K1,2022-05-01,2022-05-01,,,是
");
        // One at half past eleven in the night of the last day of March.
        sheet(world, "home-visits", "服务编号,床位编号,服务类型,护理员证件号码,开始时间,结束时间,状态
V1,B1,护理,{1},2023-02-10 08:00,2023-02-10 09:00,已核实
V2,B1,护理,{1},2023-03-31 23:30,2023-04-01 00:10,已核实
V3,B1,护理,{1},2023-03-01 08:00,2023-03-01 09:00,待核实
V4,B2,诊疗,{1},2023-06-30 09:00,2023-06-30 10:00,已核实
V5,B2,诊疗,{1},2023-06-30 11:00,2023-06-30 12:00,作废
");
        values(world, "430199", half(2023, "H1"), &[("D28", Some("1")), ("D29", Some("3")), ("D30", Some("0.75")), ("F7", Some("1"))]);
        let quarter = json!({ "year": 2023, "quarter": 1 });
        values(world, "430199", quarter, &[("D28", Some("1")), ("D29", Some("2")), ("D30", Some("0.67"))]);
        values(world, "430199", half(2022, "H2"), &[("D28", Some("0")), ("D29", Some("0")), ("D30", None), ("F7", Some("1"))]);
        world.succeed(&["figures", "verify"]);
    }

    window_and_gifts(world) {
        load(world);
        sheet(world, "items", "事项编码,名称,类别,法定时限,承诺时限,时限单位,进驻政务中心,设定依据,收费
A,婚姻登记,行政确认,20,5,工作日,是,甲,否
B,低保给付,行政给付,10,10,工作日,是,甲,否
C,收养登记,行政确认,30,5,工作日,否,甲,否
");
        // Five working days after 1 March end on the 8th; those after 30 December on 9 January.
        sheet(world, "item-cases", "办件编号,事项编码,申请人,受理日期,办结日期,来源,评价
N1,A,张三,2023-03-01,2023-03-08,窗口,基本满意
N2,A,张三,2023-03-01,2023-03-09,网上,不满意
N3,B,张三,2023-06-30,,移动端,
N4,C,张三,2022-12-30,2023-01-09,窗口,
");
        values(world, "430199", half(2023, "H1"), &[
            ("D59", Some("66.67")), ("D59.ITEMS", Some("3")), ("D59.CLASSES", Some("2")), ("D60", Some("66.67")),
            ("D61", Some("66.67")), ("D62", Some("66.67")), ("D63", Some("50.00")), ("D63.CALLED_BACK", None),
        ]);
        values(world, "430199", half(2022, "H2"), &[("D61", Some("0.00")), ("D62", None), ("D63", None)]);
        sheet(world, "donations", "捐赠编号,捐赠人,类型,金额,日期
J1,甲,现金,100.00,2023-06-30
J2,乙,物资,50.50,2023-01-01
J3,丙,现金,7.00,2023-07-01
");
        values(world, "430199", half(2023, "H1"), &[("D97", Some("150.50")), ("D97.CASH", Some("100.00")), ("D97.GOODS", Some("50.50")), ("D97.USED", None)]);
    }

    money_out_of_budget_lines(world) {
        load(world);
        sheet(world, "households", "户编号,户主证件号码,区划代码,城乡\nH1,{11},430199001001,城市\n");
        sheet(world, "recognitions", "认定编号,户编号,救助类别,保障对象证件号码,生效月份\nR1,H1,低保,{11},2022-01\n");
        sheet(world, "payments", "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,资金来源
P1,低保,R1,{11},430199001001,2023-03,2023-03-10,200.00,正常,成功,中央
P2,低保,R1,{11},430199001001,2023-04,2023-04-10,100.00,正常,成功,省
P3,低保,R1,{11},430199001001,2023-05,2023-05-10,50.00,正常,成功,中央
P4,低保,R1,{11},430199001001,2023-05,2023-05-11,20.00,追缴,成功,中央
P5,低保,R1,{11},430199001001,2022-12,2022-12-10,900.00,正常,成功,中央
P6,低保,R1,{11},430199001001,2023-06,2023-06-10,8.00,一次性补贴,成功,福彩
");
        // Without a budget nothing was reported of which it could be told that it is nought.
        values(world, "430199", half(2023, "H1"), &[("D43", None), ("D68.SPENT", None), ("D68.BUDGET", None), ("D82", None)]);
        sheet(world, "budget-lines", "年度,项目,资金来源,预算金额,到账金额,到账日期,专项
2023,低保,中央,1000.00,600.00,2023-02-01,是
2023,高龄津贴,区,480.00,100.00,2023-07-01,否
2023,低保,福彩,20.00,,,是
");
        world.succeed(&["figures", "verify"]);
        values(world, "430199", half(2023, "H1"), &[
            ("D68.SPENT", Some("258.00")), ("D68.BUDGET", Some("1500.00")), ("D68.ARRIVED", Some("600.00")), ("D43", Some("17.20")),
            ("D82", Some("68.00")), ("D96", Some("8.00")), ("D96.EXECUTION", Some("40.00")),
        ]);
        // From the new year to the end of the time, whatever its length.
        values(world, "430199", json!({ "year": 2023, "month": 5 }), &[("D68.SPENT", Some("250.00")), ("D43", Some("16.67"))]);
        values(world, "430199", half(2022, "H2"), &[("D68.SPENT", Some("0.00")), ("D43", None)]);
        let told = figures(world, "430199", &["D43"]);
        assert_eq!(told[0]["value"], "17.20");
    }

    disclosure_and_community_workers(world) {
        load(world);
        sheet(world, "disclosures", "区划代码,种类,所属期,应公开日期,公开日期
430199001001,村务,2023Q1,2023-03-31,2023-03-31
430199001001,村务,2023Q2,2023-06-30,2023-06-30
430199002001,村务,2023Q1,2023-03-31,2023-04-01
430199002001,村务,2023Q2,2023-06-30,2023-06-01
430199100201,财务,2023-01,2023-02-10,2023-02-09
430199100201,村务,2023Q1,2023-03-31,2023-03-30
");
        values(world, "430199", half(2023, "H1"), &[("D67", Some("83.33")), ("D101", Some("33.33"))]);
        values(world, "430199", json!({ "year": 2023, "quarter": 1 }), &[("D67", Some("75.00")), ("D101", Some("66.67"))]);
        values(world, "430199002", half(2023, "H1"), &[("D67", Some("50.00")), ("D101", Some("0.00"))]);
        sheet(world, "community-workers", "证件号码,姓名,区划代码,岗位,入职日期,离职日期,社工证书
{21},甲,430199001001,专职,2020-01-01,,中级
{22},乙,430199002001,专职,2022-01-01,2023-03-01,助理
{23},丙,430199001001,专职,2023-06-30,,
");
        values(world, "430199", half(2023, "H1"), &[("D102", Some("0.20")), ("D103", Some("50.00")), ("D104", Some("50.00"))]);
        values(world, "430199100", half(2023, "H1"), &[("D102", None), ("D103", None), ("D104", None)]);
    }

    party_organisations(world) {
        load(world);
        sheet(world, "organisations", "统一社会信用代码,名称,类别,区划代码,登记日期,党员数
51430199MJ0000018Y,甲会,社会团体,430199001001,2015-05-06,5
52430199MJ0000026N,乙院,民办非企业单位,430199002001,2015-05-06,2
53430199MJ0000034E,丙会,基金会,430199001001,2023-07-01,9
");
        sheet(world, "party-organisations", "名称,种类,所属社会组织,成立日期
甲会支部,支部,51430199MJ0000018Y,2020-01-01
乙院联合支部,联合支部,52430199MJ0000026N,2023-06-30
社会组织综合党委,委员会,,2023-05-18
");
        values(world, "430199", half(2023, "H1"), &[("D54", Some("100.00")), ("D55", Some("100.00"))]);
        values(world, "430199", half(2022, "H2"), &[("D54", Some("50.00"))]);
        values(world, "430199002", half(2023, "H1"), &[("D54", Some("100.00")), ("D55", None)]);
        let told = figures(world, "430199", &["D64"]);
        assert_eq!((&told[0]["display"], &told[0]["value"]), (&json!("2023-05-18"), &Value::Null));
        world.succeed(&["figures", "verify"]);
    }

    urgent_aid_and_who_came_and_went(world) {
        load(world);
        import(world, "persons", &people(14..20));
        sheet(world, "temporary-aid", "救助编号,救助类型,先行救助,申请人证件号码,受益人证件号码,区划代码,受理日期,批准日期,发现时间,到账时间
G1,急难型,是,{11},{11},430199001001,2023-03-01,2023-03-05,2023-03-01 08:00,2023-03-02 14:30
G2,急难型,是,{12},{12},430199001001,2023-04-01,,2023-04-01 00:00,2023-04-01 01:15
G3,支出型,否,{13},{13},430199001001,2023-06-30,2023-06-30,2023-06-01 00:00,2023-06-30 23:30
");
        values(world, "430199", half(2023, "H1"), &[
            ("D05", Some("2")), ("D05.URGENT", Some("1")), ("D05.EXPENDITURE", Some("1")), ("D06", Some("15.88")),
        ]);
        values(world, "430199", json!({ "year": 2023, "quarter": 2 }), &[("D06", Some("1.25")), ("D05", Some("1"))]);
        let mut households = "户编号,户主证件号码,区划代码,城乡\n".to_owned();
        for n in 14..20 {
            let _ = writeln!(households, "H{n},{},430199001001,城市", worker(n));
        }
        import(world, "households", &households);
        // 14 comes and goes; 15 is adjusted; 16 changes from 低保 to 特困; 17 is due until the last month.
        sheet(world, "recognitions", "认定编号,户编号,救助类别,保障方式,保障对象证件号码,生效月份,终止月份,最近核查日期
R1,H14,低保,,{14},2023-02,2023-05,
R2,H15,低保,,{15},2022-01,,2022-12-31
R2,H15,低保,,{15},2023-03,,2023-01-01
R3,H16,低保,,{16},2022-01,2023-03,
R4,H16,特困,分散,{16},2023-04,,2023-06-30
R5,H17,低保,,{17},2022-01,2023-06,
");
        values(world, "430199", half(2023, "H1"), &[
            ("D18.ENTRANTS", Some("1")), ("D18.LEAVERS", Some("1")), ("D18.NET", Some("0")),
            ("D07", Some("3")), ("D07.DIBAO", Some("2")), ("D07.TEKUN", Some("1")), ("D08", Some("66.67")),
        ]);
        values(world, "430199", half(2023, "H2"), &[("D18.ENTRANTS", Some("0")), ("D18.LEAVERS", Some("1")), ("D07", Some("2"))]);
        world.succeed(&["figures", "verify"]);
    }
}
