//! 发放账户 · into which account a beneficiary is paid, in whose name and under what agreement (domain §8.1).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::payments::payment_account::{Column, Entity, Model};
use entity::registry::person;
use minzheng_ground::filter::DivisionFilter;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Text};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::person_number;
use minzheng_sheet::Fields;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

/// One account.
pub type PaymentAccount = Row<Entity>;

/// 发放账户 · the account into which a beneficiary is paid.
pub fn table() -> Table {
    Builder::<Entity>::new("发放账户 · the account into which a beneficiary is paid.")
        .list("paymentAccounts", "发放账户列表 · accounts in scope.", Column::OpenedOn)
        .id()
        .personal(Column::Account, "账号 · account number; masked: the last 4")
        .or_null()
        .personal(Column::Holder, "户名 · holder; masked: first and last sign")
        .or_null()
        .personal(
            Column::Relation,
            "与受益人关系 · the holder's relation to the beneficiary; null when masked: it tells of wards.",
        )
        .filter()
        .text(Column::BankName, "开户行 · bank.")
        .filter()
        .date(Column::OpenedOn, "启用日期 · first day.")
        .filter()
        .order()
        .date(Column::ClosedOn, "停用日期 · first day on which it is no longer used.")
        .filter()
        .personal(
            Column::Agreement,
            "代管协议 · agreement by which somebody else keeps it; null when masked: it tells of wards.",
        )
        .filter()
        .one("person", "受益人 · the beneficiary; null where out of scope.", "Person", Column::PersonId)
        .filter_only::<DivisionFilter>("division", "区划", Column::Division)
        .table()
}

minzheng_ground::sheet_row! {
    /// One account as a sheet tells it.
    SheetRow of Model {
        person: need Id => "受益人证件号码" by hand,
        account: need Id => "账号" by hand,
        holder: need Text => "户名",
        relation: need Text => "与受益人关系",
        bank_name: need Text => "开户行",
        opened_on: need Day => "启用日期",
        closed_on: may Day => "停用日期",
        agreement: may Text => "代管协议",
    }
}

/// `payment-accounts`: matched by beneficiary and account.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "payment-accounts";
    const COMMAND: &'static str = "recordPaymentAccount";
    const KEY: &'static [&'static str] = &["受益人证件号码", "账号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("启用日期", Some(row.opened_on)), ("停用日期", row.closed_on)]);
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let persons = person_number::by_numbers(work, rows.iter().map(|row| &row.row.person)).await?;
        let mut refused = Taken::default();
        let rows = persons.sift(rows, &mut refused, "受益人证件号码", |row| &row.person);
        let ids = persons.values().map(|person| person.id);
        let known =
            known_by::<Entity, _>(work, Column::PersonId.is_in(ids), |row| (row.person_id, row.account_blind.clone()))
                .await?;
        let home = |person: &person::Model| {
            let mut places = [&person.residence, &person.registered].into_iter().flatten();
            places.find(|place| work.may_in(place)).cloned()
        };
        let homes: HashMap<i64, String> =
            persons.values().filter_map(|person| Some((person.id, home(person)?))).collect();
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            if model.account.is_empty() {
                model.account = kernel.keys.seal(&model.key_salt, "payment_account.account", &row.account)?;
                model.account_blind = account_blind(&kernel.keys, &row.account)?;
            }
            if let Some(person) = persons.get(&row.person) {
                model.person_id = person.id;
                // Where the person lives, as far as it is recorded from there; one that another district recorded, since
                // the person belongs to both, stays there.
                let home = homes.get(&person.id);
                let mut places = [&person.residence, &person.registered].into_iter().flatten();
                let of_another = |place: &String| home.is_some_and(|home| home.get(..6) != place.get(..6));
                if !places.any(|place| model.division.as_ref() == Some(place) && of_another(place)) {
                    model.division = home.cloned();
                }
            }
            Ok(())
        };
        let key = |row: &SheetRow| {
            let person = persons.get(&row.person).map_or(0, |person| person.id);
            (person, account_blind(&kernel.keys, &row.account).unwrap_or_default())
        };
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        let persons = person_number::numbers_of(kernel, viewer, models.iter().map(|model| model.person_id)).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let account = kernel.keys.open(&model.key_salt, "payment_account.account", &model.account)?;
            Ok(SheetRow::told(model, persons.get(&model.person_id).cloned(), Some(account)))
        })
    }
}

/// What stands for the bank where a roster does not name it.
pub const BANK_UNSAID: &str = "未填";

/// The digest by which an account is found.
pub fn account_blind(keys: &Keyring, number: &str) -> Result<Vec<u8>, Fault> {
    Ok(keys.blind("bank_account", number)?.to_vec())
}

/// The accounts with these numbers of persons within reach, by number; one may be several beneficiaries'.
pub async fn by_accounts(
    work: &Work<'_>,
    numbers: impl IntoIterator<Item = &String>,
) -> Result<HashMap<String, Vec<Model>>, Failure> {
    let mut wanted: HashMap<Vec<u8>, String> = HashMap::new();
    for number in numbers {
        wanted.insert(account_blind(&work.kernel.keys, number)?, number.clone());
    }
    let blinds: Vec<Vec<u8>> = wanted.keys().cloned().collect();
    let rows = work.everywhere::<Entity>().filter(Column::AccountBlind.is_in(blinds)).all(work.tx()).await?;
    let persons = person::Column::Id.is_in(rows.iter().map(|row| row.person_id).collect::<HashSet<i64>>());
    let persons = work.within::<person::Entity>().filter(persons).all(work.tx()).await?;
    let persons: HashSet<i64> = persons.into_iter().map(|person| person.id).collect();
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows.into_iter().filter(|row| persons.contains(&row.person_id)) {
        if let Some(number) = wanted.get(&row.account_blind) {
            found.entry(number.clone()).or_default().push(row);
        }
    }
    Ok(found)
}
