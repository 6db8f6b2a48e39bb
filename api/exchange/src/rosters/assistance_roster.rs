//! 救助对象花名册 · one sheet as it lies on the desk (templates): a row a member, the household's cells filled in once.
//! It makes persons, households, members, conditions, recognitions and accounts through their own kinds; numbers that
//! nobody has at first are made here and given back. A household is taken whole or not at all.

use std::collections::HashSet;

use chrono::NaiveDate;
use entity::assistance::recognition as recognised;
use entity::registry::household as homes;
use minzheng_assistance::recognition;
use minzheng_assistance::recognition::{AssistanceCategory, Support};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::{check_number_under, check_phone, not_negative};
use minzheng_ground::sheets::row::{
    AlsoCalled, CellType, Day, Id, Month, Name, OneOf, Place, SheetRow as _, Text, Word, YesNo, Yuan,
};
use minzheng_ground::sheets::survey::{Once, Standing};
use minzheng_ground::sheets::{GivenBack, Kind, Numbered, Taken, places};
use minzheng_kernel::{Failure, Kernel, Viewer, Work};
use minzheng_payments::payment_account;
use minzheng_reference::person_condition::DisabilityType;
use minzheng_reference::person_number;
use minzheng_reference::policy_value::Area;
use minzheng_registry::household_member::FamilyRelation;
use minzheng_registry::{household, household_member, person_condition as condition, person_sheet};
use minzheng_rules::identifiers::citizen_id;
use minzheng_sheet::{CellKind, Fields, FillDown, Layout, OutCell, RawCell, RawRow, cell};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::rosters::roster_plan::{Known, Plan};

/// Rows of one call of another kind.
const AT_ONCE: usize = 400;

/// 救助类别 as desks write it.
pub struct Category;

impl AlsoCalled for Category {
    type List = AssistanceCategory;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] = &[
        super::CATEGORIES,
        &[
            ("城市特困", "TEKUN"),
            ("农村特困", "TEKUN"),
            ("低保边缘家庭", "EDGE"),
            ("低保边缘户", "EDGE"),
            ("刚性支出困难家庭", "RIGID"),
            ("支出型困难家庭", "RIGID"),
            ("支出型", "RIGID"),
            ("防返贫监测对象", "RETURN_RISK"),
        ],
    ];
}

/// 与户主关系 as desks write it.
pub struct Relation;

impl AlsoCalled for Relation {
    type List = FamilyRelation;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] = &[&[
        ("户主", "HEAD"),
        ("妻", "SPOUSE"),
        ("妻子", "SPOUSE"),
        ("夫", "SPOUSE"),
        ("丈夫", "SPOUSE"),
        ("儿子", "SON"),
        ("长子", "SON"),
        ("次子", "SON"),
        ("独子", "SON"),
        ("女儿", "DAUGHTER"),
        ("长女", "DAUGHTER"),
        ("次女", "DAUGHTER"),
        ("独女", "DAUGHTER"),
        ("父", "PARENT"),
        ("父亲", "PARENT"),
        ("母", "PARENT"),
        ("母亲", "PARENT"),
        ("祖父", "GRANDPARENT"),
        ("祖母", "GRANDPARENT"),
        ("爷爷", "GRANDPARENT"),
        ("奶奶", "GRANDPARENT"),
        ("孙子", "GRANDCHILD"),
        ("孙女", "GRANDCHILD"),
        ("外孙", "GRANDCHILD"),
        ("外孙女", "GRANDCHILD"),
        ("兄", "SIBLING"),
        ("弟", "SIBLING"),
        ("姐", "SIBLING"),
        ("妹", "SIBLING"),
        ("哥哥", "SIBLING"),
        ("弟弟", "SIBLING"),
        ("姐姐", "SIBLING"),
        ("妹妹", "SIBLING"),
    ]];
}

/// 城乡 as desks write it.
pub struct TownOrCountry;

impl AlsoCalled for TownOrCountry {
    type List = Area;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] =
        &[&[("城镇", "URBAN"), ("城", "URBAN"), ("乡村", "RURAL"), ("农", "RURAL")]];
}

/// 残疾类别 as certificates write it.
pub struct Disability;

impl AlsoCalled for Disability {
    type List = DisabilityType;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] = &[&[
        ("视力残疾", "VISUAL"),
        ("听力残疾", "HEARING"),
        ("言语残疾", "SPEECH"),
        ("肢体残疾", "PHYSICAL"),
        ("智力残疾", "INTELLECTUAL"),
        ("精神残疾", "MENTAL"),
        ("多重残疾", "MULTIPLE"),
    ]];
}

/// 残疾等级: 1 to 4, or 一级 to 四级.
pub struct DisabilityLevel;

impl CellType for DisabilityLevel {
    type Value = i32;

