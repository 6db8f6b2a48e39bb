//! `/reports/{id}.md|docx|json`: published reports for everybody, drafts by an address that is
//! signed for a session that may read them. `/figures.csv` and
//! `/figures.json`: the published figures of the district served. A client that has them already is told so by 304.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use entity::figures::periodic_report::{Column, Entity};
use minzheng_figures::report::{ReportFormat, compose, document, docx, published};
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::{State, counted, local_id};
use minzheng_kernel::files::Verb;
use minzheng_kernel::{Fault, Lang, Text, Viewer};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::ask::Shared;
use super::bounds::Payer;
use super::client::Client;
use super::graphql::{header_text, status};
use super::held::{Signed, holder_of};
use super::viewer::Asking;

/// What is answered: content, its media type, and the name under which it is saved.
struct Answered {
    content: Vec<u8>,
    media_type: &'static str,
    name: Option<String>,
    public: bool,
}

/// Why not: status, code, text.
type No = (u16, &'static str, &'static str);

/// A report in a format; who cannot see it is told that there is none.
async fn report(state: &State, name: &str, signed: Option<(Signed, Asking)>) -> Result<Option<Answered>, Fault> {
    let found = name.rsplit_once('.').and_then(|(id, ending)| {
        let (_, id) = local_id(id).filter(|(aggregate, _)| aggregate == "PeriodicReport")?;
        Some((id, ReportFormat::find(ending)?))
    });
    let Some((id, format)) = found else { return Ok(None) };
    let today = state.kernel.clock.today();
    let holder = match signed {
        Some((signed, asking)) => holder_of(state, Verb::Get, name, &signed, asking).await?,
        None => None,
    };
    let viewer = holder.unwrap_or_else(|| Viewer::anonymous(&POLICY, today));
    let select = viewer.select::<Entity>().filter(Column::Id.eq(id));
    let Some(row) = select.one(state.kernel.db.read()).await? else { return Ok(None) };
    let content = compose::content(state, &viewer, &row).await?;
    let bytes = match format {
        ReportFormat::Markdown => document::markdown(&content).into_bytes(),
        ReportFormat::Docx => docx::docx(&content)?,
        ReportFormat::Json => serde_json::to_vec_pretty(&document::json(&content, Some(row.id)))?,
    };
    let mark = if content.is_draft() { document::DRAFT } else { "" };
    let name = format!("{}{mark}.{}", content.title(), format.ending());
    Ok(Some(Answered { content: bytes, media_type: format.media_type(), name: Some(name), public: row.published }))
}

/// `GET /reports/{id}.{md|docx|json}`
pub async fn get(
    request: HttpRequest,
    name: web::Path<String>,
    query: Option<web::Query<Signed>>,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let asking = Asking {
        authorization: header_text(&request, "authorization").map(str::to_owned),
        request_id: Client::of(&request, &shared.state.config.trusted_proxies).request_id,
        ..Asking::default()
    };
    let signed = query.map(|query| (query.into_inner(), asking));
    Box::pin(answer(&request, &shared, |state| async move { report(&state, &name, signed).await })).await
}

/// `GET /figures.csv`
pub async fn csv(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, &shared, |state| async move {
        let viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
        let content = published::csv(&state, &viewer, &served(&state)).await?;
        Ok(Some(Answered { content, media_type: "text/csv; charset=utf-8", name: None, public: true }))
    })
    .await
}

/// `GET /figures.json`
pub async fn figures(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, &shared, |state| async move {
        let viewer = Viewer::anonymous(&POLICY, state.kernel.clock.today());
        let content = serde_json::to_vec(&published::json(&state, &viewer, &served(&state)).await?)?;
        let media_type = ReportFormat::Json.media_type();
        Ok(Some(Answered { content, media_type, name: None, public: true }))
    })
    .await
}

/// The district served, 12 digits.
fn served(state: &State) -> String {
    format!("{:0<12}", state.config.district.as_deref().unwrap_or_default())
}

async fn answer<F, W>(request: &HttpRequest, shared: &Shared, work: F) -> HttpResponse
where
    F: FnOnce(std::sync::Arc<State>) -> W,
    W: Future<Output = Result<Option<Answered>, Fault>> + Send + 'static,
{
    let client = Client::of(request, &shared.state.config.trusted_proxies);
    let lang = Lang::accepted(header_text(request, "accept-language"));
    let no = |(code, name, key): No| {
        let text = Text::of(key).with("seconds", 1).say(lang);
        let errors = json!({ "errors": [{ "message": text, "extensions": { "code": name } }] });
        HttpResponse::build(status(code))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("x-request-id", client.request_id.as_str()))
            .json(errors)
    };
    if shared.per_address.admit(&counted(client.address)).is_err() {
        return no((429, "RATE_LIMITED", "rate-limited"));
    }
    let payer = Payer::Address(counted(client.address));
    if shared.budget.admit(&payer).is_err() {
        return no((429, "RATE_LIMITED", "rate-limited"));
    }
    // Nothing too where the database went away meanwhile.
    let answered = shared.unless_away(shared.within(payer, work(shared.state.clone()))).await.flatten();
    let answered = match answered {
        Some(Ok(Some(answered))) => answered,
        Some(Ok(None)) => return no((404, "NOT_FOUND", "not-found")),
        None => return no((503, "UNAVAILABLE", "unavailable")),
        Some(Err(fault)) => {
            tracing::error!(%fault, "a report could not be served");
            return no((500, "INTERNAL", "internal"));
        }
    };
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(&answered.content)).get(..32).unwrap_or_default());
    let caching = if answered.public { "public, max-age=60" } else { "private, no-store" };
    let known = header_text(request, "if-none-match").is_some_and(|given| {
        given.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
    });
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header(("x-request-id", client.request_id.as_str()));
    if known {
        return response.finish();
    }
    if let Some(name) = answered.name {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let name = name.replace('+', "%20");
        response.insert_header((header::CONTENT_DISPOSITION, format!("inline; filename*=UTF-8''{name}")));
    }
    response
        .insert_header((header::CONTENT_TYPE, answered.media_type))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(answered.content)
}
