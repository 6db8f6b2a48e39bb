//! What the rows of a roster become: rows of the other kinds, from what they say and what the records hold already.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use entity::assistance::{recognition as recognised, recognition_person};
use entity::payments::payment_account as account;
use entity::registry::{household as homes, household_member as membership, person as persons, person_condition};
use minzheng_assistance::recognition;
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::{Numbered, Taken};
use minzheng_kernel::{Failure, Work};
use minzheng_payments::payment_account;
use minzheng_payments::payment_account::account_blind;
use minzheng_reference::person_number;
use minzheng_registry::household_member::FamilyRelation;
use minzheng_registry::person_condition::ConditionKind;
use minzheng_registry::{household, household_member, person_condition as condition, person_sheet};
use minzheng_rules::identifiers::citizen_id;
use minzheng_rules::mask;
use minzheng_sheet::cell::normal_name;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::rosters::assistance_roster::SheetRow;

/// What the records hold already of the persons and households of some rows.
pub(super) struct Known {
    /// By number.
    persons: person_number::Named,
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
    pub(super) async fn load(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Self, Failure> {
        let named = rows.iter().flat_map(|row| [&row.row.head, &row.row.person]);
        let persons = person_number::by_numbers(work, named).await?;
        let ids: Vec<i64> = persons.values().map(|person| person.id).collect();
        let numbers: HashSet<&String> = rows.iter().filter_map(|row| row.row.household.as_ref()).collect();
        let households = work
            .within::<homes::Entity>()
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
            .within::<recognised::Entity>()
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
        let far = person_number::out_of_reach(work, covered.values().flatten().copied()).await?;
        for persons in covered.values_mut() {
            persons.retain(|person| !far.contains(person));
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
pub(super) struct Plan {
    pub(super) persons: Vec<Numbered<person_sheet::SheetRow>>,
    pub(super) households: Vec<Numbered<household::SheetRow>>,
    pub(super) members: Vec<Numbered<household_member::SheetRow>>,
    pub(super) conditions: Vec<Numbered<condition::SheetRow>>,
    pub(super) recognitions: Vec<Numbered<recognition::SheetRow>>,
    pub(super) accounts: Vec<Numbered<payment_account::SheetRow>>,
    /// The members listed for a head, in whatever category.
    pub(super) listed: HashMap<String, HashSet<String>>,
    /// Numbers of households by their heads.
    numbers: HashMap<String, String>,
    /// Persons that are planned as members already, by household.
    joined: HashSet<(String, String)>,
    /// Rows of members, or of recognitions, that are new.
    pub(super) new: HashSet<u64>,
    /// What is wrong, and what else there is to say.
    pub(super) taken: Taken,
}

impl Plan {
    /// Plans one household.
    pub(super) async fn household(
        &mut self,
        work: &Work<'_>,
        known: &Known,
        rows: &[Numbered<SheetRow>],
    ) -> Result<(), Failure> {
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
            row: household::SheetRow { number: household.clone(), head, division, area, address, moving: None },
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
                monthly: row.monthly,
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
        if let Some(number) = row.recognition.as_ref().filter(|number| known.taken.contains(*number)) {
            let text = "认定编号属于另一户 · the number belongs to another household";
            let remedy = "清空认定编号，或核对户主证件号码 · leave it empty, or check the number of the head";
            self.taken.refuse(first.number, "认定编号", number, "NUMBER_TAKEN", text, remedy);
        }
        for Numbered { number, row } in std::iter::once(first).chain(others) {
            let head = (number == &first.number).then_some((&row.head, &row.head_name, "户主证件号码"));
            for (id, name, header) in [Some((&row.person, &row.name, "成员证件号码")), head].into_iter().flatten()
            {
                self.check_person(work, known, home, *number, (id, name, header));
            }
        }
    }

    /// A number that is known under another name is mostly a wrong number, unless its holder belongs to the household.
    fn check_person(
        &mut self,
        work: &Work<'_>,
        known: &Known,
        home: Option<&homes::Model>,
        number: u64,
        (id, name, header): (&String, &String, &str),
    ) {
        match known.persons.get(id) {
            Some(person) if normal_name(&person.name) != *name => {
                let of_home = |member: &membership::Model| home.is_some_and(|home| home.id == member.household_id);
                if !known.members.iter().any(|member| member.person_id == person.id && of_home(member)) {
                    let known = mask::name(&person.name);
                    let text = format!(
                        "这个号码已登记为另一姓名（{known}） · the number is known under another name ({known})"
                    );
                    let remedy = "核对号码和姓名；确已改名的，先用 persons 更正 · check both; a changed name is corrected with persons";
                    work.viewer.note_read(person.id, "Person.name");
                    self.taken.refuse(number, header, id, "NAME_DIFFERS", &text, remedy);
                }
            }
            None if known.persons.refuse_elsewhere(&mut self.taken, number, header, id) => {}
            None if ![15, 18].contains(&id.len()) => {
                self.taken.missing(number, header, id, person_number::IMPORT_FIRST);
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
        let all = ids.len();
        let rows = work.within::<persons::Entity>().filter(persons::Column::Id.is_in(ids)).all(work.tx()).await?;
        if rows.len() < all {
            let gone = all - rows.len();
            self.taken.notes.push(format!(
                "第 {number} 行：户 {household} 有 {gone} 名成员已在外地登记，不作改动 · \
                 row {number}: {gone} of household {household} are held elsewhere and stay as they are"
            ));
        }
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
