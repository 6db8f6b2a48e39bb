//! What the build put into the program of `api/web`: pages and what they load.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use static_files::Resource;

#[allow(missing_docs, unused, clippy::pedantic)]
mod bundled {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

/// A page, or what one loads, with the policy that the page stands under; `None` where the build did not make it.
pub fn asset(name: &str, policy: &'static str) -> Option<HttpResponse> {
    static FILES: LazyLock<HashMap<&str, Resource>> = LazyLock::new(bundled::generate);
    let file = FILES.get(name)?;
    // Names of assets carry the hash of their content.
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let answer = HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header((header::CONTENT_TYPE, file.mime_type))
        .insert_header((header::CACHE_CONTROL, cache))
        .body(file.data);
    Some(answer)
}

/// Said in a page's place where the program was built without Node.
pub fn without_node(policy: &'static str, zh: &str, en: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-security-policy", policy))
        .insert_header(("x-content-type-options", "nosniff"))
        .content_type("text/html; charset=utf-8")
        .body(format!(
            "<!doctype html><meta charset=utf-8><title>minzheng</title>\
             <p>本程序构建时没有 Node.js，未包含{zh}。请安装 Node.js 20 或更新版本后重新构建。\
             <p>This program was built without Node.js and has no {en} in it. Install Node.js 20 or newer and build it \
             again."
        ))
}

/// To the folder that a page is served under: what it loads has addresses relative to it.
pub fn to_folder(folder: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, folder)).finish()
}

/// To a page under another address, for now.
pub fn to_page(address: &str) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, address)).finish()
}
