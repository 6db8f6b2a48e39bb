//! 银行回盘 · what the bank says became of payment lines; each is a correction of its line (SM2b).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::payments::bank_return::{Column, Entity, Model};
use entity::payments::{payment, payment_person};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, One, Text, Yuan};
use minzheng_ground::sheets::upsert::{known_by, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_sheet::Fields;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::payment::PaymentState;
use crate::payment_account;

/// One line of a return.
pub type BankReturn = Row<Entity>;

/// 银行回盘 · what the bank says became of a payment line.
pub fn table() -> Table {
    Builder::<Entity>::new("银行回盘 · what the bank says became of a payment line.")
        .list("bankReturns", "银行回盘列表 · lines of bank returns in scope.", Column::ReturnedOn)
        .id()
        .text(Column::Batch, "批次号 · the bank's or the bureau's number of the batch.")
        .filter()
        .personal(Column::Account, "账号 · account number; masked: the last 4")
        .personal(Column::Holder, "户名 · holder; masked: first and last sign")
        .money(Column::AmountFen, "金额 · amount.")
        .named("amount")
        .code::<PaymentState>(Column::Result, "结果 · whether the money arrived.")
        .filter()
        .date(Column::ReturnedOn, "日期 · the day of the bank.")
        .filter()
        .order()
        .text(Column::Reason, "退回原因 · why it came back.")
        .filter()
        .text(Column::PaymentNumber, "发放编号 · number of the payment line.")
        .filter()
        .division(Column::Division, "区划代码 · division.")
        .filter()
        .one("payment", "发放记录 · the payment line; null where out of scope.", "Payment", Column::PaymentId)
        .table()
}

minzheng_ground::sheet_row! {
    /// One line of a return as a sheet tells it.
    SheetRow of Model {
        number: may Id => "发放编号" by hand,
        batch: may Id => "批次号",
        account: may Id => "账号" by hand,
        holder: may Text => "户名",
        amount: need Yuan => "金额" in amount_fen,
        result: need One<PaymentState> => "结果",
        returned_on: need Day => "日期",
        reason: may Text => "退回原因",
    }
}

/// `bank-returns`: matched by payment line and day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "bank-returns";
    const COMMAND: &'static str = "recordBankReturn";
    const KEY: &'static [&'static str] = &["发放编号"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        if row.amount <= 0 {
            let text = "金额须大于零 · an amount is more than zero";
            fields.refuse(Some("金额"), "NOT_POSITIVE", text, "改正金额 · correct it");
        }
        if row.number.is_none() && (row.account.is_none() || row.holder.is_none()) {
            let text = "没有发放编号时须填账号和户名 · without a number the account and its holder are needed";
            fields.refuse(
                Some("发放编号"),
                "REQUIRED",
                text,
                "填发放编号，或批次号、账号、户名 · give one or the other",
            );
        }
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let mut refused = Taken::default();
        let (rows, lines) = Lines::find(work, rows, &mut refused).await?;
        let ids = lines.values().map(|line| line.id);
        let known = known_by::<Entity, _>(work, Column::PaymentId.is_in(ids), |row| {
            (row.payment_number.clone(), row.returned_on)
        })
        .await?;
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            kernel.keys.reseal(&model.key_salt, "bank_return.account", &mut model.account, row.account.as_deref())?;
            if let Some(line) = row.number.as_ref().and_then(|number| lines.get(number)) {
                model.payment_id = line.id;
                model.payment_number.clone_from(&line.number);
                model.division.clone_from(&line.division);
            }
            Ok(())
        };
        let key = |row: &SheetRow| (row.number.clone().unwrap_or_default(), row.returned_on);
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        settle(work, lines.into_values().collect()).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| {
            let account = kernel.keys.open_some(&model.key_salt, "bank_return.account", model.account.as_deref())?;
            Ok(SheetRow::told(model, Some(model.payment_number.clone()), account))
        })
    }
}

/// Payment lines by number.
type ByNumber = HashMap<String, payment::Model>;

/// The lines that rows of a return may mean.
struct Lines {
    by_number: ByNumber,
    /// Beneficiaries and holders of the accounts named.
    accounts: HashMap<String, Vec<entity::payments::payment_account::Model>>,
    /// Lines by beneficiary.
    by_person: HashMap<i64, Vec<payment::Model>>,
}

impl Lines {
    /// Each row with the number of its line filled in, and the lines; rows that match none, or several, are named.
    async fn find(
        work: &Work<'_>,
        rows: Vec<Numbered<SheetRow>>,
        refused: &mut Taken,
    ) -> Result<(Vec<Numbered<SheetRow>>, ByNumber), Failure> {
        let known = Self::load(work, &rows).await?;
        let mut lines = HashMap::new();
        let mut good = Vec::with_capacity(rows.len());
        for mut row in rows {
            match known.matching(&row.row) {
                Ok(line) if line.amount_fen != row.row.amount => {
                    let text = "与发放金额不符 · differs from the amount of the line";
                    let amount = minzheng_rules::exact::yuan(row.row.amount);
                    refused.refuse(row.number, "金额", amount, "AMOUNT_DIFFERS", text, "核对金额 · check the amount");
                }
                Ok(line) => {
                    row.row.number = Some(line.number.clone());
                    lines.insert(line.number.clone(), line.clone());
                    good.push(row);
                }
                Err((column, code, text)) => {
                    let remedy = "核对发放编号、账号、户名和金额 · check number, account, holder and amount";
                    let value = row.row.number.clone().unwrap_or_default();
                    refused.refuse(row.number, column, value, code, text, remedy);
                }
            }
        }
        Ok((good, lines))
    }

