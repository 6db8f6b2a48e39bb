//! What one request may ask for.

use serde::Deserialize;

/// The numbers the guard holds a request to.
///
/// The defaults are what the price list in the handbook prints. An installation may lower or raise
/// them in its configuration; an unknown key there is an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Bytes of a request's body, or of a query string (default 1 MiB). Uploads go elsewhere.
    pub body_bytes: u64,
    /// Values, keys and brackets in a JSON body (default 200,000).
    pub json_tokens: u64,
    /// Bytes of a document (default 100 KiB).
    pub document_bytes: u64,
    /// Lexical tokens of a document (default 10,000).
    pub tokens: u64,
    /// Brackets within brackets, in a document, through its fragments, and in JSON (default 32,
    /// never above [`Limits::DEEPEST`]): parser, validation and execution recurse on them.
    pub nesting: u64,
    /// Bytes of one name (default 200).
    pub name_bytes: u64,
    /// Fields within fields, through fragments (default 15, just what the introspection query of
    /// `GraphiQL` needs).
    pub depth: u64,
    /// Selections of all operations with every fragment written out (default 2,000).
    pub fields: u64,
    /// Aliases written in a document (default 100).
    pub aliases: u64,
    /// Fields of an operation's root (default 20).
    pub root_fields: u64,
    /// Directives written in a document (default 50).
    pub directives: u64,
    /// Variables an operation declares (default 100).
    pub variables: u64,
    /// Arguments of one field or directive (default 50).
    pub arguments: u64,
    /// Size of all argument values with variables and fragments written out (default 500,000):
    /// one for each value, and one for every 64 bytes of text.
    pub values: u64,
    /// Rows of one page (default 100).
    pub page: u64,
    /// Keys asked for at once, as in `nodes(ids:)` (default 200).
    pub keys: u64,
    /// Price of an operation (default 50,000).
    pub cost: u64,
}

impl Limits {
    /// What no configuration exceeds: beyond it the parser's own recursion is no longer safe on a
    /// thread's 2 MiB of stack.
    pub const DEEPEST: u64 = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            json_tokens: 200_000,
            document_bytes: 100 * 1024,
            tokens: 10_000,
            nesting: 32,
            name_bytes: 200,
            depth: 15,
            fields: 2_000,
            aliases: 100,
            root_fields: 20,
            directives: 50,
            variables: 100,
            arguments: 50,
            values: 500_000,
            page: 100,
            keys: 200,
            cost: 50_000,
        }
    }
}
