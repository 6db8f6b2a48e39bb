//! Health, readiness, metrics, the schema.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use minzheng_kernel::Fault;
use serde_json::json;

use super::ask::Shared;
use super::client::{Client, is_in};

/// Upper ends of the buckets of durations, in seconds.
const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Installs the recorder of this process.
pub fn recorder() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    metrics::describe_counter!("minzheng_requests_total", "Requests and operations by way, kind and status");
    metrics::describe_histogram!("minzheng_request_seconds", metrics::Unit::Seconds, "Their durations");
    metrics::describe_counter!("minzheng_commands_total", "Commands by name and outcome");
    metrics::describe_counter!("minzheng_log_lines_lost_total", "Lines of the log that could not be written");
    metrics::describe_gauge!("minzheng_connections", "Open WebSockets and event streams");
    metrics::describe_gauge!("minzheng_journal_sealed_position", "Position of the last sealed journal entry");
    metrics::describe_gauge!("minzheng_journal_unsealed_entries", "Committed journal entries not sealed yet");
    metrics::describe_gauge!("minzheng_probe_age_seconds", "Since a probe was last written, committed and read back");
    metrics::describe_counter!("minzheng_probes_failed_total", "Probes that were not kept");
    metrics::describe_counter!("minzheng_jobs_total", "Jobs by kind and outcome");
    metrics::describe_gauge!(
        "minzheng_journal_refused_entries",
        "Entries in the journal's table that this program did not write"
    );
    Ok(handle)
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// `GET /readyz`: 200 when requests can be served, 503 with the reasons when not; tells how long ago a probe was written,
/// committed and read back.
pub async fn readyz(shared: web::Data<Shared>) -> HttpResponse {
    let kernel = &shared.state.kernel;
    let health = kernel.db.health();
    let mut reasons = Vec::new();
    if *shared.closing.borrow() {
        reasons.push("the server stops".to_owned());
    }
    reasons.extend(health.trouble());
    let checked = shared.main.spawn({
        let kernel = kernel.clone();
        async move {
            let current = kernel.schema_is_current().await?;
            Ok::<_, Fault>((current, if current { kernel.db.refused_entries().await? } else { 0 }))
        }
    });
    let checked = shared.unless_away(checked).await;
    match &checked {
        Some(Ok(Ok((true, _)))) | None => {}
        Some(Ok(Ok((false, _)))) => reasons.push("the schema is not up to date: run `minzheng migrate`".to_owned()),
        Some(_) => reasons.push("the database does not answer".to_owned()),
    }
    let proved = health.proved().map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    if reasons.is_empty() {
        let mut told = json!({ "ready": true, "probeAgeMs": proved });
        // Not a reason to stop: somebody else wrote into the database, and all that is told is told as before.
        if let Some(Ok(Ok((_, refused @ 1..)))) = checked
            && let Some(told) = told.as_object_mut()
        {
            told.insert("refusedEntries".to_owned(), refused.into());
        }
        HttpResponse::Ok().json(told)
    } else {
        HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "reasons": reasons, "probeAgeMs": proved }))
    }
}

/// `GET /metrics`, for the addresses on the list; for others it is not there.
pub async fn metrics(
    request: HttpRequest,
    shared: web::Data<Shared>,
    handle: web::Data<PrometheusHandle>,
) -> HttpResponse {
    let config = &shared.state.config;
    if !is_in(&config.metrics_from, Client::of(&request, &config.trusted_proxies).address) {
        return HttpResponse::NotFound().finish();
    }
    metrics::counter!("minzheng_log_lines_lost_total").absolute(crate::log::lost());
    let kernel = shared.state.kernel.clone();
    let db = &kernel.db;
    if let Some(age) = db.health().proved() {
        metrics::gauge!("minzheng_probe_age_seconds").set(age.as_secs_f64());
    }
    let numbers = async {
        [
            ("minzheng_journal_sealed_position", db.sealed_position().await),
            ("minzheng_journal_unsealed_entries", db.unsealed_entries().await),
            ("minzheng_journal_refused_entries", db.refused_entries().await),
        ]
    };
    // Without the database the other numbers are wanted all the more.
    for (name, number) in shared.unless_away(numbers).await.into_iter().flatten() {
        if let Ok(number) = number {
            #[allow(clippy::cast_precision_loss)] // a gauge is a float
            metrics::gauge!(name).set(number as f64);
        }
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
}

/// `GET /schema.graphql`, where the schema may be explored: elsewhere it is not told, as by introspection.
pub async fn sdl(shared: web::Data<Shared>) -> HttpResponse {
    if !shared.state.explored() {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(shared.sdl.clone())
}

/// `GET /.well-known/jwks.json`: the public keys of access tokens, for whoever has to check them.
pub async fn jwks(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .json(shared.state.kernel.tokens.jwks())
}