    async fn load(work: &Work<'_>, rows: &[Numbered<SheetRow>]) -> Result<Self, Failure> {
        use payment::Column as Line;
        let unnumbered = rows.iter().filter(|row| row.row.number.is_none());
        let accounts =
            payment_account::by_accounts(work, unnumbered.filter_map(|row| row.row.account.as_ref())).await?;
        let persons: HashSet<i64> = accounts.values().flatten().map(|account| account.person_id).collect();
        let amounts: HashSet<i64> = rows.iter().map(|row| row.row.amount).collect();
        let parts = work
            .everywhere::<payment_person::Entity>()
            .filter(payment_person::Column::PersonId.is_in(persons))
            .all(work.tx())
            .await?;
        let numbers: HashSet<String> = rows.iter().filter_map(|row| row.row.number.clone()).collect();
        let named = Line::Number.is_in(numbers);
        let paid = Line::Id.is_in(parts.iter().map(|part| part.payment_id).collect::<HashSet<i64>>());
        // Lines elsewhere are as if they were not there.
        let lines = work
            .within::<payment::Entity>()
            .filter(named.or(paid.and(Line::AmountFen.is_in(amounts))))
            .all(work.tx())
            .await?;
        let by_id: HashMap<i64, payment::Model> = lines.into_iter().map(|line| (line.id, line)).collect();
        let mut by_person: HashMap<i64, Vec<payment::Model>> = HashMap::new();
        for part in parts {
            let Some(line) = by_id.get(&part.payment_id) else { continue };
            let of = by_person.entry(part.person_id).or_default();
            if of.iter().all(|known| known.id != line.id) {
                of.push(line.clone());
            }
        }
        let by_number = by_id.into_values().map(|line| (line.number.clone(), line)).collect();
        Ok(Self { by_number, accounts, by_person })
    }

    /// The one line that a row means: by number, or the latest of the amount paid to the account by that day.
    fn matching(&self, row: &SheetRow) -> Result<&payment::Model, (&'static str, &'static str, &'static str)> {
        const NONE: &str = "找不到对应的发放记录 · no payment line matches";
        if let Some(number) = &row.number {
            return self.by_number.get(number).ok_or(("发放编号", "NOT_FOUND", NONE));
        }
        let accounts = row.account.as_ref().and_then(|number| self.accounts.get(number)).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<&payment::Model> = accounts
            .iter()
            .filter(|account| row.holder.as_deref() == Some(account.holder.as_str()))
            .filter_map(|account| self.by_person.get(&account.person_id))
            .flatten()
            .filter(|line| line.amount_fen == row.amount && line.paid_on <= row.returned_on)
            .collect();
        if let Some(batch) = row.batch.as_deref().filter(|batch| found.iter().any(|l| l.number.starts_with(*batch))) {
            found.retain(|line| line.number.starts_with(batch));
        }
        let latest = found.iter().map(|line| line.paid_on).max();
        found.retain(|line| Some(line.paid_on) == latest);
        found.sort_by_key(|line| line.id);
        found.dedup_by_key(|line| line.id);
        match found.as_slice() {
            [only] => Ok(only),
            [] => Err(("账号", "NOT_FOUND", NONE)),
            _ => Err(("账号", "AMBIGUOUS", "对应多条发放记录，须填发放编号 · several lines match; give the number")),
        }
    }
}

/// Lines are as the bank said last.
async fn settle(work: &mut Work<'_>, lines: Vec<payment::Model>) -> Result<(), Failure> {
    use payment_person::Column as Part;
    let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let said = work.everywhere::<Entity>().filter(Column::PaymentId.is_in(ids)).all(work.tx()).await?;
    let mut last: HashMap<i64, &Model> = HashMap::new();
    for row in &said {
        let known = last.entry(row.payment_id).or_insert(row);
        if (known.returned_on, known.id) < (row.returned_on, row.id) {
            *known = row;
        }
    }
    let mut turned = HashMap::new();
    for line in lines {
        let Some(said) = last.get(&line.id).filter(|said| said.result != line.state) else { continue };
        turned.insert(line.id, said.result == PaymentState::Paid.code());
        let checked = work.checked::<payment::Entity>(line);
        work.update::<payment::Entity>(checked, |line| line.state.clone_from(&said.result)).await?;
    }
    let of_turned = Part::PaymentId.is_in(turned.keys().copied().collect::<Vec<i64>>());
    for part in work.everywhere::<payment_person::Entity>().filter(of_turned).all(work.tx()).await? {
        let live = turned.get(&part.payment_id).copied().unwrap_or(part.live);
        let checked = work.checked::<payment_person::Entity>(part);
        work.update::<payment_person::Entity>(checked, |part| part.live = live).await?;
    }
    Ok(())
}
