//! Routes and middleware: GraphQL over HTTP, event streams and WebSockets, health, metrics, the explorer, the big screen.

pub mod ask;
mod assets;
pub mod bounds;
pub mod client;
mod docs;
mod documents;
mod explorer;
mod files;
pub mod graphql;
mod health;
mod held;
mod reports;
mod screen;
mod sse;
pub mod viewer;
pub mod ws;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::http::header;
use actix_web::middleware::Compress;
use actix_web::{App, HttpResponse, HttpServer, Route, guard, web};
use ask::Shared;
use bounds::{Budget, Connections, FORGET_EVERY, Income, Rate, WRITE_TIME};
use minzheng_ground::config::Config;
use minzheng_ground::state::State;
use minzheng_guard::table::SdlTable;
use minzheng_guard::{Guard, Limits};
use minzheng_kernel::{Fault, Lang, Text};
use serde_json::json;
use socket2::{Domain, Protocol, Socket, Type};

use crate::schema::prices::PRICES;
use crate::schema::schema;

/// Connections that wait to be taken.
const BACKLOG: i32 = 1024;
/// How often what is over is swept out of the database.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Serves at an address until the process is told to stop; commands that run are finished first.
pub async fn serve(state: Arc<State>, listener: TcpListener, ready: impl FnOnce(&str)) -> Result<(), std::io::Error> {
    let other = std::io::Error::other::<Box<dyn std::error::Error + Send + Sync>>;
    let limits = Limits::default();
    let sdl = crate::schema::sdl();
    let table = SdlTable::new(&sdl, PRICES.iter().copied()).map_err(|e| other(e.into()))?;
    let config = &state.config;
    let (close, closing) = tokio::sync::watch::channel(false);
    let shared = web::Data::new(Shared {
        schema: schema(Some(state.clone())),
        sdl,
        state: state.clone(),
        guard: Guard::new(limits, table),
        documents: documents::known(config).map_err(|e| other(e.into()))?,
        connections: Connections::new(config.connections_per_address),
        per_address: Rate::new(config.rate_per_address),
        per_account: Rate::new(config.rate_per_account),
        budget: Arc::new(Budget::new(
            Income { work: config.work_per_address, statements: config.statements_per_address },
            Income { work: config.work_per_account, statements: config.statements_per_account },
            state.kernel.db.turns(),
        )),
        closing,
        main: tokio::runtime::Handle::current(),
    });
    let map = screen::Map::read(config.screen_map.as_deref()).map_err(|e| other(e.into()))?;
    let map = web::Data::new(map);
    let recorder = web::Data::new(health::recorder().map_err(|e| other(e.into()))?);
    let address = listener.local_addr()?;

    let server = HttpServer::new({
        let (shared, recorder, map) = (shared.clone(), recorder.clone(), map.clone());
        move || {
            App::new()
                .app_data(shared.clone())
                .app_data(recorder.clone())
                .app_data(map.clone())
                .wrap(cors(&shared.state.config))
                .service(
                    web::resource("/graphql")
                        .route(web::post().to(graphql::post))
                        .route(web::get().to(graphql::get))
                        .default_service(web::to(graphql::other)),
                )
                .route("/graphql/ws", web::get().to(ws::open))
                .route("/graphiql", read().to(explorer::folder))
                .service(
                    web::resource("/graphiql/{path:.*}").wrap(Compress::default()).route(read().to(explorer::serve)),
                )
                .route("/screen", read().to(screen::folder))
                .service(web::resource("/screen/map").wrap(Compress::default()).route(read().to(screen::map)))
                .service(web::resource("/screen/{path:.*}").wrap(Compress::default()).route(read().to(screen::serve)))
                .route("/", read().to(docs::root))
                .route("/favicon.ico", read().to(docs::icon))
                .route("/docs", read().to(docs::first))
                .route("/docs/", read().to(docs::folder))
                .route("/docs/{language}", read().to(docs::language))
                .route("/docs/{language}/{page:[^/]*}", read().to(docs::page))
                .route("/files/{id}", web::put().to(files::put))
                .route("/files/{id}", read().to(files::get))
                .route("/reports/{name}", read().to(reports::get))
                .route("/figures.csv", read().to(reports::csv))
                .route("/figures.json", read().to(reports::figures))
                .route("/healthz", read().to(health::healthz))
                .route("/readyz", read().to(health::readyz))
                .route("/metrics", read().to(health::metrics))
                .route("/schema.graphql", read().to(health::sdl))
                .route("/.well-known/jwks.json", read().to(health::jwks))
        }
    })
    .workers(2)
    .shutdown_timeout(20)
    .disable_signals()
    .listen(listener)?
    .run();
    ready(&address.to_string());

    let kernel = state.kernel.clone();
    let sealing = tokio::spawn({
        let kernel = kernel.clone();
        async move { kernel.seal_forever().await }
    });
    let counting = tokio::spawn({
        let kernel = kernel.clone();
        async move { minzheng_figures::projector::follow(&kernel).await }
    });
    // What a process that was killed left of its work.
    let emptying = kernel.clone();
    match tokio::task::spawn_blocking(move || emptying.files.empty_scratch()).await.map_err(Fault::internal) {
        Ok(Ok(left)) if left > 0 => tracing::info!(left, "what a killed process left in scratch was deleted"),
        Ok(Ok(_)) => {}
        Ok(Err(fault)) | Err(fault) => tracing::warn!(%fault, "scratch could not be emptied"),
    }
    let working = tokio::spawn(minzheng_exchange::job::work_forever(state.clone()));
    let probing = tokio::spawn({
        let kernel = kernel.clone();
        async move { kernel.db.probe_forever(kernel.clock).await }
    });
    let sweeping = tokio::spawn({
        let kernel = kernel.clone();
        async move {
            loop {
                if let Err(fault) = minzheng_kernel::commands::forget_keys(&kernel).await {
                    tracing::warn!(%fault, "old idempotency keys could not be swept away");
                }
                tokio::time::sleep(SWEEP_EVERY).await;
            }
        }
    });
    let tidying = tokio::spawn(minzheng_exchange::upkeep::tidy_forever(kernel.clone(), state.config.clone()));
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(FORGET_EVERY).await;
            shared.per_address.forget();
            shared.per_account.forget();
            shared.budget.forget();
            recorder.run_upkeep();
        }
    });
    let stopping = tokio::spawn({
        let handle = server.handle();
        async move {
            told_to_stop().await;
            // Long connections first: the others are waited for.
            close.send_replace(true);
            handle.stop(true).await;
        }
    });
    server.await?;
    stopping.abort();
    upkeep.abort();
    sweeping.abort();
    probing.abort();
    tidying.abort();
    working.abort();
    // Ended before its jobs are let go of.
    let _ = working.await;
    kernel.db.drained().await;
    if let Err(fault) = kernel.release_jobs().await {
        tracing::warn!(%fault, "jobs could not be let go of; they are taken up when their leases are over");
    }
    counting.abort();
    sealing.abort();
    if let Err(fault) = kernel.sealer.seal().await {
        tracing::error!(%fault, "the journal could not be sealed before the stop");
    }
    Ok(())
}

