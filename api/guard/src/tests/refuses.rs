use std::collections::HashSet;

use async_graphql::{Pos, parser::parse_query};

use super::super::{
    hostile::{corpus, each},
    shape::measure,
    values::Sizes,
    *,
};
use super::*;

/// What the transports do with a body: parameters, document, guard.
fn receive(guard: &Guard, documents: &Documents, body: &[u8]) -> Result<Checked, Refused> {
    let mut params = Params::from_json(body, guard.limits())?;
    let found = documents.find(&params)?;
    let variables = params.take_variables();
    let name = params.operation_name.as_deref();
    let checked = guard.check(&found.text, name, &variables)?;
    documents.keep(&found, &checked);
    Ok(checked)
}

#[test]
fn the_corpus_is_refused() {
    let corpus = corpus();
    assert!(corpus.len() >= 40);
    let names: HashSet<_> = corpus.iter().map(|hostile| hostile.name).collect();
    assert_eq!(names.len(), corpus.len(), "names are unique");

    // A quarter of a worker's stack, without optimisation.
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let run = move || {
        let guard = guard();
        let documents = Documents::new(Mode::Any, Vec::<String>::new(), 1 << 20);
        let mut reasons = HashSet::new();
        for hostile in corpus {
            let body = hostile.body();
            let begun = std::time::Instant::now();
            let refused = receive(&guard, &documents, &body).expect_err(&format!("{} must be refused", hostile.name));
            let message = refused.message(Lang::En);
            println!("{:>9.1?}  {}: {message}", begun.elapsed(), hostile.name);
            assert!(message.len() < 600 && !message.contains('{'), "{message}");
            assert!((400..500).contains(&refused.status(Media::GraphqlResponse)));
            reasons.insert(refused.reason);
        }
        reasons
    };
    let reasons = thread.spawn(run).unwrap().join().unwrap();
    // What the corpus cannot reach: headers, methods, modes.
    for missing in [
        Reason::BodyBytes,
        Reason::JsonNesting,
        Reason::JsonTokens,
        Reason::NotJson,
        Reason::Batch,
        Reason::Parameter,
        Reason::NoQuery,
        Reason::DocumentBytes,
        Reason::Tokens,
        Reason::Nesting,
        Reason::NameBytes,
        Reason::Unterminated,
        Reason::Hash,
        Reason::UnknownHash,
        Reason::Syntax,
        Reason::Operation,
        Reason::Cycle,
        Reason::Conflict,
        Reason::Variable,
        Reason::Depth,
        Reason::Fields,
        Reason::Aliases,
        Reason::RootFields,
        Reason::Directives,
        Reason::Variables,
        Reason::Arguments,
        Reason::Values,
        Reason::Introspection,
        Reason::Page,
        Reason::Keys,
        Reason::Cost,
    ] {
        assert!(reasons.contains(&missing), "nothing is refused for {missing:?}");
    }
}

#[test]
fn a_fan_out_is_read_once() {
    let fragments = each(24, |n| format!("fragment f{n} on Query{{...f{0} ...f{0}}} ", n + 1));
    let text = format!("{{...f0}} {fragments} fragment f24 on Query{{__typename}}");
    let document = parse_query(&text).unwrap();
    let DocumentOperations::Single(run) = &document.operations else {
        panic!("one operation");
    };
    let limits = Limits { fields: u64::MAX, root_fields: u64::MAX, ..Limits::default() };
    let variables = Variables::default();
    let sizes = Sizes::new(&document, &variables, &limits).unwrap();
    let measured = measure(&document, &run.node, &sizes, &limits).unwrap();
    // One in the operation, two in each of 24 fragments, one in the last.
    assert_eq!(measured.visits, 1 + 24 * 2 + 1);
    // Each of 2^24 leaves is a field below 25 levels of spreads.
    assert_eq!(measured.run.top, 1 << 24);
    assert_eq!(measured.run.fields, (1 << 25) - 1 + (1 << 24));
}

#[test]
fn sums_saturate() {
    // 300^9 fields.
    let fragments = each(9, |n| format!("fragment f{n} on Query{{{}}} ", format!("...f{} ", n + 1).repeat(300)));
    let refused = refusal(&format!("{{...f0}} {fragments} fragment f9 on Query{{a}}"));
    assert_eq!(refused.reason, Reason::Fields);
    assert_eq!(refused.requested, Some(u64::MAX));
}

