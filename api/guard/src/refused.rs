//! Why a request was turned away, said in a form a client and a person can use.

use async_graphql::{ErrorExtensionValues, Pos, ServerError, Value};

use super::http::Media;

/// The language of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese, the language of the bureau.
    Zh,
    /// English.
    En,
}

/// What `extensions.code` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request was put wrongly, or in a form that is not even read.
    BadRequest,
    /// The document is no valid GraphQL.
    Validation,
    /// The request asks for more than one request may.
    TooExpensive,
    /// The document named by its hash is not known here; send its text.
    PersistedQueryNotFound,
}

impl Code {
    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Validation => "VALIDATION",
            Self::TooExpensive => "TOO_EXPENSIVE",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
        }
    }
}

/// One row a reason: its name, code, message key, and its message in Chinese and English, in which
/// `{requested}`, `{limit}` and `{detail}` stand for what the refusal carries.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $code:ident $key:literal $zh:literal $en:literal;)*) => {
        /// What was wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// The code clients see.
            pub const fn code(self) -> Code {
                match self { $(Self::$name => Code::$code,)* }
            }

            /// A stable key of the message.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            const fn template(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$name, Lang::Zh) => $zh, (Self::$name, Lang::En) => $en,)*
                }
            }
        }
    };
}

reasons! {
    /// The body is larger than is read (413).
    BodyBytes BadRequest "guard-body-bytes"
        "请求体过大：{requested} 字节，上限 {limit} 字节。"
        "The request body is too large: {requested} bytes, at most {limit}.";
    /// The JSON nests too deeply.
    JsonNesting BadRequest "guard-json-nesting"
        "请求中的 JSON 嵌套过深：上限 {limit} 层。"
        "The JSON of the request is nested too deeply: at most {limit} levels.";
    /// The JSON has too many values.
    JsonTokens BadRequest "guard-json-tokens"
        "请求中的 JSON 值过多：上限 {limit} 个。"
        "The JSON of the request has too many values: at most {limit}.";
    /// The body is no JSON.
    NotJson BadRequest "guard-not-json"
        "请求体不是有效的 JSON。"
        "The request body is not valid JSON.";
    /// A list of requests in one body.
    Batch BadRequest "guard-batch"
        "不支持批量请求：请逐个发送，或在一个操作中使用多个字段。"
        "Batches are not supported: send one request at a time, or several fields in one operation.";
    /// A parameter of another type than it must have, or stated twice.
    Parameter BadRequest "guard-parameter"
        "参数“{detail}”的类型不正确或重复。"
        "The parameter \"{detail}\" has the wrong type or stands twice.";
    /// Neither a document nor a way to find one.
    NoQuery BadRequest "guard-no-query"
        "缺少参数“query”。"
        "The parameter \"query\" is missing.";
    /// The body's media type is not JSON (415).
    MediaType BadRequest "guard-media-type"
        "请求体的 Content-Type 须为 application/json（UTF-8）。"
        "The Content-Type of the request body must be application/json in UTF-8.";
    /// No media type the client accepts (406).
    NotAcceptable BadRequest "guard-not-acceptable"
        "可提供 application/graphql-response+json、application/json，订阅可提供 text/event-stream。"
        "On offer are application/graphql-response+json, application/json, and text/event-stream for subscriptions.";
    /// A method other than GET and POST, or a mutation over GET (405).
    Method BadRequest "guard-method"
        "不允许使用该方法：查询可用 GET 或 POST，变更须用 POST。"
        "That method is not allowed: queries go over GET or POST, mutations over POST.";
    /// The document is too long.
    DocumentBytes BadRequest "guard-document-bytes"
        "查询文本过长：{requested} 字节，上限 {limit} 字节。"
        "The document is too long: {requested} bytes, at most {limit}.";
    /// The document has too many tokens.
    Tokens BadRequest "guard-tokens"
        "查询文本的词法单元过多：上限 {limit} 个。"
        "The document has too many tokens: at most {limit}.";
    /// The document nests too deeply.
    Nesting BadRequest "guard-nesting"
        "查询嵌套过深：上限 {limit} 层。"
        "The document is nested too deeply: at most {limit} levels.";
    /// A name in the document is too long.
    NameBytes BadRequest "guard-name-bytes"
        "查询中的名称过长：{requested} 字节，上限 {limit} 字节。"
        "A name in the document is too long: {requested} bytes, at most {limit}.";
    /// A string in the document has no end.
    Unterminated BadRequest "guard-unterminated"
        "查询中的字符串没有结束引号。"
        "A string in the document is not terminated.";
    /// A text that no database keeps.
    NullCharacter BadRequest "guard-null-character"
        "{detail} 的文本中不能有空字符（U+0000），请删去后再发送。"
        "The text of {detail} holds the null character (U+0000): send it without.";
    /// Only documents of the manifest run here.
    Untrusted BadRequest "guard-untrusted"
        "此处只执行已登记的查询。"
        "Only registered documents are run here.";
    /// The hash is not that of the document beside it, or is no SHA-256.
    Hash BadRequest "guard-hash"
        "sha256Hash 与查询文本不符，或格式不正确（version 须为 1，64 位十六进制）。"
        "sha256Hash does not match the document, or is malformed (version must be 1, 64 hexadecimal digits).";
    /// The hash is not known. Clients compare the message, so it is the same in both languages.
    UnknownHash PersistedQueryNotFound "guard-unknown-hash"
        "PersistedQueryNotFound"
        "PersistedQueryNotFound";
    /// The document does not parse.
    Syntax Validation "guard-syntax"
        "查询语法错误：{detail}"
        "The document does not parse: {detail}";
    /// No operation of that name, or several and none named.
    Operation Validation "guard-operation"
        "无法确定要执行的操作：请在 operationName 中给出查询文本里的操作名。"
        "The operation to run is not clear: operationName must name one of the document.";
    /// A fragment that contains itself.
    Cycle Validation "guard-cycle"
        "片段“{detail}”引用了自身。"
        "The fragment \"{detail}\" spreads itself.";
    /// One key of the answer asked for in two ways.
    Conflict Validation "guard-conflict"
        "字段“{detail}”以不同的字段名或参数重复出现，请使用不同的别名。"
        "Fields \"{detail}\" conflict: they differ in name or arguments; use different aliases.";
    /// A required variable without a value.
    Variable Validation "guard-variable"
        "变量“${detail}”为必填，不能缺少或为 null。"
        "The variable \"${detail}\" is required and may not be missing or null.";
    /// A condition or a search without a value.
    Unsaid BadRequest "guard-unsaid"
        "“{detail}”没有值（null 或缺少变量）：不用该条件请整个省略，要找空值请用 isNull。"
        "\"{detail}\" has no value (null, or a variable that was not sent): leave the condition out altogether, or ask for empty ones with isNull.";
    /// Fields within fields.
    Depth TooExpensive "guard-depth"
        "查询层级过深：{requested} 层，上限 {limit} 层。"
        "The query is too deep: {requested} levels, at most {limit}.";
    /// Fields with fragments written out.
    Fields TooExpensive "guard-fields"
        "查询字段过多（片段展开后）：{requested} 个，上限 {limit} 个。"
        "The query selects too many fields with its fragments written out: {requested}, at most {limit}.";
    /// Aliases.
    Aliases TooExpensive "guard-aliases"
        "别名过多：上限 {limit} 个。"
        "The document has too many aliases: at most {limit}.";
    /// Fields of the root.
    RootFields TooExpensive "guard-root-fields"
        "根字段过多：{requested} 个，上限 {limit} 个。"
        "The operation has too many root fields: {requested}, at most {limit}.";
    /// Directives.
    Directives TooExpensive "guard-directives"
        "指令过多：上限 {limit} 个。"
        "The document has too many directives: at most {limit}.";
    /// Declared variables.
    Variables TooExpensive "guard-variables"
        "变量过多：{requested} 个，上限 {limit} 个。"
        "The operation declares too many variables: {requested}, at most {limit}.";
    /// Arguments of one field.
    Arguments TooExpensive "guard-arguments"
        "参数过多：{requested} 个，上限 {limit} 个。"
        "A field or directive has too many arguments: {requested}, at most {limit}.";
    /// Argument values with variables written out.
    Values TooExpensive "guard-values"
        "参数值总量过大（变量与片段展开后）：{requested}，上限 {limit}。"
        "The argument values are too large with variables and fragments written out: {requested}, at most {limit}.";
    /// Introspection that multiplies itself.
    Introspection TooExpensive "guard-introspection"
        "内省查询中类型列表嵌套过深：上限 {limit} 层。"
        "Introspection nests lists of types too deeply: at most {limit} levels.";
    /// A page that is too long.
    Page TooExpensive "guard-page"
        "字段“{detail}”每页最多 {limit} 条，请求了 {requested} 条。"
        "A page of \"{detail}\" is at most {limit} long, not {requested}.";
    /// Too many keys at once.
    Keys TooExpensive "guard-keys"
        "字段“{detail}”一次最多 {limit} 个键，请求了 {requested} 个。"
        "\"{detail}\" takes at most {limit} keys at once, not {requested}.";
    /// Something that takes long, beside something else.
    Alone TooExpensive "guard-alone"
        "字段“{detail}”耗时较长，须单独请求，不能与其他根字段同用。"
        "\"{detail}\" takes long: ask for it alone, without other root fields.";
    /// More statements than a request may send: told after it was given up.
    Statements TooExpensive "guard-statements"
        "请求需要的数据库查询过多，上限 {limit} 次，已放弃。请减少每页条数或字段。"
        "The request needs too many database statements, more than {limit}, and was given up. Ask for shorter pages or fewer fields.";
    /// The whole price.
    Cost TooExpensive "guard-cost"
        "查询开销过大：{requested}，上限 {limit}。请减少每页条数或字段。"
        "The query is too expensive: {requested}, at most {limit}. Ask for shorter pages or fewer fields.";
}

