//! The district that is measured: persons, households, recognitions, centres and beds through the import, so that they are
//! sealed and journalled; payment lines, a hundred a recognition, and a million visits by SQL straight into the tables.

use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};

use super::program::Program;

/// Months paid for each recognition before the import: 2015-03 to 2023-06.
const MONTHS: i64 = 100;
/// Months of the sheet that is imported: 2023-07 to 2025-02.
const MONTHS_IMPORTED: i64 = 20;

/// Centres of elderly care, each with one care worker.
const CENTRES: i64 = 50;
/// Beds at home at most; a person has one.
const BEDS_MOST: i64 = 10_000;
/// Visits to them.
const VISITS: i64 = 1_000_000;

/// A district of so many payment lines.
#[derive(Clone)]
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

    /// Imports a sheet of so many rows.
    fn take(&self, program: &Program, kind: &str, rows: i64, header: &str, row: impl Fn(i64, &str) -> String) {
        let mut text = format!("{header}\n");
        let places = i64::try_from(self.villages.len()).expect("few");
        for n in 0..rows {
            let place = &self.villages[usize::try_from(n % places).expect("few")];
            let _ = writeln!(text, "{}", row(n, place));
        }
        let path = program.folder.join(format!("{kind}.csv"));
        std::fs::write(&path, text).expect("written");
        program.import(kind, &path);
    }

    /// Makes the database what it is to be.
    pub async fn make(&self, program: &Program, db: &PgPool) {
        program.run(&["migrate", "--test"]);
        program.import("divisions", &tests::repository().join("tests/data/divisions-43.csv"));
        let all = self.recognitions();
        self.take(program, "persons", all, "证件号码,姓名,现住地代码,联系电话", |n, place| {
            format!("{},测试员{n},{place},138{:08}", id_number(n), n % 100_000_000)
        });
        self.take(program, "households", all, "户编号,户主证件号码,区划代码,城乡", |n, place| {
            format!("H{n:07},{},{place},城市", id_number(n))
        });
        self.take(program, "household-members", all, "户编号,证件号码,与户主关系,加入日期", |n, _| {
            format!("H{n:07},{},本人,2010-01-01", id_number(n))
        });
        let recognitions = "认定编号,户编号,救助类别,保障对象证件号码,生效月份,月保障金额";
        self.take(program, "recognitions", all, recognitions, |n, _| {
            format!("R{n:07},H{n:07},低保,{},2015-03,{}.00", id_number(n), 300 + n % 400)
        });
        let centres = "机构编号,名称,类别,区划代码,床位数,状态";
        self.take(program, "centres", CENTRES, centres, |n, place| {
            format!("C{n:03},第{n}居家养老服务中心,居家养老服务中心,{place},20,运营")
        });
        self.take(program, "care-workers", CENTRES, "证件号码,姓名,机构编号,岗位,入职日期", |n, _| {
            format!("{},护理员{n},C{n:03},护理,2018-01-01", id_number(all + n))
        });
        let beds = "床位编号,老人证件号码,区划代码,机构编号,建床启动日期,验收日期,服务开始日期,作废";
        self.take(program, "home-beds", all.min(BEDS_MOST), beds, |n, place| {
            let day =
                NaiveDate::from_ymd_opt(2019, 1, 1).expect("a date") + Days::new(u64::try_from(n % 300).expect("more"));
            format!("K{n:05},{},{place},C{:03},{day},{day},{day},否", id_number(n), n % CENTRES)
        });
        Self::visit(db).await;
        self.pay(db).await;
        program.run(&["figures", "rebuild"]);
    }

    /// The visits, by SQL: the beds in turn, one every hundred seconds from 2020 on.
    async fn visit(db: &PgPool) {
        let visits = format!(
            "INSERT INTO home_visit (id, number, kind, started_at, ended_at, state, visited_on, bed_id, worker_id, \
             person_id, centre, division, version, voided) \
             SELECT nextval('minzheng_id'), 'V' || lpad(n::text, 9, '0'), \
             (ARRAY['MEAL', 'CLEANING', 'NURSING', 'CONCERN'])[1 + n % 4], t.at, t.at + interval '45 minutes', 'VERIFIED', \
             (t.at AT TIME ZONE 'Asia/Shanghai')::date, b.id, w.id, b.person_id, b.centre, b.division, 1, false \
             FROM generate_series(0, {VISITS} - 1) n CROSS JOIN LATERAL (SELECT timestamptz '2020-01-01 08:00+08' + \
             make_interval(secs => n * 100) AS at) t JOIN (SELECT row_number() OVER (ORDER BY number) - 1 AS k, \
             count(*) OVER () AS beds, * FROM home_care_bed) b ON b.k = n % b.beds \
             JOIN care_worker w ON w.centre_id = b.centre_id ORDER BY n"
        );
        sqlx::raw_sql(AssertSqlSafe(visits)).execute(db).await.expect("the visits");
    }

    /// Changes about so many payment lines of the last year, each with an entry of its own in the journal, as desks do one
    /// by one; gives how many.
    pub async fn change(&self, db: &PgPool, lines: i64) -> u64 {
        let year = self.lines / MONTHS * 12;
        let change = "WITH last AS (SELECT min(id) + $2 - $3 AS id FROM payment), \
            picked AS (SELECT DISTINCT id + floor(random() * $3)::bigint AS id FROM last, generate_series(1, $1)), \
            changed AS (UPDATE payment p SET amount_fen = amount_fen + 100, version = version + 1 FROM picked \
            WHERE p.id = picked.id RETURNING p.id, p.division, p.paid_on) \
            INSERT INTO journal_entry (id, at, actor, kind, command, command_version, body) \
            SELECT nextval('journal_entry_id'), now(), 'bench', 'COMMAND', 'recordPayment', 1, json_build_object('rows', \
            json_build_array(json_build_object('a', 'Payment', 'i', id, 'k', 'U', 'd', division, 'h', '', 'w', \
            json_build_object('division', division, 'paid_on', paid_on))))::text FROM changed";
        let done = sqlx::query(change).bind(lines).bind(self.lines).bind(year).execute(db).await;
        done.expect("changes").rows_affected()
    }

    /// The payment lines, by SQL, month after month as they are paid: in the order in which a join finds them each month
    /// would be spread over the whole table. Indexes are taken away meanwhile and made again as they were.
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
             30000 + (n % 400) * 100, 'NORMAL', 'PAID', 'DISTRICT', true, 1, false {lined} ORDER BY n"
        ));
        all.push(format!(
            "INSERT INTO payment_person (id, payment_id, person_id, month, unit, programme, category, basis, nature, \
             live, division, paid_on, version, voided) SELECT {first} + {lines} + n, {first} + n, p.person_id, t.m, \
             to_char(t.m, 'YYYY-MM'), 'BASIC_LIVING', 'DIBAO', r.number, 'NORMAL', true, r.division, \
             t.m + 9 + (n % 15)::int, 1, false {lined} JOIN recognition_person p ON p.recognition_id = r.id \
             ORDER BY n"
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
        let rows = self.recognitions() * MONTHS_IMPORTED;
        let lines = (0..rows).map(|n| {
            let (of, month) = (n % self.recognitions(), month(MONTHS + n / self.recognitions()));
            self.payment(&format!("I{n:09}"), of, &month, 10 + n % 15, 300 + n % 400)
        });
        (sheet(program, lines), rows)
    }

    /// Writes a sheet of one payment of July 2023 to one of the recognitions.
    pub fn sheet_of_a_payment(&self, program: &Program, number: &str, of: i64, yuan: i64) -> PathBuf {
        sheet(program, [self.payment(number, of % self.recognitions(), &month(MONTHS), 15, yuan)])
    }

    fn payment(&self, number: &str, of: i64, month: &str, day: i64, yuan: i64) -> String {
        let place = &self.villages[usize::try_from(of).expect("few") % self.villages.len()];
        let person = id_number(of);
        format!("{number},低保,R{of:07},{person},{place},{month},{month}-{day:02},{yuan}.00,正常,成功,区")
    }
}

/// Writes a sheet of payments.
fn sheet(program: &Program, lines: impl IntoIterator<Item = String>) -> PathBuf {
    let mut text =
        "发放编号,类别,依据编号,受益人证件号码,区划代码,所属月份,发放日期,金额,款项性质,状态,资金来源\n".to_owned();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    let path = program.folder.join("payments.csv");
    std::fs::write(&path, text).expect("written");
    path
}