#[test]
fn says_where_and_how_much() {
    let refused = refusal("{\n  persons(first: 101) { totalCount }\n}");
    assert_eq!(refused.at, Some(Pos { line: 2, column: 3 }));
    assert_eq!(refused.code().as_str(), "TOO_EXPENSIVE");
    assert_eq!(refused.message(Lang::Zh), "字段“persons”每页最多 100 条，请求了 101 条。");
    let error = serde_json::to_value(refused.server_error(Lang::En)).unwrap();
    assert_eq!(
        error,
        json!({
            "message": "A page of \"persons\" is at most 100 long, not 101.",
            "locations": [{ "line": 2, "column": 3 }],
            "extensions": { "code": "TOO_EXPENSIVE", "requested": 101, "limit": 100 },
        })
    );

    let refused = refusal(&format!("# 民政\n{{é(x:{}", "[".repeat(40)));
    assert_eq!(refused.reason, Reason::Nesting);
    assert_eq!(refused.at, Some(Pos { line: 2, column: 36 }));

    let secret = "张三".repeat(100);
    let refused = refusal(&format!("{{ hello(name: \"{secret}\") "));
    assert_eq!(refused.reason, Reason::Syntax);
    let message = refused.message(Lang::Zh);
    assert!(message.contains("expected") && !message.contains("张三"), "{message}");
    // A client's own text is not read as a place to fill in.
    let refused = Refused::new(Reason::Parameter).about("{limit}");
    assert!(refused.message(Lang::En).contains("\"{limit}\""));
}

#[test]
fn scans_as_the_parser_reads() {
    let limits = Limits::default();
    let scanned = |text| scan::document(text, &limits);
    assert_eq!(scanned("").unwrap(), scan::Scanned::default());
    for (text, tokens, nesting) in [
        ("{a}", 3, 1),
        ("{a(x:[1,2])}", 11, 3),
        ("{a # {{{\n}", 4, 1),
        ("{a # {{{\r}", 4, 1),
        (r#"{a(x:"{{\"{{")}"#, 8, 2),
        (r#"{a(x:"")}"#, 8, 2),
        (r#"{a(x:"" b:"")}"#, 11, 2),
        (r#"{a(x:"""{{"{{""{{\"""{{""")}"#, 8, 2),
        (r#"{a(x:"""""")}"#, 8, 2),
        ("\u{feff}{...f ...on}", 6, 1),
        ("{a(x:-1.5e-3 y:1-1)}", 13, 2),
    ] {
        let found = scanned(text).unwrap();
        assert_eq!((found.tokens, found.nesting), (tokens, nesting), "{text}");
    }
    for text in [r#"{a(x:""")}"#, "{a(x:\"", r#"{a(x:"\"#, "\"a\nb\"", r#"""" \""""#] {
        assert_eq!(scanned(text).unwrap_err().reason, Reason::Unterminated, "{text}");
    }
    for (text, column) in [("{a(x:\"\0\")}", 7), (r#"{a(x:"b\u0000")}"#, 6), (r#"{a(x:"\\" y:"\\\u0000")}"#, 13)] {
        let refused = scanned(text).unwrap_err();
        assert_eq!((refused.reason, refused.at), (Reason::NullCharacter, Some(Pos { line: 1, column })), "{text}");
    }
    for text in [r#"{a(x:"\\u0000")}"#, r#"{a(x:"""\u0000""")}"#, r"{a # \u0000"] {
        scanned(text).unwrap();
    }
}

#[test]
fn json_is_scanned_before_it_is_parsed() {
    let limits = Limits::default();
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(scan::json(nested(32).as_bytes(), &limits).is_ok());
    let refused = scan::json(nested(33).as_bytes(), &limits).unwrap_err();
    assert_eq!(refused.reason, Reason::JsonNesting);
    let text = format!(r#"{{"query":"{}\\\"{}"}}"#, "[".repeat(50), "{".repeat(50));
    assert!(scan::json(text.as_bytes(), &limits).is_ok());
}
