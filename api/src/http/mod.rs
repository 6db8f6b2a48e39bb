//! Routes and middleware: GraphQL over HTTP, health, the schema. Every answer carries a request id.

pub mod viewer;

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use async_graphql::{Response, ServerError};
use minzheng_kernel::{Lang, Text};
use serde_json::json;

use crate::graphql::guard::http::{check_content_type, is_request_error, negotiate, status_of};
use crate::graphql::guard::persisted::{Documents, Mode};
use crate::graphql::guard::table::SdlTable;
use crate::graphql::guard::{self, Guard, Limits, Media, Method, Params, Refused};
use crate::graphql::load::loader;
use crate::graphql::prices::PRICES;
use crate::graphql::{Schema, State, schema};
use viewer::{Asking, Unheard};

/// Bytes of documents that clients may leave with us to send only their hash afterwards.
const PERSISTED_BYTES: usize = 4 << 20;

struct Shared {
    state: Arc<State>,
    schema: Schema,
    guard: Guard,
    documents: Documents,
}

/// Serves until the process is told to stop; commands that run are finished first.
pub async fn serve(state: Arc<State>, ready: impl FnOnce(&str)) -> Result<(), std::io::Error> {
    let limits = Limits::default();
    let body_most = usize::try_from(limits.body_bytes).unwrap_or(usize::MAX);
    let table = SdlTable::new(&schema(None).sdl(), PRICES.iter().copied()).map_err(std::io::Error::other)?;
    let shared = web::Data::new(Shared {
        schema: schema(Some(state.clone())),
        state: state.clone(),
        guard: Guard::new(limits, table),
        documents: Documents::new(Mode::Any, std::iter::empty::<String>(), PERSISTED_BYTES),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(web::PayloadConfig::new(body_most))
            .route("/graphql", web::post().to(graphql_post))
            .route("/graphql", web::get().to(graphql_get))
            .route("/healthz", web::get().to(|| async { HttpResponse::Ok().body("ok\n") }))
            .route("/readyz", web::get().to(ready_or_why))
            .route("/schema.graphql", web::get().to(sdl))
    })
    .workers(2)
    .shutdown_timeout(20)
    .bind(&state.config.listen)?;
    let address = server.addrs().first().map(ToString::to_string).unwrap_or_default();
    ready(&address);
    let kernel = state.kernel.clone();
    let sealing = tokio::spawn({
        let kernel = kernel.clone();
        async move { kernel.seal_forever().await }
    });
    server.run().await?;
    kernel.db.drained().await;
    sealing.abort();
    if let Err(fault) = kernel.sealer.seal().await {
        tracing::error!(%fault, "the journal could not be sealed before the stop");
    }
    Ok(())
}

async fn sdl() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(schema(None).sdl())
}

/// 200 when requests can be served, 503 with the reasons when not.
async fn ready_or_why(shared: web::Data<Shared>) -> HttpResponse {
    let kernel = &shared.state.kernel;
    let mut reasons = Vec::new();
    match kernel.schema_is_current().await {
        Ok(true) => {}
        Ok(false) => reasons.push("the schema is not up to date: run `minzheng migrate`".to_owned()),
        Err(_) => reasons.push("the database does not answer".to_owned()),
    }
    if reasons.is_empty() {
        HttpResponse::Ok().json(json!({ "ready": true }))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reasons": reasons }))
    }
}

fn header_text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

async fn graphql_post(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, &shared, Method::Post, Some(&body)).await
}

async fn graphql_get(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    answer(&request, &shared, Method::Get, None).await
}

/// A question that is not put to the engine.
enum Denied {
    /// The guard refused it.
    Guard { refused: Refused, media: Media, allow: bool },
    /// Who asks cannot be told.
    Viewer { unheard: Unheard, media: Media },
}

