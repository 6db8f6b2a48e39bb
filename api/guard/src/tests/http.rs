use async_graphql::{PathSegment, Response, ServerError};

use super::super::{http::*, *};
use super::*;

fn json_media(accept: &str) -> Option<Media> {
    let accepted = negotiate(Some(accept)).ok()?;
    accepted.for_operation(OperationType::Query).ok()
}

#[test]
fn the_best_media_type_is_chosen() {
    use Media::{EventStream, GraphqlResponse, Json};
    for (accept, media) in [
        ("", Some(Json)),
        ("*/*", Some(Json)),
        ("application/*", Some(Json)),
        ("application/json", Some(Json)),
        ("application/json; charset=utf-8", Some(Json)),
        ("application/graphql-response+json", Some(GraphqlResponse)),
        ("APPLICATION/GraphQL-Response+JSON", Some(GraphqlResponse)),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", Some(GraphqlResponse)),
        ("application/graphql-response+json, application/json;q=0.9", Some(GraphqlResponse)),
        ("application/json, application/graphql-response+json", Some(GraphqlResponse)),
        ("application/graphql-response+json;q=0.5, application/json", Some(Json)),
        ("application/json;q=0.5, */*", Some(GraphqlResponse)),
        ("application/json;q=0, */*", Some(GraphqlResponse)),
        ("application/graphql-response+json, */*;q=0.1", Some(GraphqlResponse)),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Json)),
        (
            "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
            Some(GraphqlResponse),
        ),
        ("text/event-stream", Some(EventStream)),
        ("text/event-stream, */*;q=0.1", Some(Json)),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
        ("text/*", None),
        (";;,,", None),
    ] {
        assert_eq!(json_media(accept), media, "{accept}");
    }
    assert_eq!(negotiate(None), negotiate(Some("application/json")));
    assert_eq!(negotiate(Some("text/html")).unwrap_err().status(Json), 406);
}

#[test]
fn subscriptions_want_a_stream() {
    let accepted = negotiate(Some("application/json, text/event-stream")).unwrap();
    assert_eq!(accepted.for_operation(OperationType::Subscription), Ok(Media::EventStream));
    assert_eq!(accepted.for_refusal(), Media::Json);
    let json = negotiate(Some("*/*")).unwrap();
    let refused = json.for_operation(OperationType::Subscription).unwrap_err();
    assert_eq!(refused.status(Media::Json), 406);
    let stream = negotiate(Some("text/event-stream")).unwrap();
    assert_eq!(stream.for_refusal(), Media::GraphqlResponse);
}

#[test]
fn a_body_says_what_it_is() {
    for good in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
        assert!(check_content_type(Some(good)).is_ok(), "{good}");
    }
    for bad in [
        None,
        Some("text/plain;charset=UTF-8"),
        Some("application/json; charset=utf-16"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/graphql"),
        Some(""),
    ] {
        let refused = check_content_type(bad).unwrap_err();
        assert_eq!(refused.status(Media::Json), 415, "{bad:?}");
    }
}

#[test]
fn parameters_have_their_types() {
    let limits = Limits::default();
    let read = |value: Value| Params::from_json(value.to_string().as_bytes(), &limits);
    let query = "{ __typename }";
    for parameter in ["variables", "operationName", "extensions", "documentId"] {
        let params = read(json!({ "query": query, parameter: null })).unwrap();
        assert_eq!(params, read(json!({ "query": query })).unwrap());
    }
    for wrong in [
        json!({ "query": { "obj": "ect" } }),
        json!({ "query": 0 }),
        json!({ "query": false }),
        json!({ "query": ["array"] }),
        json!({ "query": query, "operationName": ["array"] }),
        json!({ "query": query, "operationName": 0 }),
        json!({ "query": query, "variables": "string" }),
        json!({ "query": query, "variables": ["array"] }),
        json!({ "query": query, "extensions": false }),
        json!({ "query": query, "documentId": 7 }),
    ] {
        let refused = read(wrong.clone()).unwrap_err();
        assert_eq!(refused.reason, Reason::Parameter, "{wrong}");
        assert_eq!(refused.status(Media::Json), 400);
        assert_eq!(refused.status(Media::GraphqlResponse), 400);
    }
    let refused = read(json!([{ "query": query }])).unwrap_err();
    assert_eq!((refused.reason, refused.status(Media::Json)), (Reason::Batch, 400));
    let mut params = read(json!({ "query": query, "variables": { "a": 1 }, "more": 2 })).unwrap();
    assert_eq!(params.take_variables().len(), 1);
}

#[test]
fn a_query_string_is_read() {
    let limits = Limits::default();
    let read = |query: &str| Params::from_query_string(query, &limits);
    let params = read("query=%7B%20a+%7D&variables=%7B%22n%22%3A1%7D&operationName=&x=1").unwrap();
    assert_eq!(params.query.as_deref(), Some("{ a }"));
    assert_eq!(params.variables.get("n"), Some(&json!(1)));
    assert_eq!(params.operation_name, None);
    for wrong in ["query=a&query=b", "variables=x", "variables=[]", "variables=", "extensions=1"] {
        assert_eq!(read(wrong).unwrap_err().reason, Reason::Parameter, "{wrong}");
    }
    let deep = format!("variables={}", "[".repeat(40));
    assert_eq!(read(&deep).unwrap_err().reason, Reason::JsonNesting);
    assert!(Method::Get.allows(OperationType::Query).is_ok());
    assert!(Method::Post.allows(OperationType::Mutation).is_ok());
    let refused = Method::Get.allows(OperationType::Mutation).unwrap_err();
    assert_eq!((refused.status(Media::Json), refused.status(Media::GraphqlResponse)), (405, 405));
}

#[test]
fn the_status_says_how_it_went() {
    use Media::{EventStream, GraphqlResponse, Json};
    for (document, json, graphql) in [
        ("{", 200, 400),
        ("{ 8f31403dfe404bccbb0e835f2629c6a7 }", 200, 400),
        ("query CoerceFailure($id: ID!){ __typename }", 200, 400),
        ("{persons(first:101){totalCount}}", 400, 400),
        ("{a(x:\"", 400, 400),
    ] {
        let refused = refusal(document);
        let statuses = (refused.status(Json), refused.status(GraphqlResponse));
        assert_eq!(statuses, (json, graphql), "{document}");
        assert_eq!(refused.status(EventStream), 400);
    }
    let invalid = Response::from_errors(vec![ServerError::new("invalid", None)]);
    assert!(is_request_error(&invalid));
    assert_eq!((status_of(&invalid, Json), status_of(&invalid, GraphqlResponse)), (200, 400));
    let path = vec![PathSegment::Field("a".to_owned())];
    let failed = Response::from_errors(vec![ServerError::new("failed", None).with_path(path)]);
    assert!(!is_request_error(&failed));
    assert_eq!(status_of(&failed, GraphqlResponse), 200);
    assert_eq!(status_of(&Response::new(1), GraphqlResponse), 200);
}
