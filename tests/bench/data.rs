//! The district that is measured: persons, households and recognitions through the import, so that they are sealed and
//! journalled; payment lines by SQL straight into the tables, a hundred a recognition, and one cell for what they come to.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};

use super::program::Program;

/// Months paid for each recognition before the import: 2015-03 to 2023-06.
const MONTHS: i64 = 100;
/// Months of the sheet that is imported: 2023-07 to 2025-02.
const MONTHS_IMPORTED: i64 = 20;

/// A district of so many payment lines.
pub struct District {
    /// Payment lines before the import.
    pub lines: i64,
    /// Villages with their 12 digits.
    villages: Vec<String>,
}

fn id_number(n: i64) -> String {
    let birth = NaiveDate::from_ymd_opt(1940, 1, 1).expect("a date") + Days::new(u64::try_from(n / 900).expect("more"));
    let head = format!("430199{}{:03}", birth.format("%Y%m%d"), n % 900 + 1);
    // GB 11643: the weights are the powers of two modulo 11.
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = head.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{head}{}", b"10X98765432"[sum as usize % 11] as char)
}

fn month(n: i64) -> String {
    let n = 2015 * 12 + 2 + n;
    format!("{:04}-{:02}", n / 12, n % 12 + 1)
}

impl District {
    /// With so many payment lines, at least the 5,000 of fifty recognitions.
    pub fn new(lines: i64) -> Self {
        let file = tests::repository().join("tests/data/divisions-43.csv");
        let divisions = std::fs::read_to_string(file).expect("the divisions");
        let villages = divisions.lines().filter(|line| line.starts_with("430104") && line.contains(",VILLAGE,"));
        let villages = villages.map(|line| line[..12].to_owned()).collect();
        Self { lines: lines.max(5_000) / MONTHS * MONTHS, villages }
    }

    /// Recognitions; as many persons and households.
    pub fn recognitions(&self) -> i64 {
        self.lines / MONTHS
    }

    fn sheet(&self, program: &Program, kind: &str, header: &str, row: impl Fn(i64, &str) -> String) -> PathBuf {
        let mut text = format!("{header}\n");
        let places = i64::try_from(self.villages.len()).expect("few");
        for n in 0..self.recognitions() {
            let place = &self.villages[usize::try_from(n % places).expect("few")];
            let _ = writeln!(text, "{}", row(n, place));
        }
        let path = program.folder.join(format!("{kind}.csv"));
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Makes the database what it is to be.
    pub async fn make(&self, program: &Program, db: &PgPool) {
        program.run(&["migrate", "--test"]);
        program.import("divisions", &tests::repository().join("tests/data/divisions-43.csv"));
        let persons = "证件号码,姓名,现住地代码,联系电话";
        let sheet = self.sheet(program, "persons", persons, |n, place| {
            format!("{},测试员{n},{place},138{:08}", id_number(n), n % 100_000_000)
        });
        program.import("persons", &sheet);
        let households = "户编号,户主证件号码,区划代码,城乡";
        let sheet =
            self.sheet(program, "households", households, |n, place| format!("H{n:07},{},{place},城市", id_number(n)));
        program.import("households", &sheet);
        let members = "户编号,证件号码,与户主关系,加入日期";
        let sheet = self
            .sheet(program, "household-members", members, |n, _| format!("H{n:07},{},本人,2010-01-01", id_number(n)));
        program.import("household-members", &sheet);
        let recognitions = "认定编号,户编号,救助类别,保障对象证件号码,生效月份,月保障金额";
        let sheet = self.sheet(program, "recognitions", recognitions, |n, _| {
            format!("R{n:07},H{n:07},低保,{},2015-03,{}.00", id_number(n), 300 + n % 400)
        });
        program.import("recognitions", &sheet);
        self.pay(db).await;
        program.run(&["figures", "rebuild"]);
    }

    /// The payment lines, by SQL. Indexes are taken away meanwhile and made again as they were.
    async fn pay(&self, db: &PgPool) {
        let mut on = db.acquire().await.expect("a connection");
        let first: i64 = sqlx::query_scalar("SELECT nextval('minzheng_id')").fetch_one(&mut *on).await.expect("an id");
        let (lines, each) = (self.lines, self.recognitions());
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "SELECT indexname::text, indexdef FROM pg_indexes \
             WHERE tablename IN ('payment', 'payment_person') AND indexname NOT LIKE '%_pkey'",
        )
        .fetch_all(&mut *on)
        .await
        .expect("the indexes");
        let mut all = vec!["SET session_replication_role = replica".to_owned()];
        all.extend(indexes.iter().map(|(name, _)| format!("DROP INDEX {name}")));
        let lined = format!(
            "FROM generate_series(0, {lines} - 1) n JOIN (SELECT row_number() OVER (ORDER BY number) - 1 AS k, id, \
             number, division FROM recognition) r ON r.k = n % {each} \
             CROSS JOIN LATERAL (SELECT (DATE '2015-03-01' + make_interval(months => (n / {each})::int))::date AS m) t"
        );
        all.push(format!(
            "INSERT INTO payment (id, number, category, basis, basis_id, division, first_month, last_month, paid_on, \
             amount_fen, nature, state, source, historical, version, voided) SELECT {first} + n, \
             'B' || lpad(n::text, 9, '0'), 'DIBAO', r.number, r.id, r.division, t.m, t.m, t.m + 9 + (n % 15)::int, \
             30000 + (n % 400) * 100, 'NORMAL', 'PAID', 'DISTRICT', true, 1, false {lined}"
        ));
        all.push(format!(
            "INSERT INTO payment_person (id, payment_id, person_id, month, unit, programme, category, basis, nature, \
             live, division, paid_on, version, voided) SELECT {first} + {lines} + n, {first} + n, p.person_id, t.m, \
             to_char(t.m, 'YYYY-MM'), 'BASIC_LIVING', 'DIBAO', r.number, 'NORMAL', true, r.division, \
             t.m + 9 + (n % 15)::int, 1, false {lined} JOIN recognition_person p ON p.recognition_id = r.id"
        ));
        all.extend(indexes.into_iter().map(|(_, definition)| definition));
        all.push(format!("SELECT setval('minzheng_id', {})", first + 2 * lines + 1_000));
        all.push("SET session_replication_role = DEFAULT".to_owned());
        all.push("VACUUM ANALYZE".to_owned());
        for statement in all {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *on).await.expect("the payment lines");
        }
    }

    /// Writes the sheet to be imported; gives its rows.
    pub fn sheet_of_payments(&self, program: &Program) -> (PathBuf, i64) {
        let mut text =
            "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,资金来源\n".to_owned();
        let places = i64::try_from(self.villages.len()).expect("few");
        let rows = self.recognitions() * MONTHS_IMPORTED;
        for n in 0..rows {
            let of = n % self.recognitions();
            let month = month(MONTHS + n / self.recognitions());
            let place = &self.villages[usize::try_from(of % places).expect("few")];
            let _ = writeln!(
                text,
                "I{n:09},低保,R{of:07},{},{place},{month},{month}-{:02},{}.00,正常,成功,区",
                id_number(of),
                10 + n % 15,
                300 + n % 400
            );
        }
        let path = program.folder.join("payments.csv");
        std::fs::write(&path, text).expect("written");
        (path, rows)
    }
}
