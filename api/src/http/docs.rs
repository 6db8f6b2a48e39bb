//! `/docs`: the handbook, served from the program; and where an address leads that names no page.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::assets::to_page;
use crate::handbook::{PAGES, Tongue, find, html};

/// Nothing but the page itself and its icon is loaded.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Three people under a roof.
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" \
    rx=\"6\" fill=\"#1f5f99\"/><path d=\"M4 14 16 5l12 9\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3\"/>\
    <g fill=\"#fff\"><circle cx=\"9\" cy=\"18\" r=\"2.5\"/><circle cx=\"16\" cy=\"17\" r=\"3\"/>\
    <circle cx=\"23\" cy=\"18\" r=\"2.5\"/><path d=\"M5 27v-2a4 4 0 0 1 8 0v2zM11 27v-2a5 5 0 0 1 10 0v2z\
    M19 27v-2a4 4 0 0 1 8 0v2z\"/></g></svg>";

/// The first page, from an address: relative, so that the program can stand under any path.
fn first_page(before: &str) -> HttpResponse {
    to_page(&format!("{before}{}", PAGES.first().map_or("", |page| page.name)))
}

/// `GET /`
pub async fn root() -> HttpResponse {
    first_page("docs/zh/")
}

/// `GET /docs`
pub async fn first() -> HttpResponse {
    first_page("docs/zh/")
}

/// `GET /docs/`
pub async fn folder() -> HttpResponse {
    first_page("zh/")
}

/// `GET /docs/{language}`
pub async fn language(path: web::Path<String>) -> HttpResponse {
    match tongue(&path) {
        Some(tongue) => first_page(&format!("{}/", tongue.code())),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `GET /docs/{language}/{page}`; the empty page is the first.
pub async fn page(path: web::Path<(String, String)>) -> HttpResponse {
    let (language, name) = path.into_inner();
    let Some(tongue) = tongue(&language) else { return HttpResponse::NotFound().finish() };
    if name.is_empty() {
        return first_page("");
    }
    match find(name.trim_end_matches(".md")) {
        Some(page) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header(("content-security-policy", POLICY))
            .insert_header(("x-content-type-options", "nosniff"))
            .body(html(page, tongue)),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `GET /favicon.ico`
pub async fn icon() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(ICON)
}

fn tongue(code: &str) -> Option<Tongue> {
    Tongue::ALL.into_iter().find(|tongue| tongue.code() == code)
}