    fn kind() -> CellKind {
        CellKind::Integer
    }

    fn read(raw: &RawCell) -> cell::CellResult<i32> {
        const LEVELS: [(&str, i32); 16] = [
            ("1", 1),
            ("2", 2),
            ("3", 3),
            ("4", 4),
            ("一级", 1),
            ("二级", 2),
            ("三级", 3),
            ("四级", 4),
            ("1级", 1),
            ("2级", 2),
            ("3级", 3),
            ("4级", 4),
            ("一", 1),
            ("二", 2),
            ("三", 3),
            ("四", 4),
        ];
        cell::choice(raw, &LEVELS)
    }

    fn write(value: &i32) -> OutCell<'static> {
        OutCell::Integer(*value)
    }
}

/// 重病 as desks write it; who is well has none.
pub struct Illness;

impl CellType for Illness {
    type Value = String;

    fn kind() -> CellKind {
        CellKind::Text
    }

    fn read(raw: &RawCell) -> cell::CellResult<String> {
        const WELL: [&str; 9] = ["健康", "身体健康", "良好", "正常", "一般", "无病", "无疾病", "无重病", "无重大疾病"];
        cell::unless_none(raw, &WELL)
    }

    fn write(value: &String) -> OutCell<'static> {
        OutCell::from(value.clone())
    }
}

minzheng_ground::sheet_row! {
    /// One member of a household, with what the household gets, as the roster tells it.
    SheetRow {
        division: need Place => "区划代码",
        group: may Text => "组" or ["村民小组", "小组"],
        head_name: need Name => "户主姓名",
        head: need Id => "户主证件号码" or ["户主身份证号", "户主身份证号码", "户主公民身份号码"],
        name: need Name => "成员姓名" or ["家庭成员姓名", "姓名"],
        person: need Id => "成员证件号码" or ["成员身份证号", "成员身份证号码", "家庭成员身份证号", "身份证号", "证件号码", "身份证号码", "公民身份号码"],
        relation: need OneOf<Relation> => "与户主关系",
        covered: need YesNo => "是否保障对象" or ["是否享受"],
        area: need OneOf<TownOrCountry> => "城乡" or ["户口性质"],
        category: need OneOf<Category> => "救助类别" or ["保障类别"],
        support: may OneOf<SupportedAt> => "保障方式" or ["供养方式"],
        disability_type: may OneOf<Disability> => "残疾类别",
        disability_level: may DisabilityLevel => "残疾等级",
        certificate: may Id => "残疾证号",
        illness: may Illness => "重病" or ["重病情况", "患病情况"],
        labour: may Word => "劳动能力",
        school: may Text => "在校" or ["在校情况"],
        difference: may Yuan => "差额金额" or ["补差金额"],
        top_up: may Yuan => "分类施保金额",
        monthly: may Yuan => "月保障金额" or ["月保障金", "月发放金额"],
        from: need Month => "起始月份" or ["享受起始月份", "起始年月"],
        reviewed_on: may Day => "最近核查日期" or ["核查日期"],
        holder: may Name => "户名" or ["开户名"],
        bank_name: may Text => "开户行" or ["开户银行"],
        account: may Id => "账号" or ["银行账号", "银行卡号"],
        phone: may Id => "联系电话" or ["电话", "手机号"],
        cause: may Text => "致困原因" or ["致贫原因"],
        remark: may Text => "备注",
        household: may Id => "户编号",
        recognition: may Id => "认定编号",
    }
}

/// 保障方式 as desks write it.
pub struct SupportedAt;

impl AlsoCalled for SupportedAt {
    type List = Support;
    const ALSO: &'static [&'static [(&'static str, &'static str)]] =
        &[&[("集中供养", "INSTITUTION"), ("分散供养", "SCATTERED")]];
}

/// `assistance-roster`: matched by the head's number and the category, and by the member's number.
pub struct Sheet;

/// Cells of the household that stand in its first row only.
const OF_HOUSEHOLD: [&str; 8] =
    ["区划代码", places::TOWN, places::VILLAGE, "组", "户主姓名", "户主证件号码", "城乡", "户编号"];
/// Cells of what it gets.
const OF_RECOGNITION: [&str; 13] = [
    "救助类别",
    "保障方式",
    "差额金额",
    "分类施保金额",
    "月保障金额",
    "起始月份",
    "最近核查日期",
    "户名",
    "开户行",
    "账号",
    "致困原因",
    "备注",
    "认定编号",
];

/// A number in the form in which numbers are compared, as far as the cell can be read; a mark for none is none.
fn plain(row: &RawRow, header: &str) -> String {
    match cell::id(row.get(header)) {
        Ok(read) => read.value.map(|number| same_number(&number)).unwrap_or_default(),
        Err(_) => minzheng_rules::identifiers::normal_number(&row.get(header).to_string()),
    }
}

