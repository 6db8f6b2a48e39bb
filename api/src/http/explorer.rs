//! `/graphiql`: the explorer, served whole from the program, since an intranet reaches nothing else.

use actix_web::{HttpResponse, web};

use super::ask::Shared;
use super::assets::{asset, to_folder, without_node};

/// Only what the program itself serves is loaded; the editor makes its workers from blobs.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws: wss:; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `GET /graphiql/…`
pub async fn serve(path: web::Path<String>, shared: web::Data<Shared>) -> HttpResponse {
    if !shared.state.explored() {
        return HttpResponse::NotFound().finish();
    }
    let name = if path.is_empty() { "graphiql.html" } else { path.as_str() };
    match asset(name, POLICY) {
        Some(file) => file,
        None if path.is_empty() => without_node(POLICY, "查询界面", "explorer"),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `GET /graphiql`
pub async fn folder() -> HttpResponse {
    to_folder("graphiql/")
}
