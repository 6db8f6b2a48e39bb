//! GraphQL over HTTP: POST and GET, answered at once or as an event stream.

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::ServerError;
use futures_util::StreamExt as _;
use minzheng_ground::state::counted;
use minzheng_guard::http::{check_content_type, negotiate, status_of};
use minzheng_guard::refused::Reason;
use minzheng_guard::{Accepted, Media, Method, Params, Refused};
use minzheng_kernel::{Lang, Text};
use serde_json::json;

use super::ask::{Label, Ran, Shared, error, guard_lang, to_json, told};
use super::bounds::BODY_TIME;
use super::client::Client;
use super::sse;
use super::viewer::Asking;

/// A request that is not run, with the status that says so.
pub(super) struct Denied {
    status: u16,
    media: Media,
    errors: Vec<ServerError>,
    allow: Option<&'static str>,
    retry_after: Option<u64>,
}

impl Denied {
    fn refused(refused: &Refused, media: Media, lang: Lang) -> Self {
        Self {
            status: refused.status(media),
            media,
            errors: vec![refused.server_error(guard_lang(lang))],
            allow: None,
            retry_after: None,
        }
    }

    /// With a code and words of our own.
    pub(super) fn with(status: u16, media: Media, code: &str, message: String) -> Self {
        Self { status, media, errors: vec![error(code, message)], allow: None, retry_after: None }
    }

    /// One too many, to be tried again after so many seconds.
    fn too_often(media: Media, lang: Lang, seconds: u64) -> Self {
        let text = Text::of("rate-limited").with("seconds", seconds);
        Self { retry_after: Some(seconds), ..Self::with(429, media, "RATE_LIMITED", text.say(lang)) }
    }

    pub(super) fn response(self, request_id: &str) -> HttpResponse {
        let mut builder = HttpResponse::build(status(self.status));
        if let Some(allow) = self.allow {
            builder.insert_header((header::ALLOW, allow));
        }
        if let Some(seconds) = self.retry_after {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        builder
            .insert_header((header::CONTENT_TYPE, self.media.content_type()))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("x-request-id", request_id))
            .body(json!({ "errors": self.errors }).to_string())
    }
}

pub(super) fn header_text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

pub(super) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// `POST /graphql`
pub async fn post(request: HttpRequest, body: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, shared.into_inner(), Method::Post, Some(body)).await
}

/// `GET /graphql`
pub async fn get(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, shared.into_inner(), Method::Get, None).await
}

/// Any other method.
pub async fn other(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let client = Client::of(&request, &shared.state.config.trusted_proxies);
    let lang = Lang::accepted(header_text(&request, "accept-language"));
    let refused = Denied::refused(&Refused::new(Reason::Method), Media::Json, lang);
    Denied { allow: Some(Method::ALLOW), ..refused }.response(&client.request_id)
}

async fn answer(
    request: &HttpRequest,
    shared: Arc<Shared>,
    method: Method,
    body: Option<web::Payload>,
) -> HttpResponse {
    let began = Instant::now();
    let client = Client::of(request, &shared.state.config.trusted_proxies);
    let mut label = Label::default();
    let response = match ask(request, &shared, method, body, &client, &mut label).await {
        Ok(response) => response,
        Err(denied) => denied.response(&client.request_id),
    };
    told(&client.request_id, "http", response.status().as_u16(), &label, began);
    response
}

/// Reads a body that is not too long and does not take too long.
async fn read(mut body: web::Payload, most: u64, lang: Lang, media: Media) -> Result<Bytes, Denied> {
    let reading = async {
        let mut all = BytesMut::new();
        while let Some(chunk) = body.next().await {
            // A client that breaks off hears nothing of this answer.
            let chunk = chunk.map_err(|_| Refused::new(Reason::NotJson))?;
            let length = all.len() + chunk.len();
            if length as u64 > most {
                return Err(Refused::over(Reason::BodyBytes, length as u64, most));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    };
    let late = |_| {
        let text = Text::of("body-late").with("seconds", BODY_TIME.as_secs());
        Denied::with(408, media, "BAD_REQUEST", text.say(lang))
    };
    let read = tokio::time::timeout(BODY_TIME, reading).await.map_err(late)?;
    read.map_err(|refused| Denied::refused(&refused, media, lang))
}

async fn params(
    request: &HttpRequest,
    shared: &Shared,
    body: Option<web::Payload>,
    lang: Lang,
    media: Media,
) -> Result<Params, Denied> {
    let denied = |refused: Refused| Denied::refused(&refused, media, lang);
    let limits = shared.guard.limits();
    let Some(body) = body else {
        return Params::from_query_string(request.query_string(), limits).map_err(denied);
    };
    check_content_type(header_text(request, "content-type")).map_err(denied)?;
    let told = header_text(request, "content-length").and_then(|length| length.parse::<u64>().ok());
    if let Some(length) = told.filter(|length| *length > limits.body_bytes) {
        return Err(denied(Refused::over(Reason::BodyBytes, length, limits.body_bytes)));
    }
    let body = read(body, limits.body_bytes, lang, media).await?;
    Params::from_json(&body, limits).map_err(denied)
}

async fn ask(
    request: &HttpRequest,
    shared: &Arc<Shared>,
    method: Method,
    body: Option<web::Payload>,
    client: &Client,
    label: &mut Label,
) -> Result<HttpResponse, Denied> {
    let lang = Lang::accepted(header_text(request, "accept-language"));
    // Several headers of one name are one list.
    let accept: Vec<&str> = request.headers().get_all("accept").filter_map(|accept| accept.to_str().ok()).collect();
    let accepted = negotiate((!accept.is_empty()).then(|| accept.join(",")).as_deref())
        .map_err(|refused| Denied::refused(&refused, Media::Json, lang))?;
    let media = Accepted::for_refusal(accepted);
    if let Err(seconds) = shared.per_address.admit(&counted(client.address)) {
        return Err(Denied::too_often(media, lang, seconds));
    }
    let denied = |refused: Refused| Denied::refused(&refused, media, lang);
    let params = params(request, shared, body, lang, media).await?;
    let prepared = shared.prepare(params).map_err(denied)?;
    *label = prepared.label();
    let operation = prepared.operation_type();
    method.allows(operation).map_err(|refused| Denied { allow: Some(Method::ALLOW_MUTATION), ..denied(refused) })?;
    let media = accepted.for_operation(operation).map_err(denied)?;

    let asking = Asking {
        authorization: header_text(request, "authorization").map(str::to_owned),
        purpose: header_text(request, "minzheng-purpose").map(str::to_owned),
        case_number: header_text(request, "minzheng-case").map(str::to_owned),
        lang,
        request_id: client.request_id.clone(),
        address: Some(client.address),
    };
    let told = if media == Media::EventStream { accepted.for_refusal() } else { media };
    let viewer = shared.viewer(asking).await;
    let viewer = viewer.map_err(|unheard| Denied::with(unheard.status, told, unheard.code, unheard.text.say(lang)))?;
    let payer = shared.count(&viewer, client.address).map_err(|seconds| Denied::too_often(told, lang, seconds))?;
    if media == Media::EventStream {
        return sse::answer(shared, prepared, (viewer, payer), client, accepted.for_refusal()).await;
    }
    let Ran { response, unavailable } = shared.run(prepared, &viewer, payer).await;
    let code = match status_of(&response, media) {
        400 if unavailable => 503,
        code => code,
    };
    Ok(HttpResponse::build(status(code))
        .insert_header((header::CONTENT_TYPE, media.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-request-id", client.request_id.as_str()))
        .body(to_json(response)))
}
