use super::super::{hostile::each, *};
use super::*;

/// What graphql-js 16 makes of `getIntrospectionQuery` with every option on.
const INTROSPECTION: &str = "
query IntrospectionQuery { __schema { description
  queryType { name kind } mutationType { name kind } subscriptionType { name kind }
  types { ...FullType }
  directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description
    args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue
  isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name } } } } } } } } } }";

#[test]
fn introspection_passes() {
    let cost = check(INTROSPECTION, json!({})).unwrap().cost();
    assert_eq!((cost.depth, cost.root_fields), (15, 1));
    assert!(cost.requested < 11_000, "{cost:?}");
    // But not by the handful.
    let five = each(5, |n| format!("a{n}: __schema {{ types {{ name }} }} "));
    assert_eq!(refusal(&format!("{{{five}}}")).reason, Reason::Cost);
}

#[test]
fn sixteen_figures_with_full_pages_pass() {
    let rows = "rows(first: 100) { edges { node { id division date value amount part __typename } cursor }
        pageInfo { hasNextPage endCursor } totalCount }";
    let at_once = format!("{{ figures(division: \"430104\") {{ asOf figures {{ code value {rows} }} }} }}");
    let cost = check(&at_once, json!({})).unwrap().cost();
    assert_eq!(cost.requested, 3 + 16 * (3 + 4 + 500 + 100 * 9));
    let aliased = each(16, |n| format!("f{n}: figures(codes: [\"F{n}\"]) {{ figures {{ code value {rows} }} }} "));
    assert!(super::cost(&format!("{{{aliased}}}")) < 25_000);
}

#[test]
fn pages_multiply_once() {
    let one = 1 + 100 * 2;
    assert_eq!(cost("{persons(first:100){nodes{id}}}"), 1 + 1 + 100);
    assert_eq!(cost("{persons(first:100){edges{node{id}}}}"), 1 + 1 + one - 1);
    assert_eq!(cost("{persons(last:100){edges{node{id}}}}"), 1 + 1 + one - 1);
    // Left out, null, or nothing sent: twenty.
    for document in [
        "{persons{nodes{id}}}",
        "{persons(first:null){nodes{id}}}",
        "query($n:Int){persons(first:$n){nodes{id}}}",
        "query($n:Int=20){persons(first:$n){nodes{id}}}",
    ] {
        assert_eq!(cost(document), 2 + 20, "{document}");
    }
    assert_eq!(cost("{persons(first:0){nodes{id}}}"), 2 + 1);
    // The page of one connection is not that of another.
    assert_eq!(cost("{persons(first:3){nodes{applications(first:5){nodes{id}}}}}"), 1 + 1 + 3 + 3 + 15);
    // The object beside the rows is not multiplied, nor is what has a page of its own.
    assert_eq!(cost("{persons(first:9){pageInfo{hasNextPage} totalCount}}"), 3 + 500);
    assert_eq!(cost("{persons(first:2){nodes{series(last:7)}}}"), 1 + 1 + 2);
    assert_eq!(cost("{persons(first:2){nodes{tags{name}}}}"), 1 + 1 + 2 + 20);
}

#[test]
fn fragments_take_the_page_they_are_spread_in() {
    let fragment = "fragment p on PersonConnection{nodes{id ...i} edges{node{...i}}} fragment i on Node{id}";
    let written =
        |page| format!("persons(first:{page}){{nodes{{id ... on Node{{id}}}} edges{{node{{... on Person{{id}}}}}}}}");
    let spread = format!("{{a:persons(first:3){{...p}} b:persons(first:50){{...p}}}} {fragment}");
    let inline = format!("{{a:{} b:{}}}", written(3), written(50));
    assert_eq!(cost(&spread), cost(&inline));
    assert_eq!(cost(&spread), 2 * 3 + 53 * (2 + 2));
    // Through a type condition on an interface too.
    assert_eq!(cost("{node(id:1){... on Person{applications(first:4){nodes{id}}}}}"), 1 + 1 + 1 + 4);
}

#[test]
fn keys_and_variables_count() {
    let document = "query($ids:[ID!]!){nodes(ids:$ids){id}}";
    let ids = |count| json!({ "ids": vec!["a"; count] });
    assert_eq!(check(document, ids(7)).unwrap().cost().requested, 1 + 7);
    let refused = check(document, ids(201)).unwrap_err();
    assert_eq!((refused.reason, refused.requested), (Reason::Keys, Some(201)));
    // A large input used once is fine, and has its price.
    let names = json!({ "n": "x".repeat(500_000) });
    let cost = check("mutation($n:String){signIn(name:$n)}", names).unwrap().cost();
    assert_eq!(cost.requested, 40 + (500_000 / 64 + 2) / 16);
}

#[test]
fn only_the_operation_that_runs_is_priced() {
    let guard = guard();
    let document = "query cheap{viewer{roles}} query dear{persons(first:100){nodes{applications(first:100){nodes{
        notices(first:100){nodes{id}}}}}}} mutation sign{signIn}";
    let run = |name| guard.check(document, name, &Variables::default());
    assert_eq!(run(Some("cheap")).unwrap().cost().requested, 2);
    assert_eq!(run(Some("dear")).unwrap_err().reason, Reason::Cost);
    let sign = run(Some("sign")).unwrap();
    assert_eq!(sign.operation_type(), OperationType::Mutation);
    assert_eq!(run(None).unwrap_err().reason, Reason::Operation);
    assert_eq!(run(Some("other")).unwrap_err().reason, Reason::Operation);
    let single = guard.check("{viewer{roles}}", Some("a"), &Variables::default());
    assert_eq!(single.unwrap_err().reason, Reason::Operation);
}

