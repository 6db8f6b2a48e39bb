//! 救助认定 · what a household is recognised for, in versions by month (SM2). A later version of the same
//! number ends the earlier one on the day it begins.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::assistance::recognition::{Column, Entity, Model};
use entity::assistance::recognition_person;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Ids, Month, One, Yuan};
use minzheng_ground::sheets::upsert::{known_by, replace_parts, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::policy_value::Area;
use minzheng_reference::{household, household_place, person_number};
use minzheng_rules::period::after_month;
use minzheng_rules::places::{Place, Places};
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _};

minzheng_ground::codes! {
    /// 救助类别 · category of recognition.
    AssistanceCategory, AssistanceCategoryFilter, "ASSISTANCE_CATEGORY" {
        Dibao "DIBAO" "低保" "minimum living guarantee",
        DibaoSingle "DIBAO_SINGLE" "单人保" "minimum living guarantee of a single person",
        Tekun "TEKUN" "特困" "support of persons in extreme difficulty",
        Edge "EDGE" "低保边缘" "marginal to the minimum living guarantee",
        Rigid "RIGID" "刚性支出" "difficulty by rigid expenditure",
        ReturnRisk "RETURN_RISK" "防返贫监测" "watched against a return to poverty",
        Other "OTHER" "其他困难" "other difficulty",
    }
}

minzheng_ground::codes! {
    /// 保障方式 · where somebody in extreme difficulty is supported.
    Support, SupportFilter, "SUPPORT" {
        Institution "INSTITUTION" "集中" "in an institution",
        Scattered "SCATTERED" "分散" "at home",
    }
}

/// One version of a recognition.
pub type Recognition = Row<Entity>;

/// 救助认定 · what a household is recognised for, from a month on.
pub fn table() -> Table {
    Builder::<Entity>::new("救助认定 · what a household is recognised for, from a month on.")
        .list("recognitions", "救助认定列表 · recognitions in scope, every version.", Column::Number)
        .id()
        .text(Column::Number, "认定编号 · number; versions share it.")
        .filter()
        .order()
        .code::<AssistanceCategory>(Column::Category, "救助类别 · category.")
        .filter()
        .code::<Support>(Column::Support, "保障方式 · in an institution or at home.")
        .filter()
        .division(Column::Division, "区划代码 · where the household lives, or lived when it ended.")
        .filter()
        .order()
        .code::<Area>(Column::Area, "城乡 · of the household.")
        .filter()
        .date(Column::EffectiveFrom, "生效日期 · first day of the first month.")
        .filter()
        .order()
        .date(Column::LastMonth, "终止月份 · first day of the last month still due, as it was given.")
        .date(Column::EffectiveUntil, "失效日期 · first day on which this version no longer holds.")
        .filter()
        .money(Column::MonthlyFen, "月保障金额 · money a month of the whole household.")
        .named("monthlyAmount")
        .date(Column::ReviewedOn, "最近核查日期 · last review.")
        .filter()
        .order()
        .one("household", "家庭 · household.", "Household", Column::HouseholdId)
        .many(
            "persons",
            "保障对象 · the persons covered.",
            "RecognitionPerson",
            ("recognition_id", Which::Parts("person_id")),
        )
        .many(
            "payments",
            "发放记录 · payments on the strength of it, newest first.",
            "Payment",
            ("basis_id", Which::Newest("paid_on")),
        )
        .table()
}

/// One person covered.
pub type RecognitionPerson = Row<recognition_person::Entity>;

/// 保障对象 · a person covered by a recognition.
pub fn person_table() -> Table {
    use recognition_person::{Column, Entity};
    Builder::<Entity>::new("保障对象 · a person covered by a recognition.")
        .id()
        .one("person", "人员 · the person; null where out of scope.", "Person", Column::PersonId)
        .table()
}