/// A number of fifteen digits and the one of eighteen that was made of it are the same.
fn same_number(number: &str) -> String {
    let number = minzheng_rules::identifiers::normal_number(number);
    citizen_id::parse(&number, NaiveDate::MAX).map_or(number, |citizen| citizen.number)
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "assistance-roster";
    const COMMAND: &'static str = "recordAssistanceRoster";
    const SURVEYED: bool = true;
    const GIVES: &'static [&'static str] = &["户编号", "认定编号"];
    const KEEPS_GIVEN: bool = true;
    const EXPORTS: bool = false;
    const KEY: &'static [&'static str] = &["户主证件号码", "救助类别", "成员证件号码"];
    type Row = SheetRow;

    fn layout() -> Layout {
        let columns = SheetRow::columns().into_iter().filter(|column| column.kind != CellKind::Place);
        let mut layout = Layout::new([places::town(), places::village()].into_iter().chain(columns).collect());
        for column in layout.columns.iter_mut().take(2) {
            column.required = true;
        }
        layout.fill_down = vec![
            FillDown::new(&["户主证件号码", "户主姓名"], &OF_HOUSEHOLD),
            FillDown::new(&["户主证件号码", "户主姓名", "救助类别"], &OF_RECOGNITION),
        ];
        layout.ignored = ["序号", "户号", "人口数", "家庭人口", "保障人数"].map(str::to_owned).into();
        layout
    }

    fn stored(header: &str) -> &'static [&'static str] {
        match header {
            "保障方式" => &["support"],
            "月保障金额" => &["monthly_fen"],
            "最近核查日期" => &["reviewed_on"],
            "残疾证号" => &["certificate"],
            _ => &[],
        }
    }

    fn standing(row: &RawRow) -> Standing {
        let head = plain(row, "户主证件号码");
        let category = <OneOf<Category> as CellType>::read(row.get("救助类别")).ok().and_then(|read| read.value);
        let category = category.map_or_else(|| row.get("救助类别").to_string(), |category| category.code().to_owned());
        let item = plain(row, "成员证件号码");
        // A number that the spreadsheet cut short says nobody: many look the same then.
        let whole = cell::id(row.get("成员证件号码")).is_ok();
        let once = Some(Once { header: "成员证件号码", item, owner: head.clone() });
        let once = once.filter(|once| whole && !once.item.is_empty());
        Standing { group: Some(format!("{head} {category}")).filter(|_| !head.is_empty()), once }
    }

    fn together(one: &SheetRow, next: &SheetRow) -> bool {
        (&one.head, one.category) == (&next.head, next.category)
    }

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        check_number_under("户主证件号码", &mut row.head, today, fields);
        check_number_under("成员证件号码", &mut row.person, today, fields);
        check_phone(&mut row.phone, fields);
        let is_head = row.person == row.head;
        if is_head != (row.relation == FamilyRelation::Head) {
            let text = "户主本人的行填“本人”，号码与户主相同；其他行不填“本人” · 本人 is the head's own row, with the same number";
            fields.refuse(Some("与户主关系"), "RELATION", text, "核对关系和两个号码 · check relation and both numbers");
        } else if is_head && row.name != row.head_name {
            let text = "与户主姓名不同 · differs from the head's name";
            fields.refuse(Some("成员姓名"), "NAME_DIFFERS", text, "核对姓名和号码 · check name and number");
        }
        if row.disability_type.is_some() != row.disability_level.is_some() {
            let text = "残疾须有类别和等级 · a disability has a type and a level";
            let header = if row.disability_type.is_some() { "残疾等级" } else { "残疾类别" };
            fields.refuse(Some(header), "REQUIRED", text, "按残疾证填写 · as the certificate says");
        }
        if row.category == AssistanceCategory::Tekun && row.support.is_none() {
            let text = "特困须填保障方式 · support is needed for 特困";
            fields.refuse(Some("保障方式"), "REQUIRED", text, "填“集中”或“分散” · 集中 or 分散");
        }
        let living = [AssistanceCategory::Dibao, AssistanceCategory::DibaoSingle, AssistanceCategory::Tekun];
        if row.monthly.is_none() && living.contains(&row.category) {
            let text = "这一类有生活费，须填月保障金额 · this class gets a living allowance, so the amount is needed";
            fields.refuse(Some("月保障金额"), "REQUIRED", text, "填写月保障金额 · give the monthly amount");
        }
        for (header, sum) in [("差额金额", row.difference), ("分类施保金额", row.top_up), ("月保障金额", row.monthly)]
        {
            not_negative(fields, header, sum);
        }
        if let (Some(difference), Some(top_up), Some(monthly)) = (row.difference, row.top_up, row.monthly)
            && difference + top_up != monthly
        {
            let text = "差额金额与分类施保金额之和不等于月保障金额 · 差额金额 and 分类施保金额 do not add up to it";
            fields.refuse(Some("月保障金额"), "SUM", text, "核对三个金额 · check the three amounts");
        }
        if row.account.is_none() && (row.holder.is_some() || row.bank_name.is_some()) {
            let text = "有户名或开户行，没有账号 · a holder or bank without an account";
            fields.refuse(Some("账号"), "REQUIRED", text, "填写账号，或清空户名和开户行 · give the account");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        Some(&row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let mut refused = Taken::default();
        let mut rows = rows;
        let mark = work.mark().await?;
        let taken = loop {
            if rows.is_empty() {
                break Taken::default();
            }
            let taken = attempt(work, &rows).await?;
            if taken.refused.is_empty() {
                break taken;
            }
            // Without the households with which something is wrong, again.
            work.go_back(&mark).await?;
            refused.refused.extend(taken.refused);
            rows = refused.whole::<Self>(rows);
        };
        work.go_on(mark).await?;
        refused.add(taken);
        Ok(refused)
    }

    async fn give_back(
        kernel: &Kernel,
        viewer: &Viewer,
        rows: &[Numbered<SheetRow>],
        _days: i64,
    ) -> Result<GivenBack, Failure> {
        let heads: HashSet<&String> = rows.iter().map(|row| &row.row.head).collect();
        let heads = person_number::found(kernel, viewer, heads).await?;
        let of_heads = homes::Column::HeadId.is_in(heads.values().map(|head| head.id));
        let households = viewer.select::<homes::Entity>().filter(of_heads).all(kernel.db.read()).await?;
        let of_households = recognised::Column::HouseholdId.is_in(households.iter().map(|home| home.id));
        let recognitions = viewer.select::<recognised::Entity>().filter(of_households).all(kernel.db.read()).await?;
        let mut given = GivenBack::new();
        for Numbered { number, row } in rows {
            let Some(head) = heads.get(&row.head) else { continue };
            let found = recognitions.iter().find_map(|recognition| {
                let home =
                    households.iter().find(|home| home.id == recognition.household_id && home.head_id == head.id)?;
                let same =
                    (recognition.category.as_str(), recognition.effective_from) == (row.category.code(), row.from);
                same.then(|| vec![home.number.clone(), recognition.number.clone()])
            });
            given.extend(found.map(|numbers| (*number, numbers)));
        }
        Ok(given)
    }
}

