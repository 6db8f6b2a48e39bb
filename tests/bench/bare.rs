//! What is measured against: endpoints written by hand, each with its one prepared statement and the same JSON. They know
//! one answer each; there is no schema, no token, no right, no journal. They open sealed numbers and mask them, since
//! otherwise it were not the same answer.

use std::path::Path;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use minzheng_kernel::secrets::Keyring;
use minzheng_rules::mask;
use minzheng_rules::number::{grouped, growth, rounded};
use sea_orm::sqlx::postgres::{PgPoolOptions, PgRow};
use sea_orm::sqlx::{self, PgPool, Row as _};
use serde::{Deserialize, Serialize};

/// Rows of a page of recognitions.
pub const PAGE: usize = 50;

/// What a figure is, as the catalogue says it.
#[derive(Clone, Deserialize)]
pub struct Indicator {
    /// `F1`
    pub code: String,
    /// Chinese name.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Decimals shown.
    pub decimals: u32,
    /// FLOW, DISTINCT, STOCK or TEXT.
    pub kind: String,
}

struct Shared {
    db: PgPool,
    keys: Arc<Keyring>,
    figures: Arc<Vec<Indicator>>,
    codes: Vec<String>,
}

#[derive(Serialize)]
struct Answer<T> {
    data: T,
}

fn json<T: Serialize>(data: T) -> HttpResponse {
    let body = serde_json::to_string(&Answer { data }).expect("JSON");
    HttpResponse::Ok().content_type("application/json").body(body)
}

/// Reads a row by the names of its fields.
macro_rules! from_row {
    ($name:ident: $($field:ident),*) => {
        impl sqlx::FromRow<'_, PgRow> for $name {
            fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: row.try_get(stringify!($field))?),* })
            }
        }
    };
}

fn global(aggregate: &str, id: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{aggregate}:{id}"))
}

fn money(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    masked: bool,
    name: String,
    id_kind: String,
    id_number: String,
    sex: String,
    birth_decade: Option<String>,
    ethnicity: Option<String>,
    residence: Option<String>,
    phone: Option<String>,
}

#[derive(Serialize)]
struct NodeAnswer {
    node: Person,
}

type PersonRow =
    (String, Vec<u8>, Vec<u8>, String, String, Option<NaiveDate>, Option<String>, Option<String>, Option<Vec<u8>>);