#[test]
fn validation_is_left_to_the_engine() {
    // Unknown fields, fragments, arguments and types have a price and pass.
    for document in [
        "{nothing{below{it}}}",
        "{...nothing}",
        "{persons(first:\"100\"){nodes{id}}}",
        "query($v:Nothing){hello(name:$v)}",
        "{... on Nothing{a}}",
        "{id: hello id: hello}",
    ] {
        assert!(check(document, json!({})).is_ok(), "{document}");
    }
}

#[test]
fn a_price_list_knows_its_schema() {
    let wrong = SdlTable::new(SDL, [("Query.persson", Price::default())]).unwrap_err();
    assert!(wrong.to_string().contains("Query.persson"));
    assert!(SdlTable::new("type {", []).is_err());
    let price = Price::USUAL.weight(1_000);
    let table = SdlTable::new(SDL, [("Query.viewer", price)]).unwrap();
    assert_eq!(table.field("Query", "viewer").unwrap().weight, 1_000);
    assert_eq!(table.field("Query", "persons").unwrap().of_type, "PersonConnection");
    assert_eq!(table.root(OperationType::Subscription), Some("Subscription"));
}

#[test]
fn the_request_carries_the_document() {
    let variables = Variables::from_json(json!({ "n": 1 }));
    let checked = guard().check("query A($n:Int){persons(first:$n){totalCount}}", Some("A"), &variables);
    let checked = checked.unwrap();
    assert_eq!(serde_json::to_value(checked.cost().extension()).unwrap(), json!({ "requested": 501, "limit": 50_000 }));
    let mut request = checked.into_request(Some("A"), variables);
    assert!(request.query.is_empty());
    assert_eq!(request.parsed_query().unwrap().operations.iter().count(), 1);
}

/// Limits may be set in the configuration; a wrong key is an error.
#[test]
fn limits_are_read() {
    let limits: Limits = serde_json::from_value(json!({ "document-bytes": 1 })).unwrap();
    assert_eq!(limits, Limits { document_bytes: 1, ..Limits::default() });
    assert!(serde_json::from_value::<Limits>(json!({ "documentBytes": 1 })).is_err());
    let deep = Limits { nesting: 1_000, ..Limits::default() };
    let guard = Guard::new(deep, SdlTable::new(SDL, []).unwrap());
    assert_eq!(guard.limits().nesting, Limits::DEEPEST);
}

#[test]
fn a_batch_costs_what_is_in_it_wherever_it_stands() {
    let entry = json!({ "command": "x" });
    let entries = |n: usize| vec![entry.clone(); n];
    let price = |document: &str, variables: Value| check(document, variables).map(|checked| checked.cost().requested);
    let written = "mutation { runBatch(input: { entries: [{ command: \"x\" }, { command: \"y\" }] }) }";
    assert_eq!(price(written, json!({})).unwrap(), 1 + 2 * 40);
    let input = "mutation($input: BatchInput!) { runBatch(input: $input) }";
    let inner = "mutation($entries: [EntryInput!]!) { runBatch(input: { entries: $entries }) }";
    for n in [1, 200] {
        // The size of the values is in it too, and small beside.
        let least = 1 + 40 * n as u64;
        let whole = price(input, json!({ "input": { "entries": entries(n) } })).unwrap();
        let part = price(inner, json!({ "entries": entries(n) })).unwrap();
        assert!(whole >= least && whole < least + 200, "{whole}");
        assert!(part >= least && part < least + 200, "{part}");
    }
    let aliases: String = (0..20).map(|n| format!("b{n}: runBatch(input: $input) ")).collect();
    let many = format!("mutation($input: BatchInput!) {{ {aliases} }}");
    let refused = price(&many, json!({ "input": { "entries": entries(200) } })).unwrap_err();
    assert_eq!(refused.reason, Reason::Cost);
    assert_eq!(price("mutation { signIn }", json!({})).unwrap(), 40, "one command");
}

#[test]
fn counting_a_list_has_its_price() {
    assert_eq!(cost("{ persons { totalCount } }"), 1 + 500);
    assert_eq!(cost("{ figures(codes: [\"a\", \"b\"]) { figures { rows { totalCount } } } }"), 1 + 1 + 2 * (1 + 500));
}

#[test]
fn only_what_is_run_may_take_long_and_only_alone() {
    let seconds = |document: &str, variables: Value| check(document, variables).map(|checked| checked.seconds());
    let asked = "query($no: Boolean = true) { verify @skip(if: $no) hello }";
    assert_eq!(seconds("{ verify }", json!({})).unwrap(), Some(600));
    assert_eq!(
        seconds("{ __typename ...on Query { ...V } } fragment V on Query { v: verify }", json!({})).unwrap(),
        Some(600)
    );
    for (document, variables) in [
        (asked, json!({})),
        (asked, json!({ "no": true })),
        ("{ verify @include(if: false) hello }", json!({})),
        ("{ ...V @skip(if: true) hello } fragment V on Query { verify }", json!({})),
        ("{ hello }", json!({})),
    ] {
        assert_eq!(seconds(document, variables).unwrap(), None, "{document}");
    }
    for (document, variables) in [
        (asked, json!({ "no": false })),
        ("{ verify hello }", json!({})),
        ("{ a: verify b: verify }", json!({})),
        ("{ hello ...V } fragment V on Query { verify @include(if: true) }", json!({})),
    ] {
        let refused = seconds(document, variables).unwrap_err();
        assert_eq!((refused.reason, refused.detail.as_str()), (Reason::Alone, "verify"), "{document}");
    }
}
