//! GraphQL over HTTP without HTTP: what a request says, in which media type it is answered, and
//! with which status. No type of the web framework appears here.
//!
//! It follows the GraphQL-over-HTTP specification and the audits of npm's `graphql-http`. Where the
//! two differ (a missing `Accept`), the audits rule, since clients are built against them.

use async_graphql::{Response, Variables, parser::types::OperationType};
use serde_json::{Map, Value};

use super::{
    limits::Limits,
    refused::{Reason, Refused},
    scan,
};

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says how it went.
    GraphqlResponse,
    /// `application/json`: a well-formed request is answered 200.
    Json,
    /// `text/event-stream`: one event an answer.
    EventStream,
}

impl Media {
    /// The `Content-Type` of an answer. One that never became a stream is JSON.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }
}

/// What a client accepts, the best of the two JSON types and whether it takes a stream.
///
/// Clients commonly list a stream beside JSON for every request, so which of them is meant is known
/// only with the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    json: Option<Media>,
    stream: bool,
}

/// Reads an `Accept` header; several are to be joined by commas.
pub fn negotiate(accept: Option<&str>) -> Result<Accepted, Refused> {
    let header = accept.map_or("", str::trim);
    if header.is_empty() {
        return Ok(Accepted { json: Some(Media::Json), stream: false });
    }
    let quality = |wanted: &[&str]| {
        // The most specific range that matches counts, whatever its quality.
        wanted
            .iter()
            .enumerate()
            .find_map(|(wider, name)| Some((quality_of(header, name)?, wider)))
            .filter(|(quality, _)| *quality > 0)
    };
    let graphql = quality(&["application/graphql-response+json", "application/*", "*/*"]);
    let json = quality(&["application/json", "application/*", "*/*"]);
    // Named alike, the better type; wild cards alike, the older one, which any client reads.
    let json = match (graphql, json) {
        (Some((graphql, 0)), Some((json, _))) if graphql >= json => Some(Media::GraphqlResponse),
        (Some((graphql, _)), Some((json, _))) if graphql > json => Some(Media::GraphqlResponse),
        (Some(_), None) => Some(Media::GraphqlResponse),
        (_, Some(_)) => Some(Media::Json),
        (None, None) => None,
    };
    // A stream is only for those who ask for it by name.
    let stream = quality(&["text/event-stream"]).is_some();
    if json.is_none() && !stream {
        return Err(Refused::new(Reason::NotAcceptable));
    }
    Ok(Accepted { json, stream })
}

/// The quality of a media range in a header, in thousandths.
fn quality_of(header: &str, wanted: &str) -> Option<u16> {
    header.split(',').find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?;
        if !name.eq_ignore_ascii_case(wanted) {
            return None;
        }
        let quality = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
        });
        Some(quality.map_or(1000, thousandths))
    })
}

/// `0.85` → 850; nonsense → 0, that is, not acceptable.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    match (whole, fraction.len(), format!("{fraction:0<3}").parse()) {
        ("0", ..=3, Ok(thousandths)) => thousandths,
        ("1", ..=3, Ok(0)) => 1000,
        _ => 0,
    }
}

impl Accepted {
    /// The media type of the answer to an operation.
    pub fn for_operation(self, operation: OperationType) -> Result<Media, Refused> {
        let stream = self.stream.then_some(Media::EventStream);
        match operation {
            OperationType::Subscription => stream,
            OperationType::Query | OperationType::Mutation => self.json.or(stream),
        }
        .ok_or_else(|| Refused::new(Reason::NotAcceptable))
    }

    /// The media type of an answer given before the operation is known, or instead of a stream.
    pub fn for_refusal(self) -> Media {
        // To a client that takes only a stream the status has to speak.
        self.json.unwrap_or(Media::GraphqlResponse)
    }
}

/// The methods a document may come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Parameters in the query string; nothing changes.
    Get,
    /// Parameters in a JSON body.
    Post,
}

