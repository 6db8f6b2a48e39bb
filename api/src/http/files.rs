//! `/files/{id}`: content in and out by signed addresses. `PUT` takes a part of an upload, where `Content-Range` says,
//! and answers how much is there; `GET` gives a whole file. Whose session an address was given to is asked each time
//! whether it lives and still holds the right.

use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{HttpRequest, HttpResponse, web};
use entity::kernel::file::Model;
use futures_util::StreamExt as _;
use minzheng_exchange::file::{FinishUpload, by_number, is_writable, received};
use minzheng_ground::files::is_readable;
use minzheng_ground::state::{counted, local_id};
use minzheng_kernel::files::{Appended, Finished, Verb};
use minzheng_kernel::work::record_download;
use minzheng_kernel::{Failure, Fault, Lang, Text, Viewer};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::ask::Shared;
use super::bounds::BODY_TIME;
use super::client::Client;
use super::graphql::{header_text, status};
use super::held::{Signed, holder_of};
use super::viewer::Asking;

/// Bytes of a body that are written at once.
const PART: usize = 64 * 1024;
/// Blocks that wait for one reader.
const WAITING: usize = 2;

/// A request that is refused: status, code, text, and what is there of the upload.
struct No {
    status: u16,
    code: &'static str,
    text: Text,
    there: Option<i64>,
}

impl No {
    fn new(status: u16, code: &'static str, key: &'static str) -> Self {
        Self { status, code, text: Text::of(key), there: None }
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        tracing::error!(%fault, "a file could not be served");
        match fault {
            Fault::Unavailable(_) | Fault::Unknown(_) => Self::new(503, "UNAVAILABLE", "unavailable"),
            Fault::StorageFull(_) => Self::new(507, "STORAGE_FULL", "storage-full"),
            _ => Self::new(500, "INTERNAL", "internal"),
        }
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> Self {
        Fault::internal(format!("{failure:?}")).into()
    }
}

fn said(id: &str, no: &No, lang: Lang) -> HttpResponse {
    let errors = json!([{ "message": no.text.say(lang), "extensions": { "code": no.code } }]);
    let body = match no.there {
        Some(there) => json!({ "errors": errors, "received": there, "complete": false }),
        None => json!({ "errors": errors }),
    };
    answer(no.status, id, &body)
}

fn answer(code: u16, request_id: &str, body: &Value) -> HttpResponse {
    HttpResponse::build(status(code))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-request-id", request_id))
        .body(body.to_string())
}

/// Runs something where connections of the database and blocking threads belong.
async fn on_main<T: Send + 'static>(
    shared: &Shared,
    work: impl Future<Output = Result<T, No>> + Send + 'static,
) -> Result<T, No> {
    match shared.unless_away(shared.main.spawn(work)).await {
        Some(done) => done.map_err(Fault::internal)?,
        None => Err(No::new(503, "UNAVAILABLE", "unavailable")),
    }
}

async fn on_disk<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, No> {
    Ok(shared.main.spawn_blocking(work).await.map_err(Fault::internal)??)
}

/// The file of a signed address, and who holds it: the session that it was given to, with what it may now.
async fn found(
    request: &HttpRequest,
    shared: &Shared,
    client: &Client,
    verb: Verb,
    id: &str,
    query: &Signed,
) -> Result<(Model, Viewer), No> {
    if shared.per_address.admit(&counted(client.address)).is_err() {
        let text = Text::of("rate-limited").with("seconds", 1);
        return Err(No { text, ..No::new(429, "RATE_LIMITED", "rate-limited") });
    }
    let state = shared.state.clone();
    // Altered, over, of another file, of a session that has ended, of a right that was taken back: all answer alike.
    let bad = || No::new(403, "FORBIDDEN", "address-bad");
    let number = local_id(id).filter(|(aggregate, _)| aggregate == "File").map(|(_, number)| number);
    let number = number.ok_or_else(bad)?;
    let asking = Asking {
        authorization: header_text(request, "authorization").map(str::to_owned),
        request_id: client.request_id.clone(),
        ..Asking::default()
    };
    let (id, query) = (id.to_owned(), query.clone());
    on_main(shared, async move {
        let viewer = holder_of(&state, verb, &id, &query, asking).await?.ok_or_else(bad)?;
        let file = by_number(&state.kernel, number).await?.ok_or_else(bad)?;
        let may = match verb {
            Verb::Put => is_writable(&viewer, &file),
            Verb::Get => is_readable(&state.kernel, &viewer, &file).await?,
        };
        if may { Ok((file, viewer)) } else { Err(bad()) }
    })
    .await
}

/// Where a part begins: `bytes 0-99/200`, `bytes */200` to ask only; without the header at the beginning.
#[allow(clippy::option_option)] // no range, or one that is no range
fn begins(range: Option<&str>, size: i64) -> Option<Option<u64>> {
    let Some(range) = range else { return Some(Some(0)) };
    let (span, all) = range.strip_prefix("bytes ")?.split_once('/')?;
    if all != "*" && all.parse() != Ok(size) {
        return None;
    }
    if span == "*" {
        return Some(None);
    }
    let (first, last) = span.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    (first <= last && i64::try_from(last).is_ok_and(|last| last < size)).then_some(Some(first))
}

/// `PUT /files/{id}?until=…&sign=…`
pub async fn put(
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<Signed>,
    body: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let client = Client::of(&request, &shared.state.config.trusted_proxies);
    let lang = Lang::accepted(header_text(&request, "accept-language"));
    match take(&request, &shared, &client, &id, &query, body).await {
        Ok((there, complete)) => answer(200, &client.request_id, &json!({ "received": there, "complete": complete })),
        Err(no) => said(&client.request_id, &no, lang),
    }
}

