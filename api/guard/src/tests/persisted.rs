use super::super::{persisted::*, *};
use super::*;

const TRUSTED: &str = "query Trusted{viewer{roles}}";
const OTHER: &str = "{viewer{roles}}";

fn params(value: Value) -> Params {
    Params::from_value(value).unwrap()
}

fn apollo(hash: &str, query: Option<&str>) -> Params {
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    params(json!({ "query": query, "extensions": extensions }))
}

/// Finds, checks and keeps, as the transports do.
fn run(documents: &Documents, params: &Params) -> Result<String, Refused> {
    let found = documents.find(params)?;
    let checked = guard().check(&found.text, None, &Variables::default())?;
    documents.keep(&found, &checked);
    Ok(found.text.to_string())
}

#[test]
fn an_automatic_query_is_known_once_it_passed() {
    let documents = Documents::new(Mode::Any, Vec::<String>::new(), 10_000);
    let id = id_of(OTHER);
    let refused = run(&documents, &apollo(&id, None)).unwrap_err();
    assert_eq!(refused.code().as_str(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(refused.message(Lang::Zh), "PersistedQueryNotFound");
    assert_eq!(refused.status(Media::Json), 200);
    assert_eq!(run(&documents, &apollo(&id, Some(OTHER))).unwrap(), OTHER);
    assert_eq!(run(&documents, &apollo(&id, None)).unwrap(), OTHER);
    assert_eq!(run(&documents, &apollo(&id.to_uppercase(), None)).unwrap(), OTHER);

    // What the guard refuses is never kept, and a plain document neither.
    let dear = "{persons(first:1000){totalCount}}";
    let id = id_of(dear);
    assert!(run(&documents, &apollo(&id, Some(dear))).is_err());
    assert_eq!(run(&documents, &apollo(&id, None)).unwrap_err().reason, Reason::UnknownHash);
    run(&documents, &params(json!({ "query": TRUSTED }))).unwrap();
    assert!(run(&documents, &apollo(&id_of(TRUSTED), None)).is_err());
}

#[test]
fn a_hash_is_verified() {
    let documents = Documents::new(Mode::Any, Vec::<String>::new(), 10_000);
    let wrong = id_of(TRUSTED);
    for params in [
        apollo(&wrong, Some(OTHER)),
        apollo("", None),
        apollo("abc", Some(OTHER)),
        params(
            json!({ "query": OTHER, "extensions": { "persistedQuery": { "version": 2, "sha256Hash": id_of(OTHER) } } }),
        ),
        params(json!({ "query": OTHER, "extensions": { "persistedQuery": "x" } })),
    ] {
        assert_eq!(run(&documents, &params).unwrap_err().reason, Reason::Hash, "{params:?}");
    }
    let null = params(json!({ "query": OTHER, "extensions": { "persistedQuery": null } }));
    assert!(run(&documents, &null).is_ok());
    assert_eq!(run(&documents, &params(json!({}))).unwrap_err().reason, Reason::NoQuery);
}

#[test]
fn only_trusted_documents_run() {
    let documents = Documents::new(Mode::TrustedOnly, [TRUSTED], 10_000);
    let id = id_of(TRUSTED);
    for params in [
        params(json!({ "documentId": id })),
        params(json!({ "documentId": format!("sha256:{id}") })),
        params(json!({ "query": TRUSTED })),
        apollo(&id, None),
        apollo(&id, Some(TRUSTED)),
    ] {
        assert_eq!(run(&documents, &params).unwrap(), TRUSTED, "{params:?}");
    }
    for (params, reason) in [
        (params(json!({ "query": OTHER })), Reason::Untrusted),
        (apollo(&id_of(OTHER), Some(OTHER)), Reason::Untrusted),
        (apollo(&id_of(OTHER), None), Reason::UnknownHash),
        (params(json!({ "documentId": id_of(OTHER) })), Reason::UnknownHash),
        (params(json!({ "documentId": "x" })), Reason::UnknownHash),
        (params(json!({ "documentId": id, "query": TRUSTED })), Reason::Parameter),
    ] {
        assert_eq!(run(&documents, &params).unwrap_err().reason, reason, "{params:?}");
    }
    assert_eq!(documents.trusted().collect::<Vec<_>>(), [TRUSTED]);
}

#[test]
fn automatic_queries_take_bounded_memory() {
    let documents = Documents::new(Mode::Any, Vec::<String>::new(), 1_000);
    let send = |n: usize| {
        let text = format!("{{viewer{{roles}}}} # {n}");
        run(&documents, &apollo(&id_of(&text), Some(&text))).unwrap();
        move |documents: &Documents| run(documents, &apollo(&id_of(&text), None)).is_ok()
    };
    let known: Vec<_> = (0..20).map(send).collect();
    let kept = known.iter().filter(|known| known(&documents)).count();
    assert!((1..10).contains(&kept), "{kept}");
    assert!(known.last().unwrap()(&documents), "the latest stays");
    // Again the same takes no more room.
    for _ in 0..20 {
        assert!(send(19)(&documents));
    }
    assert_eq!(known.iter().filter(|known| known(&documents)).count(), kept);

    let none = Documents::new(Mode::Any, Vec::<String>::new(), 0);
    run(&none, &apollo(&id_of(OTHER), Some(OTHER))).unwrap();
    assert!(run(&none, &apollo(&id_of(OTHER), None)).is_err());
}

#[test]
fn a_manifest_is_verified() {
    let manifest = |id: &str| json!({ id: TRUSTED }).to_string();
    assert_eq!(Documents::read_manifest(&manifest(&id_of(TRUSTED))).unwrap(), [TRUSTED]);
    let wrong = Documents::read_manifest(&manifest(&id_of(OTHER)));
    assert_eq!(wrong, Err(ManifestError::WrongHash(id_of(OTHER))));
    assert_eq!(Documents::read_manifest("[]"), Err(ManifestError::NotAMap));
}
