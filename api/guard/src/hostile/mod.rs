//! Requests made to hurt: each must be refused at once, over every transport, and leave the server
//! answering others. Small generators, so that the tests of the guard and those of the running
//! program use the same ones.
//!
//! Pages name fields of the real schema; a schema without one of them refuses it in validation.

mod documents;

use std::{fmt::Write as _, iter::repeat_n};

/// One hostile request.
#[derive(Clone, Debug)]
pub struct Hostile {
    /// What it tries.
    pub name: &'static str,
    /// What is sent.
    pub payload: Payload,
}

/// What a hostile request sends.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A document with variables, as JSON text since no JSON library can write all of them.
    Document {
        /// The document.
        text: String,
        /// The JSON of `variables`.
        variables: String,
        /// The operation to run.
        operation: Option<&'static str>,
    },
    /// A whole body.
    Body(Vec<u8>),
}

impl Hostile {
    /// The body of a POST, the payload of a `subscribe` message.
    pub fn body(&self) -> Vec<u8> {
        match &self.payload {
            Payload::Body(body) => body.clone(),
            Payload::Document { text, variables, operation } => {
                let text = serde_json::Value::from(text.as_str());
                let name = serde_json::Value::from(*operation);
                format!(r#"{{"query":{text},"variables":{variables},"operationName":{name}}}"#).into_bytes()
            }
        }
    }
}

fn document(name: &'static str, text: impl Into<String>) -> Hostile {
    with(name, text, "{}")
}

fn with(name: &'static str, text: impl Into<String>, variables: impl Into<String>) -> Hostile {
    let payload = Payload::Document { text: text.into(), variables: variables.into(), operation: None };
    Hostile { name, payload }
}

/// A document whose operation `A` runs.
fn running_a(name: &'static str, text: impl Into<String>) -> Hostile {
    let payload = Payload::Document { text: text.into(), variables: "{}".to_owned(), operation: Some("A") };
    Hostile { name, payload }
}

fn body(name: &'static str, body: impl Into<Vec<u8>>) -> Hostile {
    Hostile { name, payload: Payload::Body(body.into()) }
}

/// `text` for each number below `times`.
pub(super) fn each(times: usize, mut text: impl FnMut(usize) -> String) -> String {
    (0..times).fold(String::new(), |mut all, n| {
        // Writing to a string cannot fail.
        let _ = write!(all, "{}", text(n));
        all
    })
}

/// `inner` between `times` of `open` and `close`.
fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

/// Fragments that each spread the next `width` times.
fn fan_out(steps: usize, width: usize, leaf: &str) -> String {
    let fragments = each(steps, |n| {
        let spreads = format!("...f{} ", n + 1).repeat(width);
        format!("fragment f{n} on Query{{{spreads}}} ")
    });
    format!("{{...f0}} {fragments} fragment f{steps} on Query{{{leaf}}}")
}

/// Everything: well over forty.
pub fn corpus() -> Vec<Hostile> {
    let mut all = documents::nesting();
    all.extend(documents::lexical());
    all.extend(documents::fragments());
    all.extend(documents::floods());
    all.extend(documents::pages());
    all.extend(values());
    all.extend(introspection());
    all.extend(bodies());
    all
}

fn values() -> Vec<Hostile> {
    let uses = format!("query($v:A){{viewer{{{}}}}}", "a(x:$v) ".repeat(1_300));
    let deep = |times| format!(r#"{{"v":{}}}"#, nested("[", "1", "]", times));
    vec![
        with("large list used 1,300 times", uses.clone(), format!(r#"{{"v":[{}1]}}"#, "1,".repeat(90_000))),
        with("large text used 1,300 times", uses.clone(), format!(r#"{{"v":"{}"}}"#, "a".repeat(900_000))),
        document("large default used 1,300 times", uses.replacen(":A", &format!(":A=[{}]", "1 ".repeat(700)), 1)),
        with(
            "large value on each row",
            "query($v:A){persons(first:100){nodes{a(x:$v)}}}",
            format!(r#"{{"v":[{}1]}}"#, "1,".repeat(90_000)),
        ),
        with("200 levels of variables", "query($v:A){a(x:$v)}", deep(200)),
        with("100,000 levels of variables", "query($v:A){a(x:$v)}", deep(100_000)),
        with("variables that never end", "query($v:A){a(x:$v)}", "[".repeat(100_000)),
        with("500,000 values", "query($v:A){a(x:$v)}", format!(r#"{{"v":[{}1]}}"#, "1,".repeat(500_000))),
        with("lone surrogate in a variable", "query($v:A){a(x:$v)}", r#"{"v":"\ud800"}"#),
        with("float beyond all floats in a variable", "query($v:A){a(x:$v)}", r#"{"v":1e999}"#),
        with(
            "NUL in a variable",
            "query($v:DivisionWhere){divisions(where:$v){nodes{name}}}",
            r#"{"v":{"name":{"in":["a","b\u0000"]}}}"#,
        ),
        with("required variable left out", "query($v:ID!){__typename}", "{}"),
        with("required variable null", "query($v:ID!){__typename}", r#"{"v":null}"#),
        with("variables as a list", "{__typename}", "[7]"),
        with("variables as text", "{__typename}", r#""{}""#),
    ]
}

fn introspection() -> Vec<Hostile> {
    let whole = "__schema{types{name fields{name args{name type{name}} type{name}}}} ";
    let types = |times| nested("fields{type{", "name", "}}", times);
    vec![
        document("types of fields of types", format!("{{__schema{{types{{{}}}}}}}", types(4))),
        document("types of fields of one type", format!("{{__type(name:\"Query\"){{{}}}}}", types(6))),
        document("interfaces of possible types", "{__schema{types{possibleTypes{interfaces{possibleTypes{name}}}}}}"),
        document("the schema twenty times", format!("{{{}}}", each(20, |n| format!("a{n}:{whole}")))),
        document(
            "one type of one type of …",
            format!("{{__type(name:\"Query\"){}}}", nested("{ofType", "{name}", "}", 30)),
        ),
    ]
}

fn bodies() -> Vec<Hostile> {
    let one = r#"{"query":"{__typename}"}"#;
    vec![
        body("16 MiB of white space", repeat_n(b' ', 16 << 20).collect::<Vec<_>>()),
        body("16 MiB document", format!(r#"{{"query":"{{a{}}}"}}"#, " ".repeat(16 << 20))),
        body("16 MiB of brackets", repeat_n(b'[', 16 << 20).collect::<Vec<_>>()),
        body("1 MiB of brackets", repeat_n(b'[', 1 << 20).collect::<Vec<_>>()),
        body("batch", format!("[{one},{one}]")),
        body("batch of one", format!("[{one}]")),
        body("batch of 1,000", format!("[{}{one}]", format!("{one},").repeat(999))),
        body("empty batch", "[]"),
        body("nothing at all", ""),
        body("no JSON", "{__typename}"),
        body("half a JSON", r#"{"query":"{__typename}""#),
        body("JSON and more", format!("{one}{one}")),
        body("no UTF-8", b"{\"query\":\"{__typename \xff\xfe}\"}".as_slice()),
        body("no object", "7"),
        body("query as number", r#"{"query":0}"#),
        body("query as list", r#"{"query":["{__typename}"]}"#),
        body("no query", r#"{"qeury":"{__typename}"}"#),
        body("operation name as object", r#"{"query":"{__typename}","operationName":{}}"#),
        body("operation there is not", r#"{"query":"query A{__typename}","operationName":"B"}"#),
        body("no operation named", r#"{"query":"query A{__typename} query B{__typename}"}"#),
        body("extensions as text", r#"{"query":"{__typename}","extensions":"x"}"#),
        body(
            "hash of another document",
            format!(
                r#"{{"query":"{{__typename}}","extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{}"}}}}}}"#,
                "0".repeat(64)
            ),
        ),
        body("hash that is none", r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"../../etc/passwd"}}}"#),
        body(
            "hash of a later version",
            r#"{"query":"{__typename}","extensions":{"persistedQuery":{"version":2,"sha256Hash":""}}}"#,
        ),
        body("document nobody registered", format!(r#"{{"documentId":"sha256:{}"}}"#, "0".repeat(64))),
    ]
}