/// A request the guard turned away: a value, never a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What was wrong.
    pub reason: Reason,
    /// How much was asked for, where that is a number. Counting may stop early, so it can be less
    /// than the whole, but it is always above the limit.
    pub requested: Option<u64>,
    /// How much may be asked for.
    pub limit: Option<u64>,
    /// Where in the document.
    pub at: Option<Pos>,
    /// The name concerned, or what the parser expected.
    pub detail: String,
}

impl Refused {
    /// A refusal without numbers.
    pub fn new(reason: Reason) -> Self {
        Self { reason, requested: None, limit: None, at: None, detail: String::new() }
    }

    /// A refusal of `requested` where `limit` is the most.
    pub fn over(reason: Reason, requested: u64, limit: u64) -> Self {
        Self { requested: Some(requested), limit: Some(limit), ..Self::new(reason) }
    }

    /// The same with a place in the document.
    #[must_use]
    pub(super) fn at(mut self, at: Pos) -> Self {
        self.at = Some(at);
        self
    }

    /// The same about a name.
    #[must_use]
    pub(super) fn about(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// What `extensions.code` says.
    pub const fn code(&self) -> Code {
        self.reason.code()
    }

    /// What went wrong and what would be right.
    pub fn message(&self, lang: Lang) -> String {
        let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        self.reason
            .template(lang)
            .replace("{requested}", &number(self.requested))
            .replace("{limit}", &number(self.limit))
            // Last, since it is the client's own text.
            .replace("{detail}", &self.detail)
    }

    /// The HTTP status of the answer. Under `application/json` a well-formed request with an
    /// invalid document is answered 200 (GraphQL over HTTP), since a client there cannot tell
    /// another status from one made on the way.
    pub const fn status(&self, media: Media) -> u16 {
        match self.reason {
            Reason::BodyBytes => 413,
            Reason::MediaType => 415,
            Reason::NotAcceptable => 406,
            Reason::Method => 405,
            _ => match (self.code(), media) {
                (Code::Validation | Code::PersistedQueryNotFound, Media::Json) => 200,
                _ => 400,
            },
        }
    }

    /// The same as an entry of `errors`, with `extensions { code requested limit }`.
    pub fn server_error(&self, lang: Lang) -> ServerError {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code().as_str());
        for (name, number) in [("requested", self.requested), ("limit", self.limit)] {
            if let Some(number) = number {
                extensions.set(name, Value::from(number));
            }
        }
        let mut error = ServerError::new(self.message(lang), self.at);
        error.extensions = Some(extensions);
        error
    }
}

/// Nothing when `requested` is within `limit`.
pub(super) fn within(reason: Reason, requested: u64, limit: u64) -> Result<(), Refused> {
    if requested > limit { Err(Refused::over(reason, requested, limit)) } else { Ok(()) }
}

/// A length as the guard counts.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