minzheng_ground::sheet_row! {
    /// One version of a recognition as a sheet tells it.
    SheetRow of Model {
        number: need Id => "认定编号",
        household: need Id => "户编号" by hand,
        category: need One<AssistanceCategory> => "救助类别",
        support: may One<Support> => "保障方式",
        persons: need Ids => "保障对象证件号码" by hand,
        effective_from: need Month => "生效月份",
        last_month: may Month => "终止月份",
        monthly: may Yuan => "月保障金额" in monthly_fen,
        reviewed_on: may Day => "最近核查日期",
    }
}

/// `recognitions`: matched by number and first month.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "recognitions";
    const COMMAND: &'static str = "recordRecognition";
    const KEY: &'static [&'static str] = &["认定编号", "生效月份"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("生效月份", Some(row.effective_from)), ("终止月份", row.last_month)]);
        if row.category == AssistanceCategory::Tekun && row.support.is_none() {
            let text = "特困须填保障方式 · support is needed for 特困";
            fields.refuse(Some("保障方式"), "REQUIRED", text, "填“集中”或“分散” · 集中 or 分散");
        }
        if row.monthly.is_some_and(|fen| fen < 0) {
            let text = "金额不能为负 · an amount is not negative";
            fields.refuse(Some("月保障金额"), "NEGATIVE", text, "改正金额 · correct it");
        }
        row.persons.sort_unstable();
        row.persons.dedup();
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let households = household::by_numbers(work, rows.iter().map(|row| row.row.household.clone())).await?;
        let persons = person_number::by_numbers(work, rows.iter().flat_map(|row| &row.row.persons)).await?;
        let numbers: HashSet<String> = rows.iter().map(|row| row.row.number.clone()).collect();
        let known =
            known_by::<Entity, _>(work, Column::Number.is_in(numbers), |row| (row.number.clone(), row.effective_from))
                .await?;
        // A number is one household's, whatever the day: it is not gone on with elsewhere.
        let far: HashSet<String> = known.elsewhere().map(|(number, _)| number.clone()).collect();
        let mut refused = Taken::default();
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            if far.contains(&row.row.number) {
                refused.not_here(row.number);
                continue;
            }
            let Some(household) = households.get(&row.row.household) else {
                refused.missing(row.number, "户编号", &row.row.household, household::IMPORT_FIRST);
                continue;
            };
            if let Some(nobody) = row.row.persons.iter().find(|number| !persons.contains_key(*number)) {
                persons.refuse(&mut refused, row.number, "保障对象证件号码", nobody);
                continue;
            }
            good.push(Numbered { number: row.number, row: (household, row.row) });
        }
        let key = |row: &(&entity::registry::household::Model, SheetRow)| (row.1.number.clone(), row.1.effective_from);
        let write = |model: &mut Model, (household, row): &(&entity::registry::household::Model, SheetRow)| {
            row.keep(model);
            // Where the household lived while it held is told below, once it is known when it ends.
            if model.household_id != household.id {
                model.household_id = household.id;
                model.division.clone_from(&household.division);
                model.area.clone_from(&household.area);
            }
            model.historical = true;
            Ok(())
        };
        let (mut taken, versions) = upsert::<Entity, _, _>(work, &good, known, key, write).await?;

        let done = good.iter().filter(|row| !taken.refuses(row.number));
        let ids: Vec<i64> = done.filter_map(|row| Some(versions.get(&key(&row.row))?.id)).collect();
        let existing = work
            .everywhere::<recognition_person::Entity>()
            .filter(recognition_person::Column::RecognitionId.is_in(ids))
            .all(work.tx())
            .await?;
        let mut wanted = Vec::new();
        for row in good.iter().filter(|row| !taken.refuses(row.number)) {
            let Some(version) = versions.get(&key(&row.row)) else { continue };
            for number in &row.row.1.persons {
                let Some(person) = persons.get(number) else { continue };
                wanted.push(recognition_person::Model {
                    recognition_id: version.id,
                    person_id: person.id,
                    version: 1,
                    ..Default::default()
                });
            }
        }
        let far = person_number::out_of_reach(work, existing.iter().map(|part| part.person_id)).await?;
        wanted.extend(existing.iter().filter(|part| far.contains(&part.person_id)).cloned());
        replace_parts::<recognition_person::Entity, _>(work, existing, wanted, |part| {
            (part.recognition_id, part.person_id)
        })
        .await?;
        let places = household_place::places(work, households.values()).await?;
        chain(work, versions.into_values().collect(), &places).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let households = viewer
            .parts::<entity::registry::household::Entity>(
                entity::registry::household::Column::Id,
                models.iter().map(|model| model.household_id),
            )
            .all(kernel.db.read())
            .await?;
        let households: HashMap<i64, String> = households.into_iter().map(|row| (row.id, row.number)).collect();
        let covered = viewer
            .parts::<recognition_person::Entity>(
                recognition_person::Column::RecognitionId,
                models.iter().map(|model| model.id),
            )
            .order_by_asc(recognition_person::Column::PersonId)
            .all(kernel.db.read())
            .await?;
        let numbers = person_number::numbers_of(kernel, viewer, covered.iter().map(|row| row.person_id)).await?;
        let mut persons: HashMap<i64, Vec<String>> = HashMap::new();
        for row in covered {
            persons.entry(row.recognition_id).or_default().extend(numbers.get(&row.person_id).cloned());
        }
        exported::<Entity, _>(viewer, &models, next, |model| {
            let persons = persons.get(&model.id).cloned().unwrap_or_default();
            Ok(SheetRow::told(model, households.get(&model.household_id).cloned(), Some(persons)))
        })
    }
}