/// A route for reading: HEAD is answered as GET, without the body.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Ends when the process is asked to stop, from the terminal or by its keeper.
pub async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminated) => terminated.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = interrupted => {}
        _ = terminated => {}
    }
}

/// Answers that nothing is available yet, until the database is there: what watches over the process sees that it lives.
pub async fn hold<T>(listener: TcpListener, until: impl Future<Output = T>) -> Result<T, std::io::Error> {
    let unavailable = || async {
        let text = Text::of("unavailable").say(Lang::default());
        HttpResponse::ServiceUnavailable()
            .insert_header((header::RETRY_AFTER, "1"))
            .json(json!({ "errors": [{ "message": text, "extensions": { "code": "UNAVAILABLE" } }] }))
    };
    let server = HttpServer::new(move || {
        App::new().route("/healthz", web::get().to(health::healthz)).default_service(web::to(unavailable))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let holding = tokio::spawn(server);
    let came = until.await;
    handle.stop(false).await;
    let _ = holding.await;
    Ok(came)
}

/// A listener whose connections are cut when the client does not take what was sent to it: the web framework has no
/// time limit of its own for writing.
pub fn listen(address: &str) -> Result<TcpListener, std::io::Error> {
    let mut last = std::io::Error::other("no address to listen on");
    for address in std::net::ToSocketAddrs::to_socket_addrs(address)? {
        let bound = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)).and_then(|socket| {
            socket.set_reuse_address(true)?;
            #[cfg(any(target_os = "linux", target_os = "android"))]
            socket.set_tcp_user_timeout(Some(WRITE_TIME))?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            Ok(socket)
        });
        match bound {
            Ok(socket) => return Ok(socket.into()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Pages of the origins on the list may call; credentials are tokens in a header, so cookies are not let through.
fn cors(config: &Config) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT"])
        .allowed_headers([
            "accept",
            "accept-language",
            "authorization",
            "content-range",
            "content-type",
            "if-none-match",
            "minzheng-case",
            "minzheng-purpose",
            "x-request-id",
        ])
        .expose_headers(["etag", "retry-after", "x-request-id"])
        .max_age(600);
    config.cors_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
