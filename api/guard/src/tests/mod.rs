//! The guard against its corpus, against honest clients, and against itself.

mod admits;
mod agrees;
mod http;
mod persisted;
mod refuses;

use async_graphql::Variables;
use serde_json::{Value, json};

use super::*;

/// A small schema with the names of the real one.
pub(super) const SDL: &str = r#"
    schema { query: Query mutation: Mutation subscription: Subscription }
    interface Node { id: ID! }
    type Query {
        viewer: Viewer!
        node(id: ID!): Node
        nodes(ids: [ID!]!): [Node]!
        figures(division: String, codes: [String!]): FigureSet!
        persons(first: Int, after: String, last: Int): PersonConnection!
        hello(name: String, x: [Int!]): String
        verify: String
    }
    type Mutation { signIn(name: String): String runBatch(input: BatchInput!): String }
    input BatchInput { entries: [EntryInput!]! }
    input EntryInput { command: String! }
    type Subscription { changes(after: String): String }
    type Viewer { roles: [String!]! }
    type PageInfo { hasNextPage: Boolean! endCursor: String }
    "人员 · a person."
    type Person implements Node {
        id: ID!
        name: String @deprecated(reason: "x")
        applications(first: Int, last: Int): ApplicationConnection!
        series(last: Int): [Int!]!
        tags: [Tag!]!
    }
    type Tag { name: String }
    type PersonConnection { edges: [PersonEdge!]! nodes: [Person!]! pageInfo: PageInfo! totalCount: Int }
    type PersonEdge { node: Person! cursor: String! }
    type Application implements Node { id: ID! state: String notices(first: Int, last: Int): NoticeConnection! }
    type ApplicationConnection { edges: [ApplicationEdge!]! nodes: [Application!]! totalCount: Int }
    type ApplicationEdge { node: Application! }
    type Notice implements Node { id: ID! }
    type NoticeConnection { nodes: [Notice!]! }
    type FigureSet { asOf: String! figures: [Figure!]! }
    type Figure { code: String! value: String rows(first: Int, after: String): FigureRowConnection! }
    type FigureRowConnection { edges: [FigureRowEdge!]! nodes: [FigureRow!]! pageInfo: PageInfo! totalCount: Int }
    type FigureRowEdge { node: FigureRow! cursor: String! }
    type FigureRow { id: ID! division: String date: String value: String amount: String part: String }
"#;

pub(super) fn guard() -> Guard {
    let prices =
        [("Query.figures", ListKind::Set { argument: "codes", default: 16 }), ("FigureSet.figures", ListKind::Items)];
    let prices = prices.map(|(field, list)| (field, Price::USUAL.list(list)));
    let others = [
        ("Query.verify", Price::USUAL.seconds(600)),
        ("Mutation.runBatch", Price::USUAL.weight(1).each(&["input", "entries"], 40)),
    ];
    Guard::new(Limits::default(), SdlTable::new(SDL, prices.into_iter().chain(others)).unwrap())
}

pub(super) fn check(document: &str, variables: Value) -> Result<Checked, Refused> {
    guard().check(document, None, &Variables::from_json(variables))
}

pub(super) fn cost(document: &str) -> u64 {
    check(document, json!({})).unwrap().cost().requested
}

pub(super) fn refusal(document: &str) -> Refused {
    check(document, json!({})).unwrap_err()
}
