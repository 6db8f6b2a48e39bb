//! 救助对象花名册 · one sheet as it lies on the desk (templates): a row a member, the household's cells filled in once.
//! It makes persons, households, members, conditions, recognitions and accounts through their own kinds; numbers that
//! nobody has at first are made here and given back. A household is taken whole or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use entity::assistance::{recognition as recognised, recognition_person};
use entity::payments::payment_account as account;
use entity::registry::{household as homes, household_member as membership, person as persons, person_condition};
use minzheng_kernel::{Failure, Kernel, Viewer, Work};
use minzheng_rules::identifiers::citizen_id;
use minzheng_rules::mask;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use super::recognition::{self, AssistanceCategory, Support};
use crate::exchange::check::{check_number_under, check_phone, not_negative};
use crate::exchange::places;
use crate::exchange::row::{AlsoCalled, CellType, Day, Id, Month, OneOf, Place, SheetRow as _, Text, YesNo, Yuan};
use crate::exchange::sheet::{CellKind, Fields, FillDown, Layout, OutCell, RawCell, RawRow, cell};
use crate::exchange::survey::{Once, Standing};
use crate::exchange::{GivenBack, Kind, Numbered, Taken};
use crate::graphql::codes::CodeList as _;
use crate::payments::payment_account::{self, account_blind};
use crate::registry::household_member::{self, FamilyRelation};
use crate::registry::person_condition::{self as condition, ConditionKind, DisabilityType};
use crate::registry::policy_value::Area;
use crate::registry::{household, person_number, person_sheet};

/// Rows of one call of another kind.
const AT_ONCE: usize = 400;

/// 救助类别 as desks write it.
pub struct Category;

impl AlsoCalled for Category {
    type List = AssistanceCategory;
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("城市低保", "DIBAO"),
        ("农村低保", "DIBAO"),
        ("城低", "DIBAO"),
        ("农低", "DIBAO"),
        ("最低生活保障", "DIBAO"),
        ("单人户低保", "DIBAO_SINGLE"),
        ("单人低保", "DIBAO_SINGLE"),
        ("特困人员", "TEKUN"),
        ("特困供养", "TEKUN"),
        ("城市特困", "TEKUN"),
        ("农村特困", "TEKUN"),
        ("低保边缘家庭", "EDGE"),
        ("低保边缘户", "EDGE"),
        ("刚性支出困难家庭", "RIGID"),
        ("支出型困难家庭", "RIGID"),
        ("支出型", "RIGID"),
        ("防返贫监测对象", "RETURN_RISK"),
    ];
}

/// 与户主关系 as desks write it.
pub struct Relation;

impl AlsoCalled for Relation {
    type List = FamilyRelation;
    const ALSO: &'static [(&'static str, &'static str)] = &[
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
    ];
}

/// 城乡 as desks write it.
pub struct TownOrCountry;

impl AlsoCalled for TownOrCountry {
    type List = Area;
    const ALSO: &'static [(&'static str, &'static str)] =
        &[("城镇", "URBAN"), ("城", "URBAN"), ("乡村", "RURAL"), ("农", "RURAL")];
}

/// 残疾类别 as certificates write it.
pub struct Disability;

impl AlsoCalled for Disability {
    type List = DisabilityType;
    const ALSO: &'static [(&'static str, &'static str)] = &[
        ("视力残疾", "VISUAL"),
        ("听力残疾", "HEARING"),
        ("言语残疾", "SPEECH"),
        ("肢体残疾", "PHYSICAL"),
        ("智力残疾", "INTELLECTUAL"),
        ("精神残疾", "MENTAL"),
        ("多重残疾", "MULTIPLE"),
    ];
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