async fn take(
    request: &HttpRequest,
    shared: &Shared,
    client: &Client,
    id: &str,
    query: &Signed,
    mut body: web::Payload,
) -> Result<(i64, bool), No> {
    let (file, _) = found(request, shared, client, Verb::Put, id, query).await?;
    if file.complete {
        return Ok((file.size, true));
    }
    let kernel = &shared.state.kernel;
    let range = begins(header_text(request, "content-range"), file.size);
    let range = range.ok_or_else(|| No::new(400, "BAD_REQUEST", "upload-range"))?;
    let Some(mut offset) = range else {
        let there = on_main(shared, {
            let kernel = kernel.clone();
            async move { Ok(received(&kernel, file.id).await?) }
        })
        .await?;
        return Ok((there, false));
    };
    let size = u64::try_from(file.size).unwrap_or(0);
    let mut part = BytesMut::new();
    let mut ended = false;
    while !ended {
        match tokio::time::timeout(BODY_TIME, body.next()).await {
            Ok(Some(Ok(bytes))) => part.extend_from_slice(&bytes),
            // Broken off, or too slow: what came is kept, and the client goes on behind it.
            Ok(None | Some(Err(_))) | Err(_) => ended = true,
        }
        if offset + part.len() as u64 > size {
            return Err(No::new(413, "TOO_LARGE", "upload-beyond"));
        }
        if part.len() >= PART || (ended && !part.is_empty()) {
            let bytes: Bytes = part.split().freeze();
            let kernel = kernel.clone();
            let appended = on_disk(shared, move || kernel.files.append(file.id, offset, &bytes)).await?;
            match appended {
                Appended::There(there) => offset = there,
                Appended::Elsewhere(there) => {
                    let there = i64::try_from(there).ok();
                    return Err(No { there, ..No::new(409, "WRONG_OFFSET", "upload-offset") });
                }
                Appended::Busy => return Err(No::new(409, "BUSY", "upload-busy")),
            }
        }
    }
    if offset < size {
        return Ok((i64::try_from(offset).unwrap_or(i64::MAX), false));
    }
    let hash = file.sha256.clone();
    let keeping = kernel.clone();
    let finished = on_disk(shared, move || keeping.files.finish(&keeping.keys, file.id, &hash)).await?;
    match finished {
        Finished::Kept(media_type) => {
            let kernel = kernel.clone();
            let finish = FinishUpload { id: file.id, media_type };
            on_main(shared, async move { Ok(finish.run(&kernel, file.account_id).await?) }).await?;
            Ok((file.size, true))
        }
        Finished::WrongHash => Err(No { there: Some(0), ..No::new(422, "WRONG_HASH", "upload-hash") }),
        Finished::WrongType => Err(No { there: Some(0), ..No::new(415, "WRONG_TYPE", "upload-type") }),
    }
}

/// `GET /files/{id}?until=…&sign=…`
pub async fn get(
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<Signed>,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let client = Client::of(&request, &shared.state.config.trusted_proxies);
    let lang = Lang::accepted(header_text(&request, "accept-language"));
    match give(&request, &shared, &client, &id, &query).await {
        Ok(file) => stream(&shared, &client, file),
        Err(no) => said(&client.request_id, &no, lang),
    }
}

/// The file to be handed out; that it is, and for what, stands in the journal before any of it leaves.
async fn give(request: &HttpRequest, shared: &Shared, client: &Client, id: &str, query: &Signed) -> Result<Model, No> {
    let (file, viewer) = found(request, shared, client, Verb::Get, id, query).await?;
    if !file.complete {
        return Err(No::new(409, "INCOMPLETE", "upload-incomplete"));
    }
    if file.removed_at.is_some() {
        return Err(No::new(410, "GONE", "file-removed"));
    }
    // What everybody may read leaves no trace of everybody.
    if viewer.account_id.is_some() {
        let (kernel, number) = (shared.state.kernel.clone(), file.id);
        on_main(shared, async move { Ok(record_download(&kernel, &viewer, number).await?) }).await?;
    }
    Ok(file)
}

fn stream(shared: &Shared, client: &Client, file: Model) -> HttpResponse {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(WAITING);
    let kernel = shared.state.kernel.clone();
    shared.main.spawn_blocking(move || {
        let blocks = match kernel.files.read(&kernel.keys, &file.sha256) {
            Ok(blocks) => blocks,
            Err(fault) => {
                tracing::error!(%fault, file = file.id, "a file cannot be read");
                let _ = sender.blocking_send(Err(std::io::Error::other("unreadable")));
                return;
            }
        };
        for block in blocks {
            let block = block.map(Bytes::from).map_err(|fault| {
                tracing::error!(%fault, file = file.id, "a file is not what it was");
                std::io::Error::other("unreadable")
            });
            if sender.blocking_send(block).is_err() {
                return;
            }
        }
    });
    let parts = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|part| (part, receiver))
    });
    let name: String = form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, file.media_type.as_str()))
        // What somebody sent is never a page of ours.
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{}", name.replace('+', "%20")),
        ))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-request-id", client.request_id.as_str()))
        .no_chunking(u64::try_from(file.size).unwrap_or(0))
        .streaming(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_begins() {
        assert_eq!(begins(None, 10), Some(Some(0)));
        assert_eq!(begins(Some("bytes 4-9/10"), 10), Some(Some(4)));
        assert_eq!(begins(Some("bytes 4-9/*"), 10), Some(Some(4)));
        assert_eq!(begins(Some("bytes */10"), 10), Some(None));
        for wrong in ["bytes 4-9/11", "bytes 4-10/10", "bytes 9-4/10", "4-9/10", "bytes -9/10", "bytes a-b/10", ""] {
            assert_eq!(begins(Some(wrong), 10), None, "{wrong}");
        }
    }
}