/// Recognitions of households that moved stand where these live, as long as they hold; those that ended before stay.
pub async fn follow(work: &mut Work<'_>, places: &HashMap<i64, Places>) -> Result<(), Failure> {
    let ids: Vec<i64> = places.keys().copied().collect();
    for some in ids.chunks(1_000) {
        let of = work.everywhere::<Entity>().filter(Column::HouseholdId.is_in(some.iter().copied()));
        for version in of.all(work.tx()).await? {
            let Some(places) = places.get(&version.household_id) else { continue };
            let until = version.effective_until;
            settle(work, version, until, Some(places)).await?;
        }
    }
    Ok(())
}

/// Keeps of a version when it ends and where it stands: where its household lived on its last day, or lives.
async fn settle(
    work: &mut Work<'_>,
    version: Model,
    until: Option<NaiveDate>,
    places: Option<&Places>,
) -> Result<(), Failure> {
    let today = work.today();
    let last = until.and_then(|until| until.pred_opt()).map_or(today, |last| last.min(today));
    let place = places.map(|places| places.on(last).clone());
    let stands = place.as_ref().is_none_or(|place| place.division == version.division && place.area == version.area);
    if version.effective_until == until && stands {
        return Ok(());
    }
    let checked = work.checked::<Entity>(version);
    work.update::<Entity>(checked, |model| {
        model.effective_until = until;
        if let Some(Place { division, area }) = place {
            (model.division, model.area) = (division, area);
        }
    })
    .await?;
    Ok(())
}

/// Each version ends with its last month, or on the day the next of its number begins.
async fn chain(work: &mut Work<'_>, mut versions: Vec<Model>, places: &HashMap<i64, Places>) -> Result<(), Failure> {
    versions.sort_by(|a, b| (&a.number, a.effective_from).cmp(&(&b.number, b.effective_from)));
    let next: Vec<Option<NaiveDate>> = versions
        .iter()
        .zip(versions.iter().skip(1).map(Some).chain([None]))
        .map(|(own, next)| next.filter(|next| next.number == own.number).map(|next| next.effective_from))
        .collect();
    for (version, next) in versions.into_iter().zip(next) {
        let own = version.last_month.map(after_month);
        let until = own.into_iter().chain(next).min();
        let places = places.get(&version.household_id);
        settle(work, version, until, places).await?;
    }
    Ok(())
}
