//! Routes and middleware: GraphQL over HTTP, health, the schema. Every answer carries a request id.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use async_graphql::Request;
use minzheng_kernel::{Lang, Viewer};
use serde_json::json;

use crate::graphql::{Schema, State, schema};
use crate::policy::POLICY;

/// Largest body taken, in bytes.
const BODY_MOST: usize = 1 << 20;

struct Shared {
    state: Arc<State>,
    schema: Schema,
}

/// Serves until the process is told to stop; commands that run are finished first.
pub async fn serve(state: Arc<State>, ready: impl FnOnce(&str)) -> Result<(), std::io::Error> {
    let shared = web::Data::new(Shared { schema: schema(Some(state.clone())), state: state.clone() });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(web::PayloadConfig::new(BODY_MOST))
            .route("/graphql", web::post().to(graphql))
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

async fn graphql(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let id = request_id();
    let bad = |message: &str| {
        HttpResponse::BadRequest()
            .insert_header(("x-request-id", id.clone()))
            .json(json!({ "errors": [{ "message": message, "extensions": { "code": "BAD_REQUEST" } }] }))
    };
    let Ok(query) = serde_json::from_slice::<Request>(&body) else {
        return bad("the body must be a JSON object with a query");
    };
    let mut viewer = Viewer::anonymous(&POLICY, today(&shared.state));
    viewer.lang = Lang::accepted(header_text(&request, "accept-language"));
    viewer.request_id = Some(id.clone());
    let viewer = Arc::new(viewer);
    let mut response = shared.schema.execute(query.data(viewer.clone())).await;
    if let Err(fault) = minzheng_kernel::work::record_reads(&shared.state.kernel, &viewer).await {
        // What cannot be recorded is not shown.
        tracing::error!(%fault, "reads could not be recorded");
        response = async_graphql::Response::from_errors(vec![async_graphql::ServerError::new("unavailable", None)]);
    }
    let wants_new_type = header_text(&request, "accept").is_some_and(|accept| accept.contains("graphql-response+json"));
    let media = if wants_new_type {
        "application/graphql-response+json; charset=utf-8"
    } else {
        "application/json; charset=utf-8"
    };
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, media)).insert_header(("x-request-id", id)).json(response)
}

fn today(state: &State) -> chrono::NaiveDate {
    state.kernel.clock.today()
}

fn request_id() -> String {
    minzheng_kernel::secrets::random_bytes::<8>()
        .map_or_else(|_| "0".to_owned(), |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