async fn answer(request: &HttpRequest, shared: &Shared, method: Method, body: Option<&[u8]>) -> HttpResponse {
    let id = request_id();
    let lang = Lang::accepted(header_text(request, "accept-language"));
    let (media, response) = match ask(request, shared, method, body, lang, &id).await {
        Ok(done) => done,
        Err(Denied::Viewer { unheard, media }) => {
            let error = json!({ "message": unheard.text.say(lang), "extensions": { "code": unheard.code } });
            return HttpResponse::build(status(unheard.status))
                .insert_header((header::CONTENT_TYPE, media.content_type()))
                .insert_header(("x-request-id", id))
                .body(json!({ "errors": [error] }).to_string());
        }
        Err(Denied::Guard { refused, media, allow }) => {
            let lang = if lang == Lang::Zh { guard::Lang::Zh } else { guard::Lang::En };
            let mut builder = HttpResponse::build(status(refused.status(media)));
            if allow {
                builder.insert_header((header::ALLOW, Method::ALLOW_MUTATION));
            }
            return builder
                .insert_header((header::CONTENT_TYPE, media.content_type()))
                .insert_header(("x-request-id", id))
                .body(json!({ "errors": [refused.server_error(lang)] }).to_string());
        }
    };
    let text = if is_request_error(&response) {
        json!({ "errors": coded(response.errors.clone()), "extensions": response.extensions }).to_string()
    } else {
        serde_json::to_string(&response).unwrap_or_default()
    };
    HttpResponse::build(status(status_of(&response, media)))
        .insert_header((header::CONTENT_TYPE, media.content_type()))
        .insert_header(("x-request-id", id))
        .body(text)
}

async fn ask(
    request: &HttpRequest,
    shared: &Shared,
    method: Method,
    body: Option<&[u8]>,
    lang: Lang,
    id: &str,
) -> Result<(Media, Response), Denied> {
    let accepted = negotiate(header_text(request, "accept")).map_err(|refused| Denied::Guard {
        refused,
        media: Media::Json,
        allow: false,
    })?;
    let denied = |refused| Denied::Guard { refused, media: accepted.for_refusal(), allow: false };
    let guard = &shared.guard;
    let mut params = match body {
        Some(body) => {
            check_content_type(header_text(request, "content-type")).map_err(denied)?;
            Params::from_json(body, guard.limits()).map_err(denied)?
        }
        None => Params::from_query_string(request.query_string(), guard.limits()).map_err(denied)?,
    };
    let found = shared.documents.find(&params).map_err(denied)?;
    let variables = params.take_variables();
    let name = params.operation_name.as_deref();
    let checked = guard.check(&found.text, name, &variables).map_err(denied)?;
    shared.documents.keep(&found, &checked);
    method.allows(checked.operation_type()).map_err(|refused| Denied::Guard {
        refused,
        media: accepted.for_refusal(),
        allow: true,
    })?;
    let media = accepted.for_operation(checked.operation_type()).map_err(denied)?;
    let cost = checked.cost().extension();

    let asking = Asking {
        authorization: header_text(request, "authorization").map(str::to_owned),
        purpose: header_text(request, "minzheng-purpose").map(str::to_owned),
        case_number: header_text(request, "minzheng-case").map(str::to_owned),
        lang,
        request_id: id.to_owned(),
    };
    let viewer = viewer::viewer(&shared.state, asking).await;
    let viewer = Arc::new(viewer.map_err(|unheard| Denied::Viewer { unheard, media })?);
    let query = checked
        .into_request(name, variables)
        .data(viewer.clone())
        .data(loader(shared.state.kernel.clone(), viewer.clone()));
    let mut response = shared.schema.execute(query).await.extension("cost", cost);
    if let Err(fault) = minzheng_kernel::work::record_reads(&shared.state.kernel, &viewer).await {
        // What cannot be recorded is not shown.
        tracing::error!(%fault, "reads could not be recorded");
        let mut error = ServerError::new(Text::of("unavailable").say(lang), None);
        error.extensions.get_or_insert_default().set("code", "UNAVAILABLE");
        response = Response::from_errors(vec![error]);
    }
    Ok((media, response))
}

/// The engine's own refusals of a document carry no code.
fn coded(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    for error in &mut errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "VALIDATION");
        }
    }
    errors
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn request_id() -> String {
    minzheng_kernel::secrets::random_bytes::<8>().map_or_else(|_| "0".to_owned(), hex::encode)
}