/// Takes households in, as long as nothing is wrong with any.
async fn attempt(work: &mut Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Taken, Failure> {
    let known = Known::load(work, rows).await?;
    let mut plan = Plan::default();
    for Numbered { row, .. } in rows {
        plan.listed.entry(row.head.clone()).or_default().insert(row.person.clone());
    }
    for home in rows.chunk_by(|a, b| Sheet::together(&a.row, &b.row)) {
        plan.household(work, &known, home).await?;
    }
    if !plan.taken.refused.is_empty() {
        return Ok(plan.taken);
    }
    let mut done = Taken::default();
    run::<person_sheet::Sheet>(work, plan.persons, &mut done).await?;
    run::<household::Sheet>(work, plan.households, &mut done).await?;
    run::<household_member::Sheet>(work, plan.members, &mut done).await?;
    run::<condition::Sheet>(work, plan.conditions, &mut done).await?;
    run::<recognition::Sheet>(work, plan.recognitions, &mut done).await?;
    run::<payment_account::Sheet>(work, plan.accounts, &mut done).await?;
    // Other kinds name cells that a roster has not: the member is to blame.
    for refusal in &mut done.refused {
        let row = rows.iter().find(|row| row.number == refusal.number);
        if let Some(row) = row.filter(|_| SheetRow::columns().iter().all(|column| column.header != refusal.column)) {
            "成员证件号码".clone_into(&mut refusal.column);
            refusal.value.clone_from(&row.row.person);
        }
    }
    let mut taken = plan.taken;
    taken.refused = done.refused;
    taken.touched.extend(done.touched);
    for row in rows {
        if plan.new.contains(&row.number) {
            taken.created += 1;
        } else if taken.touched.contains(&row.number) {
            taken.changed += 1;
        } else {
            taken.unchanged += 1;
        }
    }
    Ok(taken)
}

/// Runs rows of another kind.
async fn run<K: Kind>(work: &mut Work<'_>, rows: Vec<Numbered<K::Row>>, done: &mut Taken) -> Result<(), Failure> {
    for rows in rows.chunks(AT_ONCE) {
        done.add(K::apply(work, rows.to_vec()).await?);
    }
    Ok(())
}