impl Method {
    /// The `Allow` header of every 405 but one.
    pub const ALLOW: &str = "GET, POST";

    /// The `Allow` header when a mutation came by GET.
    pub const ALLOW_MUTATION: &str = "POST";

    /// Refuses a mutation by GET, which any link or image could send.
    pub fn allows(self, operation: OperationType) -> Result<(), Refused> {
        if self == Self::Get && operation == OperationType::Mutation {
            return Err(Refused::new(Reason::Method));
        }
        Ok(())
    }
}

/// Refuses a body that does not say it is JSON in UTF-8. A form or plain text, which a page of
/// another site may send without asking first, is refused with it.
pub fn check_content_type(content_type: Option<&str>) -> Result<(), Refused> {
    let refused = || Refused::new(Reason::MediaType);
    let mut parts = content_type.ok_or_else(refused)?.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| {
            let charset = charset.trim().trim_matches('"');
            charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
        });
    if json && utf8 { Ok(()) } else { Err(refused()) }
}

/// The parameters of a request, each of the type it must have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// The document, if it was sent.
    pub query: Option<String>,
    /// The id of a trusted document, if one was sent.
    pub document_id: Option<String>,
    /// The operation to run.
    pub operation_name: Option<String>,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// What else the client says, such as `persistedQuery`.
    pub extensions: Map<String, Value>,
}

impl Params {
    /// Reads a JSON body. It is scanned first, so what nests too deeply is never parsed.
    pub fn from_json(body: &[u8], limits: &Limits) -> Result<Self, Refused> {
        scan::json(body, limits)?;
        let value = serde_json::from_slice(body).map_err(|_| Refused::new(Reason::NotJson))?;
        Self::from_value(value)
    }

    /// Reads parsed JSON, as the payload of a WebSocket message, whose text was scanned.
    pub fn from_value(value: Value) -> Result<Self, Refused> {
        match value {
            Value::Object(mut object) => Ok(Self {
                query: text(&mut object, "query")?,
                document_id: text(&mut object, "documentId")?,
                operation_name: text(&mut object, "operationName")?,
                variables: map(&mut object, "variables")?,
                extensions: map(&mut object, "extensions")?,
            }),
            Value::Array(_) => Err(Refused::new(Reason::Batch)),
            _ => Err(Refused::new(Reason::NotJson)),
        }
    }

    /// Reads a query string. A parameter that stands twice is refused: the two could be read by two
    /// readers on the way.
    pub fn from_query_string(query: &str, limits: &Limits) -> Result<Self, Refused> {
        let mut object = Map::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = match name.as_ref() {
                "variables" | "extensions" => {
                    scan::json(value.as_bytes(), limits)?;
                    serde_json::from_str(&value).map_err(|_| Refused::new(Reason::Parameter).about(name.as_ref()))?
                }
                // In a query string an empty name is no name.
                "operationName" if value.is_empty() => Value::Null,
                "query" | "documentId" | "operationName" => Value::String(value.into_owned()),
                _ => continue,
            };
            if object.insert(name.to_string(), value).is_some() {
                return Err(Refused::new(Reason::Parameter).about(name));
            }
        }
        Self::from_value(Value::Object(object))
    }

    /// Takes the variables as the engine wants them.
    pub fn take_variables(&mut self) -> Variables {
        Variables::from_json(Value::Object(std::mem::take(&mut self.variables)))
    }
}

fn text(object: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refused> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::new(Reason::Parameter).about(name)),
    }
}

fn map(object: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refused> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Refused::new(Reason::Parameter).about(name)),
    }
}

/// Whether nothing was executed: the engine says so only by errors that have no path. The answer
/// then has no `data`, which the engine writes as null; leave it out.
pub fn is_request_error(response: &Response) -> bool {
    response.data == async_graphql::Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The status of an answer of the engine.
pub fn status_of(response: &Response, media: Media) -> u16 {
    match media {
        Media::GraphqlResponse if is_request_error(response) => 400,
        _ => 200,
    }
}