crate::sheet_row! {
    /// One member of a household, with what the household gets, as the roster tells it.
    SheetRow {
        division: need Place => "区划代码",
        group: may Text => "组" or ["村民小组", "小组"],
        head_name: need Text => "户主姓名",
        head: need Id => "户主证件号码" or ["户主身份证号", "户主身份证号码", "户主公民身份号码"],
        name: need Text => "成员姓名" or ["家庭成员姓名", "姓名"],
        person: need Id => "成员证件号码" or ["成员身份证号", "成员身份证号码", "家庭成员身份证号", "身份证号", "证件号码", "身份证号码", "公民身份号码"],
        relation: need OneOf<Relation> => "与户主关系",
        covered: need YesNo => "是否保障对象" or ["是否享受"],
        area: need OneOf<TownOrCountry> => "城乡" or ["户口性质"],
        category: need OneOf<Category> => "救助类别" or ["保障类别"],
        support: may OneOf<SupportedAt> => "保障方式" or ["供养方式"],
        disability_type: may OneOf<Disability> => "残疾类别",
        disability_level: may DisabilityLevel => "残疾等级",
        certificate: may Id => "残疾证号",
        illness: may Text => "重病" or ["重病情况", "患病情况"],
        labour: may Text => "劳动能力",
        school: may Text => "在校" or ["在校情况"],
        difference: may Yuan => "差额金额" or ["补差金额"],
        top_up: may Yuan => "分类施保金额",
        monthly: need Yuan => "月保障金额" or ["月保障金", "月发放金额"],
        from: need Month => "起始月份" or ["享受起始月份", "起始年月"],
        reviewed_on: may Day => "最近核查日期" or ["核查日期"],
        holder: may Text => "户名" or ["开户名"],
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
    const ALSO: &'static [(&'static str, &'static str)] = &[("集中供养", "INSTITUTION"), ("分散供养", "SCATTERED")];
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

/// A number in the form in which numbers are compared, as far as the cell can be read.
fn plain(row: &RawRow, header: &str) -> String {
    let read = cell::id(row.get(header)).ok().and_then(|read| read.value);
    person_number::normal_number(&read.unwrap_or_else(|| row.get(header).to_string()))
}

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "assistance-roster";
    const COMMAND: &'static str = "recordAssistanceRoster";
    const SURVEYED: bool = true;
    const GIVES: &'static [&'static str] = &["户编号", "认定编号"];
    const KEEPS_GIVEN: bool = true;
    const EXPORTS: bool = false;
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
        for (header, sum) in
            [("差额金额", row.difference), ("分类施保金额", row.top_up), ("月保障金额", Some(row.monthly))]
        {
            not_negative(fields, header, sum);
        }
        if let (Some(difference), Some(top_up)) = (row.difference, row.top_up)
            && difference + top_up != row.monthly
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

/// What the records hold already of the persons and households of some rows.
struct Known {
    /// By number.
    persons: HashMap<String, persons::Model>,
    /// Households of the heads, and those named by their number.
    households: Vec<homes::Model>,
    /// Memberships of these households and persons.
    members: Vec<membership::Model>,
    /// All versions.
    recognitions: Vec<recognised::Model>,
    /// Persons covered by a version.
    covered: HashMap<i64, BTreeSet<i64>>,
    conditions: Vec<person_condition::Model>,
    accounts: HashMap<(i64, Vec<u8>), account::Model>,
    /// Numbers of households and recognitions that are given in the rows and belong to others.
    taken: HashSet<String>,
}

impl Known {
    async fn load(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Self, Failure> {
        let named = rows.iter().flat_map(|row| [&row.row.head, &row.row.person]);
        let persons = person_number::by_numbers(work, named).await?;
        let ids: Vec<i64> = persons.values().map(|person| person.id).collect();
        let numbers: HashSet<&String> = rows.iter().filter_map(|row| row.row.household.as_ref()).collect();
        let households = work
            .everywhere::<homes::Entity>()
            .filter(homes::Column::HeadId.is_in(ids.clone()).or(homes::Column::Number.is_in(numbers)))
            .all(work.tx())
            .await?;
        let own: Vec<i64> = households.iter().map(|home| home.id).collect();
        let of_own = membership::Column::HouseholdId.is_in(own.clone());
        let members = work
            .everywhere::<membership::Entity>()
            .filter(of_own.or(membership::Column::PersonId.is_in(ids.clone())))
            .all(work.tx())
            .await?;
        let numbers: HashSet<&String> = rows.iter().filter_map(|row| row.row.recognition.as_ref()).collect();
        let of_own = recognised::Column::HouseholdId.is_in(own.clone());
        let (recognitions, others): (Vec<_>, Vec<_>) = work
            .everywhere::<recognised::Entity>()
            .filter(of_own.or(recognised::Column::Number.is_in(numbers)))
            .all(work.tx())
            .await?
            .into_iter()
            .partition(|recognition| own.contains(&recognition.household_id));
        let of_versions =
            recognition_person::Column::RecognitionId.is_in(recognitions.iter().map(|recognition| recognition.id));
        let mut covered: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        for part in work.everywhere::<recognition_person::Entity>().filter(of_versions).all(work.tx()).await? {
            covered.entry(part.recognition_id).or_default().insert(part.person_id);
        }
        let of_persons = person_condition::Column::PersonId.is_in(ids.clone());
        let conditions = work.everywhere::<person_condition::Entity>().filter(of_persons).all(work.tx()).await?;
        let of_persons = account::Column::PersonId.is_in(ids);
        let accounts = work.everywhere::<account::Entity>().filter(of_persons).all(work.tx()).await?;
        let accounts = accounts.into_iter().map(|row| ((row.person_id, row.account_blind.clone()), row)).collect();
        let taken = others.into_iter().map(|recognition| recognition.number).collect();
        Ok(Self { persons, households, members, recognitions, covered, conditions, accounts, taken })
    }

    /// The household that rows of a head mean: by its number, else that of the head which gets the same already.
    fn household(&self, row: &SheetRow) -> Option<&homes::Model> {
        if let Some(named) =
            row.household.as_ref().and_then(|number| self.households.iter().find(|home| home.number == *number))
        {
            return Some(named);
        }
        let head = self.persons.get(&row.head)?.id;
        let gets = |home: &homes::Model| {
            let mut own = self.recognitions.iter().filter(|recognition| recognition.household_id == home.id);
            own.any(|recognition| recognition.category == row.category.code())
        };
        self.households.iter().filter(|home| home.head_id == head).max_by_key(|home| (gets(home), home.id))
    }

    /// The version that a household's rows correct, or else the number of the recognition that they go on with.
    fn recognition(&self, home: Option<&homes::Model>, row: &SheetRow) -> (Option<&recognised::Model>, Option<String>) {
        let Some(home) = home else { return (None, row.recognition.clone()) };
        let own = self.recognitions.iter().filter(|version| {
            version.household_id == home.id
                && version.category == row.category.code()
                && row.recognition.as_ref().is_none_or(|number| version.number == *number)
        });
        let own: Vec<&recognised::Model> = own.collect();
        if let Some(same) = own.iter().find(|version| version.effective_from == row.from) {
            return (Some(same), Some(same.number.clone()));
        }
        // One that ended before is another recognition.
        let goes_on = |version: &&&recognised::Model| version.effective_until.is_none_or(|end| end >= row.from);
        let latest = own.iter().filter(goes_on).max_by_key(|version| version.effective_from);
        (None, latest.map(|version| version.number.clone()).or_else(|| row.recognition.clone()))
    }
}

/// Rows of the other kinds that some households become.
#[derive(Default)]
struct Plan {
    persons: Vec<Numbered<person_sheet::SheetRow>>,
    households: Vec<Numbered<household::SheetRow>>,
    members: Vec<Numbered<household_member::SheetRow>>,
    conditions: Vec<Numbered<condition::SheetRow>>,
    recognitions: Vec<Numbered<recognition::SheetRow>>,
    accounts: Vec<Numbered<payment_account::SheetRow>>,
    /// The members listed for a head, in whatever category.
    listed: HashMap<String, HashSet<String>>,
    /// Numbers of households by their heads.
    numbers: HashMap<String, String>,
    /// Persons that are planned as members already, by household.
    joined: HashSet<(String, String)>,
    /// Rows of members, or of recognitions, that are new.
    new: HashSet<u64>,
    /// What is wrong, and what else there is to say.
    taken: Taken,
}

impl Plan {
    /// Plans one household.
    async fn household(&mut self, work: &Work<'_>, known: &Known, rows: &[Numbered<SheetRow>]) -> Result<(), Failure> {
        let Some((first, others)) = rows.split_first() else { return Ok(()) };
        let before = self.taken.refused.len();
        self.check(work, known, first, others);
        if self.taken.refused.len() > before {
            return Ok(());
        }
        let (number, row) = (first.number, &first.row);
        let home = known.household(row);
        let (version, recognition) = known.recognition(home, row);
        let code = row.division.get(..6).unwrap_or_default();
        let planned = self.numbers.get(&row.head).cloned();
        let household = match home.map(|home| home.number.clone()).or(planned).or_else(|| row.household.clone()) {
            Some(known) => known,
            None => format!("H{code}-{:06}", work.id().await?),
        };
        self.numbers.insert(row.head.clone(), household.clone());
        let recognition = match recognition {
            Some(known) => known,
            None => format!("R{code}-{:06}", work.id().await?),
        };
        if version.is_none() {
            self.new.extend(rows.iter().map(|row| row.number));
        }

        if rows.iter().all(|other| other.row.person != row.head) {
            self.person(work, known, home, number, (&row.head, &row.head_name, None), &row.division)?;
            self.member(known, home, number, &household, (&row.head, FamilyRelation::Head), row.from);
        }
        for Numbered { number, row } in rows {
            self.person(work, known, home, *number, (&row.person, &row.name, row.phone.as_deref()), &row.division)?;
            self.member(known, home, *number, &household, (&row.person, row.relation), row.from);
            self.conditions(known, *number, row);
        }
        let address = match home {
            Some(home) => {
                let kept = home.address.as_deref();
                work.kernel.keys.open_some(&home.key_salt, "household.address", kept)?
            }
            None => None,
        };
        // A group of the village is the address of who has no better one.
        let address =
            address.filter(|known| row.group.is_none() || known.chars().count() > 6).or_else(|| row.group.clone());
        let (division, area, head) = (row.division.clone(), row.area, row.head.clone());
        self.households.push(Numbered {
            number,
            row: household::SheetRow { number: household.clone(), head, division, area, address },
        });

        let mut persons: Vec<String> =
            rows.iter().filter(|row| row.row.covered).map(|row| row.row.person.clone()).collect();
        persons.extend(self.unlisted(work, known, home, version, (number, row)).await?);
        persons.sort_unstable();
        persons.dedup();
        if let Some(version) = version {
            let ids: BTreeSet<i64> = persons.iter().filter_map(|number| Some(known.persons.get(number)?.id)).collect();
            let were = known.covered.get(&version.id);
            if persons.len() != were.map_or(0, BTreeSet::len) || were.is_some_and(|were| !ids.is_subset(were)) {
                self.taken.touched.insert(number);
            }
        }
        self.recognitions.push(Numbered {
            number,
            row: recognition::SheetRow {
                number: recognition,
                household,
                category: row.category,
                support: row.support,
                persons,
                effective_from: row.from,
                last_month: version.and_then(|version| version.last_month),
                monthly: Some(row.monthly),
                reviewed_on: row.reviewed_on.or_else(|| version.and_then(|version| version.reviewed_on)),
            },
        });
        self.account(work, known, rows)
    }

    /// What is wrong with a household that one row alone does not show.
    fn check(&mut self, work: &Work<'_>, known: &Known, first: &Numbered<SheetRow>, others: &[Numbered<SheetRow>]) {
        let row = &first.row;
        for other in others {
            let cells = [
                ("村居", row.division == other.row.division),
                ("户主姓名", row.head_name == other.row.head_name),
                ("城乡", row.area == other.row.area),
                ("保障方式", row.support == other.row.support),
                ("月保障金额", row.monthly == other.row.monthly),
                ("起始月份", row.from == other.row.from),
                ("户编号", row.household == other.row.household),
                ("认定编号", row.recognition == other.row.recognition),
            ];
            for (header, _) in cells.into_iter().filter(|(_, same)| !same) {
                let text = format!("与同户第 {0} 行不一致 · differs from row {0} of the household", first.number);
                let remedy = "户内各行填相同内容，或只填第一行 · the same in all rows, or in the first only";
                self.taken.refuse(other.number, header, "", "DIFFERS", &text, remedy);
            }
        }
        if !row.covered && others.iter().all(|other| !other.row.covered) {
            let text = "全户没有保障对象 · nobody of the household is covered";
            let remedy = "在保障对象的行填“是” · write 是 in the rows of who is covered";
            self.taken.refuse(first.number, "是否保障对象", "否", "NOBODY_COVERED", text, remedy);
        }
        let home = known.household(row);
        let far = |home: &&homes::Model| !work.viewer.may_in(Sheet::COMMAND, &home.division);
        if home.is_some_and(|home| far(&home)) {
            let text = "这一户不在您的区划范围内 · the household is outside your divisions";
            let remedy = "由该区划的账户导入 · let an account of that division import it";
            self.taken.refuse(first.number, "户主证件号码", &row.head, "OUT_OF_SCOPE", text, remedy);
        }
        if let Some(number) = row.recognition.as_ref().filter(|number| known.taken.contains(*number)) {
            let text = "认定编号属于另一户 · the number belongs to another household";
            let remedy = "清空认定编号，或核对户主证件号码 · leave it empty, or check the number of the head";
            self.taken.refuse(first.number, "认定编号", number, "NUMBER_TAKEN", text, remedy);
        }
        for Numbered { number, row } in std::iter::once(first).chain(others) {
            let head = (number == &first.number).then_some((&row.head, &row.head_name, "户主证件号码"));
            for (id, name, header) in [Some((&row.person, &row.name, "成员证件号码")), head].into_iter().flatten()
            {
                self.check_person(known, home, *number, (id, name, header));
            }
        }
    }

    /// A number that is known under another name is mostly a wrong number, unless its holder belongs to the household.
    fn check_person(
        &mut self,
        known: &Known,
        home: Option<&homes::Model>,
        number: u64,
        (id, name, header): (&String, &String, &str),
    ) {
        match known.persons.get(id) {
            Some(person) if person.name != *name => {
                let of_home = |member: &membership::Model| home.is_some_and(|home| home.id == member.household_id);
                if !known.members.iter().any(|member| member.person_id == person.id && of_home(member)) {
                    let text = "这个号码已登记为另一姓名 · the number is known under another name";
                    let remedy = "核对号码和姓名；确已改名的，先用 persons 更正 · check both; a changed name is corrected with persons";
                    self.taken.refuse(number, header, id, "NAME_DIFFERS", text, remedy);
                }
            }
            None if ![15, 18].contains(&id.len()) => {
                self.taken.missing(number, header, id, person_number::IMPORT_FIRST)
            }
            _ => {}
        }
    }

    fn person(
        &mut self,
        work: &Work<'_>,
        known: &Known,
        home: Option<&homes::Model>,
        number: u64,
        (id, name, phone): (&String, &String, Option<&str>),
        division: &str,
    ) -> Result<(), Failure> {
        let mut row = match known.persons.get(id) {
            Some(person) => person_sheet::row_of(work.kernel, person)?,
            None => match citizen_id::parse(id, work.today()) {
                Ok(citizen) => person_sheet::citizen(&citizen, name, division),
                Err(_) => return Ok(()),
            },
        };
        row.name.clone_from(name);
        if let Some(phone) = phone {
            row.phone = Some(phone.to_owned());
        }
        // Who lived where the household was moves with it; others live where they are known to.
        let was = home.map(|home| home.division.as_str());
        if row.residence.is_none() && row.registered.is_none() || row.residence.as_deref() == was {
            row.residence = Some(division.to_owned());
        }
        self.persons.push(Numbered { number, row });
        Ok(())
    }

    fn member(
        &mut self,
        known: &Known,
        home: Option<&homes::Model>,
        number: u64,
        household: &str,
        (id, relation): (&String, FamilyRelation),
        from: NaiveDate,
    ) {
        if !self.joined.insert((household.to_owned(), id.clone())) {
            return;
        }
        let person = known.persons.get(id);
        let here = home.zip(person).and_then(|(home, person)| {
            let own = |member: &&membership::Model| (member.household_id, member.person_id) == (home.id, person.id);
            known.members.iter().filter(own).max_by_key(|member| (member.left_on.is_none(), member.joined_on))
        });
        // Who left before is a member anew.
        let here = here.filter(|member| member.left_on.is_none_or(|left| left > from));
        if here.is_none() {
            self.new.insert(number);
        }
        // Nobody belongs to a household before birth.
        let born = person.and_then(|person| person.birth_date).into_iter();
        let born = born.chain(citizen_id::parse(id, NaiveDate::MAX).ok().map(|citizen| citizen.birth)).next();
        let row = household_member::SheetRow {
            household: household.to_owned(),
            person: id.clone(),
            relation,
            joined_on: here
                .map_or_else(|| born.map_or(from, |born| std::cmp::max(born, from)), |member| member.joined_on),
            left_on: here.and_then(|member| member.left_on),
        };
        self.members.push(Numbered { number, row });
    }

    /// Conditions that the row tells; what it does not tell is left as it is.
    fn conditions(&mut self, known: &Known, number: u64, row: &SheetRow) {
        let said =
            |text: &Option<String>| text.clone().filter(|text| !["否", "无", "没有", "/"].contains(&text.as_str()));
        let yes = |text: String| Some(text).filter(|text| !["是", "有", "√"].contains(&text.as_str()));
        let disability = row.disability_type.map(|_| (ConditionKind::Disability, None));
        let told = [
            disability,
            said(&row.illness).map(|text| (ConditionKind::MajorIllness, yes(text))),
            said(&row.school).map(|text| (ConditionKind::AtSchool, yes(text))),
            // Here 无 says as much as 有.
            row.labour.clone().map(|text| (ConditionKind::LabourAbility, Some(text))),
        ];
        let person = known.persons.get(&row.person).map(|person| person.id);
        for (kind, degree) in told.into_iter().flatten() {
            let open = known.conditions.iter().filter(|condition| {
                Some(condition.person_id) == person && condition.kind == kind.code() && condition.valid_until.is_none()
            });
            let is_disability = kind == ConditionKind::Disability;
            let valid_from = open.map(|condition| condition.valid_from).max().unwrap_or(row.from);
            self.conditions.push(Numbered {
                number,
                row: condition::SheetRow {
                    person: row.person.clone(),
                    kind,
                    valid_from,
                    valid_until: None,
                    disability_type: row.disability_type.filter(|_| is_disability),
                    disability_level: row.disability_level.filter(|_| is_disability),
                    certificate: row.certificate.clone().filter(|_| is_disability),
                    degree,
                },
            });
        }
    }

    /// Members of whom the sheet says nothing: they stay, and are named. Gives the numbers of those who stay covered.
    async fn unlisted(
        &mut self,
        work: &Work<'_>,
        known: &Known,
        home: Option<&homes::Model>,
        version: Option<&recognised::Model>,
        (number, row): (u64, &SheetRow),
    ) -> Result<Vec<String>, Failure> {
        let Some(home) = home else { return Ok(Vec::new()) };
        let household = &home.number;
        let listed = self.listed.get(&row.head).into_iter().flatten();
        let said: HashSet<i64> =
            listed.filter_map(|number| Some(known.persons.get(number)?.id)).chain([home.head_id]).collect();
        let open = known.members.iter().filter(|member| {
            member.household_id == home.id && member.left_on.is_none() && !said.contains(&member.person_id)
        });
        let ids: Vec<i64> = open.map(|member| member.person_id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = work.everywhere::<persons::Entity>().filter(persons::Column::Id.is_in(ids)).all(work.tx()).await?;
        let mut stay = Vec::new();
        for person in rows {
            let name = mask::name(&person.name);
            self.taken.notes.push(format!(
                "第 {number} 行：户 {household} 的 {name} 不在本表，仍为家庭成员；确已离开的，用 household-members 填离开日期 · \
                 row {number}: {name} of household {household} is not in the sheet and stays a member; who left gets a day of leaving with household-members"
            ));
            let covered = version.and_then(|version| known.covered.get(&version.id));
            if covered.is_some_and(|covered| covered.contains(&person.id)) && person.death_date.is_none() {
                stay.push(work.kernel.keys.open(&person.key_salt, "person.id_number", &person.id_number)?);
            }
        }
        Ok(stay)
    }

    /// The one account of a household is its head's; of several each is the member's in whose row it stands.
    fn account(&mut self, work: &Work<'_>, known: &Known, rows: &[Numbered<SheetRow>]) -> Result<(), Failure> {
        let mut accounts: BTreeMap<&String, &Numbered<SheetRow>> = BTreeMap::new();
        for row in rows {
            if let Some(account) = &row.row.account {
                accounts.entry(account).or_insert(row);
            }
        }
        let one = accounts.len() == 1;
        for (account, Numbered { number, row }) in accounts {
            let (id, name) = if one { (&row.head, &row.head_name) } else { (&row.person, &row.name) };
            let holder = row.holder.clone().unwrap_or_else(|| name.clone());
            let relation = if holder == *name {
                "本人"
            } else {
                let holds = rows.iter().find(|other| other.row.name == holder);
                holds.filter(|_| one).map_or("其他", |other| other.row.relation.zh())
            };
            let blind = account_blind(&work.kernel.keys, account)?;
            let old = known.persons.get(id).and_then(|person| known.accounts.get(&(person.id, blind)));
            let bank = row.bank_name.clone().or_else(|| old.map(|old| old.bank_name.clone()));
            self.accounts.push(Numbered {
                number: *number,
                row: payment_account::SheetRow {
                    person: id.clone(),
                    account: account.clone(),
                    holder,
                    relation: relation.to_owned(),
                    bank_name: bank.unwrap_or_else(|| payment_account::BANK_UNSAID.to_owned()),
                    opened_on: old.map_or(row.from, |old| old.opened_on),
                    closed_on: old.and_then(|old| old.closed_on),
                    agreement: old.and_then(|old| old.agreement.clone()),
                },
            });
        }
        Ok(())
    }
}