async fn person(id: web::Path<i64>, shared: web::Data<Shared>) -> HttpResponse {
    let row: PersonRow = sqlx::query_as(
        "SELECT id_kind, id_number, key_salt, name, sex, birth_date, ethnicity, residence, phone FROM person \
         WHERE id = $1 AND NOT voided",
    )
    .bind(*id)
    .fetch_one(&shared.db)
    .await
    .expect("a person");
    let (id_kind, id_number, salt, name, sex, birth, ethnicity, residence, phone) = row;
    let open = |field: &str, blob: &[u8]| shared.keys.open(&salt, field, blob).expect("a sealed value");
    json(NodeAnswer {
        node: Person {
            id: global("Person", *id),
            masked: true,
            name: mask::name(&name),
            id_kind,
            id_number: mask::id_number(&open("person.id_number", &id_number)),
            sex,
            birth_decade: birth.map(mask::birth),
            ethnicity,
            residence,
            phone: phone.map(|phone| mask::phone(&open("person.phone", &phone))),
        },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Covered {
    name: String,
    id_number: String,
}

#[derive(Serialize)]
struct CoveredPerson {
    person: Covered,
}

#[derive(Serialize)]
struct Household {
    number: String,
    area: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    number: String,
    paid_on: NaiveDate,
    amount: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recognition {
    number: String,
    category: String,
    division: String,
    effective_from: NaiveDate,
    monthly_amount: Option<String>,
    persons: Vec<CoveredPerson>,
    household: Household,
    payments: Vec<Payment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    nodes: Vec<Recognition>,
    page_info: PageInfo,
}

#[derive(Serialize)]
struct RecognitionsAnswer {
    recognitions: Connection,
}

struct RecognitionRow {
    id: i64,
    number: String,
    category: String,
    division: String,
    effective_from: NaiveDate,
    monthly_fen: Option<i64>,
    household: String,
    area: String,
    name: String,
    id_number: Vec<u8>,
    key_salt: Vec<u8>,
    payment: Option<String>,
    paid_on: Option<NaiveDate>,
    amount_fen: Option<i64>,
}

from_row! {
    RecognitionRow: id, number, category, division, effective_from, monthly_fen, household, area, name, id_number, key_salt,
    payment, paid_on, amount_fen
}

/// A page after a number; each recognition covers one person here.
async fn recognitions(after: web::Path<(String, i64)>, shared: web::Data<Shared>) -> HttpResponse {
    let mut rows: Vec<RecognitionRow> = sqlx::query_as(
        "SELECT r.id, r.number, r.category, r.division, r.effective_from, r.monthly_fen, h.number AS household, h.area, \
         p.name, p.id_number, p.key_salt, l.number AS payment, l.paid_on, l.amount_fen \
         FROM (SELECT * FROM recognition WHERE (number, id) > ($1, $2) AND division >= '430104' \
         AND division < '430105' AND NOT voided ORDER BY number, id LIMIT 51) r \
         JOIN household h ON h.id = r.household_id \
         JOIN recognition_person c ON c.recognition_id = r.id AND NOT c.voided JOIN person p ON p.id = c.person_id \
         LEFT JOIN LATERAL (SELECT number, paid_on, amount_fen FROM payment WHERE basis_id = r.id AND NOT voided \
         ORDER BY paid_on DESC, id DESC LIMIT 1) l ON true ORDER BY r.number, r.id",
    )
    .bind(&after.0)
    .bind(after.1)
    .fetch_all(&shared.db)
    .await
    .expect("recognitions");
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let end = rows
        .last()
        .map(|row| URL_SAFE_NO_PAD.encode(serde_json::json!(["Recognition.number", row.number, row.id]).to_string()));
    let nodes = rows.into_iter().map(|row| {
        let number = shared.keys.open(&row.key_salt, "person.id_number", &row.id_number).expect("a sealed value");
        let payment = row.payment.zip(row.paid_on).zip(row.amount_fen);
        Recognition {
            number: row.number,
            category: row.category,
            division: row.division,
            effective_from: row.effective_from,
            monthly_amount: row.monthly_fen.map(money),
            persons: vec![CoveredPerson {
                person: Covered { name: mask::name(&row.name), id_number: mask::id_number(&number) },
            }],
            household: Household { number: row.household, area: row.area },
            payments: payment
                .map(|((number, paid_on), fen)| Payment { number, paid_on, amount: money(fen) })
                .into_iter()
                .collect(),
        }
    });
    let connection =
        Connection { nodes: nodes.collect(), page_info: PageInfo { has_next_page: more, end_cursor: end } };
    json(RecognitionsAnswer { recognitions: connection })
}

#[derive(Serialize)]
struct Elder {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Visit {
    number: String,
    /// Masked: it tells of health.
    kind: Option<String>,
    started_at: String,
    state: String,
    person: Elder,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bed {
    number: String,
    started_on: NaiveDate,
    visits: Vec<Visit>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Centre {
    number: String,
    name: String,
    home_care_beds: Vec<Bed>,
}

#[derive(Serialize)]
struct Centres {
    nodes: Vec<Centre>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CentresAnswer {
    care_centres: Centres,
}

struct VisitRow {
    centre: String,
    centre_name: String,
    bed: String,
    started_on: NaiveDate,
    number: String,
    started_at: DateTime<Utc>,
    state: String,
    elder: String,
}

from_row! { VisitRow: centre, centre_name, bed, started_on, number, started_at, state, elder }

/// 20 centres after a number, 10 beds of each, the last 3 visits to each; each bed has some.
async fn centres(after: web::Path<(String, i64)>, shared: web::Data<Shared>) -> HttpResponse {
    let rows: Vec<VisitRow> = sqlx::query_as(
        "SELECT c.number AS centre, c.name AS centre_name, b.number AS bed, b.started_on, v.number, v.started_at, \
         v.state, p.name AS elder \
         FROM (SELECT id, number, name FROM care_centre WHERE (number, id) > ($1, $2) AND NOT voided \
         ORDER BY number, id LIMIT 20) c \
         CROSS JOIN LATERAL (SELECT id, number, started_on FROM home_care_bed WHERE centre_id = c.id AND NOT voided \
         AND division >= '430104' AND division < '430105' ORDER BY started_on DESC, id DESC LIMIT 10) b \
         CROSS JOIN LATERAL (SELECT * FROM home_visit WHERE bed_id = b.id AND NOT voided AND division >= '430104' \
         AND division < '430105' ORDER BY started_at DESC, id DESC LIMIT 3) v JOIN person p ON p.id = v.person_id \
         ORDER BY c.number, c.id, b.started_on DESC, b.id DESC, v.started_at DESC, v.id DESC",
    )
    .bind(&after.0)
    .bind(after.1)
    .fetch_all(&shared.db)
    .await
    .expect("visits");
    let china = FixedOffset::east_opt(8 * 3600).expect("an offset");
    let mut nodes: Vec<Centre> = Vec::new();
    for row in rows {
        if nodes.last().is_none_or(|centre| centre.number != row.centre) {
            nodes.push(Centre { number: row.centre, name: row.centre_name, home_care_beds: Vec::new() });
        }
        let beds = &mut nodes.last_mut().expect("a centre").home_care_beds;
        if beds.last().is_none_or(|bed| bed.number != row.bed) {
            beds.push(Bed { number: row.bed, started_on: row.started_on, visits: Vec::new() });
        }
        beds.last_mut().expect("a bed").visits.push(Visit {
            number: row.number,
            kind: None,
            started_at: row.started_at.with_timezone(&china).to_rfc3339(),
            state: row.state,
            person: Elder { name: mask::name(&row.elder) },
        });
    }
    json(CentresAnswer { care_centres: Centres { nodes } })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figure<'a> {
    code: &'a str,
    name: &'a str,
    unit: &'a str,
    value: Option<String>,
    amount: Option<String>,
    display: String,
    year_on_year: Option<String>,
}

#[derive(Serialize)]
struct Place {
    name: String,
}

#[derive(Serialize)]
struct Figures<'a> {
    division: Place,
    figures: Vec<Figure<'a>>,
}

#[derive(Serialize)]
struct FiguresAnswer<'a> {
    figures: Figures<'a>,
}

struct Sums {
    place: String,
    code: String,
    flow: i64,
    flow_then: i64,
    stock: i64,
    stock_then: i64,
    units: i64,
    units_then: i64,
    /// Cells that there are of it at all: without any it was never reported, but for what is one of many payments.
    cells: i64,
}

from_row! { Sums: place, code, flow, flow_then, stock, stock_then, units, units_then, cells }

fn day(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).expect("a date")
}

/// The first half-year of 2023 beside that of 2022.
async fn figures(shared: web::Data<Shared>) -> HttpResponse {
    let sums: Vec<Sums> = sqlx::query_as(
        "SELECT d.name AS place, k.code, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'MONTH' AND c.starts_on >= $3 AND c.starts_on < $4), 0)::bigint AS flow, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'MONTH' AND c.starts_on >= $5 AND c.starts_on < $6), 0)::bigint AS flow_then, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'MONTH' AND c.starts_on < $4), 0)::bigint AS stock, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'MONTH' AND c.starts_on < $6), 0)::bigint AS stock_then, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'HALF' AND c.starts_on = $3), 0)::bigint AS units, \
         COALESCE(SUM(c.value) FILTER (WHERE c.grain = 'HALF' AND c.starts_on = $5), 0)::bigint AS units_then, \
         COUNT(c.code) + CASE WHEN k.code = 'F8' AND EXISTS (SELECT 1 FROM payment WHERE division >= '430104' \
         AND division < '430105') THEN 1 ELSE 0 END AS cells \
         FROM division d CROSS JOIN unnest($2::text[]) k(code) LEFT JOIN figure_cell c \
         ON c.level = 'DISTRICT' AND c.division = $1 AND c.code = k.code \
         WHERE d.code = $1 AND NOT d.voided GROUP BY d.name, k.code",
    )
    .bind("430104000000")
    .bind(&shared.codes)
    .bind(day(2023, 1))
    .bind(day(2023, 7))
    .bind(day(2022, 1))
    .bind(day(2022, 7))
    .fetch_all(&shared.db)
    .await
    .expect("cells");
    let place = sums.first().map(|sums| sums.place.clone()).unwrap_or_default();
    let figures = shared.figures.iter().map(|of| {
        let sums = sums.iter().find(|sums| sums.code == of.code).expect("a row for each code");
        let (scale, is_money) = match of.unit.as_str() {
            "万元" => (1_000_000, true),
            "元" => (100, true),
            _ => (1, false),
        };
        let numbers = match of.kind.as_str() {
            "FLOW" => Some((sums.flow, sums.flow_then)),
            "STOCK" => Some((sums.stock, sums.stock_then)),
            "DISTINCT" => Some((sums.units, sums.units_then)),
            _ => None,
        }
        .filter(|_| sums.cells > 0);
        let nothing = if of.kind == "TEXT" { place.as_str() } else { "—" };
        let value = numbers.map(|(now, _)| rounded(now.into(), scale, of.decimals));
        Figure {
            code: &of.code,
            name: &of.name,
            unit: &of.unit,
            display: value.as_deref().map_or_else(|| nothing.to_owned(), grouped),
            value,
            amount: numbers.filter(|_| is_money).map(|(now, _)| money(now)),
            year_on_year: numbers.and_then(|(now, then)| growth(now, then)),
        }
    });
    json(FiguresAnswer { figures: Figures { figures: figures.collect(), division: Place { name: place.clone() } } })
}

/// Serves until it is killed; prints its address first.
pub async fn serve(url: &str, keys: &Path, catalogue: &Path) {
    let keys = Arc::new(Keyring::load(keys).expect("the keys"));
    let figures: Vec<Indicator> =
        serde_json::from_str(&std::fs::read_to_string(catalogue).expect("the catalogue")).expect("the catalogue");
    let figures = Arc::new(figures);
    let url = url.to_owned();
    let server = HttpServer::new(move || {
        // Of each worker: half of the connections that the program has for reads.
        let db =
            PgPoolOptions::new().max_connections(6).test_before_acquire(false).connect_lazy(&url).expect("an address");
        let codes = figures.iter().map(|of| of.code.clone()).collect();
        App::new()
            .app_data(web::Data::new(Shared { db, keys: keys.clone(), figures: figures.clone(), codes }))
            .route("/person/{id}", web::get().to(person))
            .route("/recognitions/{number}/{id}", web::get().to(recognitions))
            .route("/centres/{number}/{id}", web::get().to(centres))
            .route("/figures", web::get().to(self::figures))
    })
    .workers(2)
    .bind("127.0.0.1:0")
    .expect("an address");
    println!("http://{}", server.addrs()[0]);
    server.run().await.expect("served");
}
