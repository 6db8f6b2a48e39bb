//! `/graphiql`: the explorer, served whole from the program, since an intranet reaches nothing else.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use static_files::Resource;

use super::ask::Shared;

#[allow(missing_docs, unused, clippy::pedantic)]
mod bundled {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

/// Only what the program itself serves is loaded; the editor makes its workers from blobs.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws: wss:; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Shown where the program was built without Node.
const WITHOUT: &str = "<!doctype html><meta charset=utf-8><title>GraphiQL</title><p>本程序构建时没有 Node.js，未包含查询界面。\
    请安装 Node.js 20 或更新版本后重新构建。<p>This program was built without Node.js and has no explorer in it. \
    Install Node.js 20 or newer and build it again.";

/// `GET /graphiql/…`
pub async fn serve(request: HttpRequest, path: web::Path<String>, shared: web::Data<Shared>) -> HttpResponse {
    static FILES: LazyLock<HashMap<&str, Resource>> = LazyLock::new(bundled::generate);
    if !shared.state.test && !shared.state.config.explore {
        return HttpResponse::NotFound().finish();
    }
    let name = if path.is_empty() { "graphiql.html" } else { path.as_str() };
    let page = || {
        let mut builder = HttpResponse::Ok();
        builder.insert_header(("content-security-policy", POLICY));
        builder.insert_header(("x-content-type-options", "nosniff"));
        builder
    };
    match FILES.get(name) {
        Some(file) => {
            // Names of assets carry the hash of their content.
            let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            page()
                .insert_header((header::CONTENT_TYPE, file.mime_type))
                .insert_header((header::CACHE_CONTROL, cache))
                .body(file.data)
        }
        None if path.is_empty() && request.method() == actix_web::http::Method::GET => {
            page().content_type("text/html; charset=utf-8").body(WITHOUT)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

/// `GET /graphiql`
pub async fn to_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "graphiql/")).finish()
}
