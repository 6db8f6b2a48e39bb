//! `/docs`: the handbook, served from the program.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::handbook::{Tongue, find};

/// Nothing but the page itself is loaded.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// `GET /docs`
pub async fn first() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/docs/zh/concepts")).finish()
}

/// `GET /docs/{language}/{page}`
pub async fn page(path: web::Path<(String, String)>) -> HttpResponse {
    let (language, name) = path.into_inner();
    let tongue = Tongue::ALL.into_iter().find(|tongue| tongue.code() == language);
    match tongue.zip(find(name.trim_end_matches(".md"))) {
        Some((tongue, page)) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header(("content-security-policy", POLICY))
            .insert_header(("x-content-type-options", "nosniff"))
            .body(page.html(tongue)),
        None => HttpResponse::NotFound().finish(),
    }
}
