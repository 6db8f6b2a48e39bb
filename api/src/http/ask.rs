//! The steps that every GraphQL request takes, whichever way it came: find its document, pass the guard, tell who
//! asks, run, record what was read.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{PathSegment, Response, ServerError, Value, Variables};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, once};
use minzheng_figures::{report, setting};
use minzheng_ground::engine::Answering;
use minzheng_ground::loaders::loader;
use minzheng_ground::policy::OPEN_MUTATIONS;
use minzheng_ground::state::State;
use minzheng_ground::write::Json;
use minzheng_guard::http::is_request_error;
use minzheng_guard::persisted::Documents;
use minzheng_guard::{Checked, Guard, Params, Reason, Refused};
use minzheng_kernel::request::Request;
use minzheng_kernel::work::record_reads;
use minzheng_kernel::{Lang, Text, Viewer};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use super::bounds::{Budget, Connections, Payer, Rate};
use super::viewer;
use super::viewer::{Asking, Unheard};
use crate::schema::Schema;

/// What all connections share.
pub struct Shared {
    /// Kernel and settings.
    pub state: Arc<State>,
    /// The schema, with introspection where that is allowed.
    pub schema: Schema,
    /// The schema as text.
    pub sdl: String,
    /// What stands before the engine.
    pub guard: Guard,
    /// Documents known by hash.
    pub documents: Documents,
    /// WebSockets and event streams.
    pub connections: Connections,
    /// Requests by address.
    pub per_address: Rate<IpAddr>,
    /// Requests by account.
    pub per_account: Rate<String>,
    /// What requests use, by who pays.
    pub budget: Arc<Budget>,
    /// Turns true when the server is to stop.
    pub closing: watch::Receiver<bool>,
    /// Where requests run: connections of the database belong to this runtime.
    pub main: tokio::runtime::Handle,
}

/// A document that passed the guard, with its variables.
pub struct Prepared {
    checked: Checked,
    variables: Variables,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub const fn operation_type(&self) -> OperationType {
        self.checked.operation_type()
    }

    /// What the log says of it.
    pub fn label(&self) -> Label {
        Label {
            operation: self.checked.name().map(|name| name.chars().take(64).collect()),
            kind: match self.operation_type() {
                OperationType::Query => "query",
                OperationType::Mutation => "mutation",
                OperationType::Subscription => "subscription",
            },
            cost: self.checked.cost().requested,
        }
    }
}

/// What the log says of an operation: never a variable.
#[derive(Clone, Debug)]
pub struct Label {
    /// Name of the operation, as the document has it.
    pub operation: Option<String>,
    /// query, mutation, subscription, or none where it was refused before that was known.
    pub kind: &'static str,
    /// What it cost.
    pub cost: u64,
}

impl Default for Label {
    fn default() -> Self {
        Self { operation: None, kind: "none", cost: 0 }
    }
}

/// What came of an operation.
pub struct Ran {
    /// What the engine says.
    pub response: Response,
    /// Whether it is an answer of ours in place of the engine's: not available, given up.
    pub unavailable: bool,
}

/// An error with a code, in words.
pub fn error(code: &str, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// The guard has its own word for the language.
pub fn guard_lang(lang: Lang) -> minzheng_guard::Lang {
    if lang == Lang::Zh { minzheng_guard::Lang::Zh } else { minzheng_guard::Lang::En }
}

/// Errors of a request that was not run; the engine's own refusals of a document carry no code.
pub fn coded(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    for error in &mut errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "VALIDATION");
        }
    }
    errors
}

/// The JSON of an answer. Where nothing was run there is no `data`, which the engine writes as null.
pub fn to_json(mut response: Response) -> String {
    if is_request_error(&response) {
        let errors = coded(std::mem::take(&mut response.errors));
        serde_json::json!({ "errors": errors, "extensions": response.extensions }).to_string()
    } else {
        written(&response)
    }
}

/// An answer as the engine would write it, with what our own engine of tables wrote copied into it.
fn written(response: &Response) -> String {
    let mut json = Json::default();
    json.raw("{");
    if !response.errors.is_empty() {
        json.raw("\"errors\":");
        json.raw(&serde_json::to_string(&response.errors).unwrap_or_default());
        json.raw(",");
    }
    json.raw("\"data\":");
    json.value(&response.data);
    if !response.extensions.is_empty() {
        json.raw(",\"extensions\":{");
        for (at, (name, value)) in response.extensions.iter().enumerate() {
            if at > 0 {
                json.raw(",");
            }
            json.text(name);
            json.raw(":");
            json.value(value);
        }
        json.raw("}");
    }
    json.raw("}");
    String::from_utf8(json.0).unwrap_or_default()
}

/// Aborts a task when nobody waits for it any more.
struct Abort(Option<AbortHandle>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Shared {
    /// Finds the document and lets the guard look at it.
    pub fn prepare(&self, mut params: Params) -> Result<Prepared, Refused> {
        let found = self.documents.find(&params)?;
        let variables = params.take_variables();
        let checked = self.guard.check(&found.text, params.operation_name.as_deref(), &variables)?;
        self.documents.keep(&found, &checked);
        Ok(Prepared { checked, variables })
    }

    /// Tells who asks.
    pub async fn viewer(&self, asking: Asking) -> Result<Arc<Viewer>, Unheard> {
        if let Some(made) = viewer::viewer_at_once(&self.state, &asking) {
            return made.map(Arc::new);
        }
        let state = self.state.clone();
        let made = self.main.spawn(async move { viewer::viewer(&state, asking).await });
        let unavailable = || Unheard { status: 503, code: "UNAVAILABLE", text: Text::of("unavailable") };
        let made = self.unless_away(made).await.and_then(Result::ok);
        made.ok_or_else(unavailable).and_then(|made| made).map(Arc::new)
    }

    /// Waits for something that needs the database; `None` at once where that is away, and when it goes away meanwhile.
    pub async fn unless_away<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.state.kernel.db.health().gone() => None,
            done = work => Some(done),
        }
    }

    /// Counts a request for the account and tells who pays for it; the seconds to wait where it is one too many, or
    /// something is owed.
    pub fn count(&self, viewer: &Viewer, address: IpAddr) -> Result<Payer, u64> {
        if !viewer.is_anonymous() {
            self.per_account.admit(&viewer.actor)?;
        }
        let payer = Payer::of(viewer, address);
        self.budget.admit(&payer).map(|()| payer)
    }

    /// A request that somebody pays for. A change holds what others wait for: it takes no turns, and is never cut off
    /// half-way. What takes long is asked for alone, runs one at a time, and would be owed for ever.
    fn metered(&self, payer: Payer, operation: OperationType, long: bool) -> Arc<Request> {
        let changes = operation == OperationType::Mutation;
        let unhurried = operation == OperationType::Subscription;
        let turns = (!changes).then(|| self.budget.turns(&payer, unhurried));
        let most = (!changes && !long).then_some(self.state.config.statements_per_request);
        let budget = self.budget.clone();
        Request::new(most, turns, move |work, statements| {
            if !long {
                budget.spend(&payer, work, statements);
            }
        })
    }

    /// Runs what is read outside of GraphQL within the same bounds; nothing where it went beyond them.
    pub async fn within<T: Send + 'static>(
        &self,
        payer: Payer,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let metered = self.metered(payer, OperationType::Query, false);
        let task = self.main.spawn(async move { metered.run(work).await });
        let _abort = Abort(Some(task.abort_handle()));
        let limit = Duration::from_secs(self.state.config.time_limit);
        tokio::time::timeout(limit, task).await.ok()?.ok()?
    }

    /// What is said where a request was given up for its statements.
    fn too_many_statements(&self, lang: Lang) -> Response {
        let most = self.state.config.statements_per_request;
        let refused = Refused { limit: Some(most), ..Refused::new(Reason::Statements) };
        Response::from_errors(vec![refused.server_error(guard_lang(lang))])
    }

    /// Whether the viewer of a long connection is still good.
    pub async fn still_good(&self, viewer: &Arc<Viewer>) -> bool {
        let (state, viewer) = (self.state.clone(), viewer.clone());
        let looked = self.main.spawn(async move { viewer::still_good(&state, &viewer).await });
        // A database that is away sends nobody away; what it would give is not given either.
        self.unless_away(looked).await.is_none_or(|good| good.unwrap_or(false))
    }

    fn request(&self, prepared: Prepared, viewer: &Arc<Viewer>) -> (async_graphql::Request, Value) {
        let cost = prepared.checked.cost().extension();
        let name = prepared.checked.name().map(str::to_owned);
        let request = prepared
            .checked
            .into_request(name.as_deref(), prepared.variables)
            .data(viewer.clone())
            .data(setting::OfRequest::default())
            .data(report::OfRequest::default())
            .data(loader(self.state.kernel.clone(), viewer.clone()))
            .data(Arc::new(Answering::new(self.state.kernel.clone(), viewer.clone())));
        (request, cost)
    }

    /// Runs a query or a mutation. One that takes too long is given up; a mutation runs on, so that it is never cut
    /// off half-way by a client that went away.
    pub async fn run(&self, prepared: Prepared, viewer: &Arc<Viewer>, payer: Payer) -> Ran {
        let mutation = prepared.operation_type() == OperationType::Mutation;
        let long = prepared.checked.seconds();
        let seconds = long.unwrap_or(0).max(self.state.config.time_limit);
        let lang = viewer.lang;
        let away = || (Response::from_errors(vec![error("UNAVAILABLE", Text::of("unavailable").say(lang))]), true);
        if self.state.kernel.db.health().is_away() {
            let (response, unavailable) = away();
            return Ran { response, unavailable };
        }
        if let Some(response) = stranger(&prepared, viewer) {
            return Ran { response, unavailable: false };
        }
        let metered = self.metered(payer, prepared.operation_type(), long.is_some());
        let too_many = self.too_many_statements(lang);
        let (request, cost) = self.request(prepared, viewer);
        let (schema, state, viewer) = (self.schema.clone(), self.state.clone(), viewer.clone());
        let task: JoinHandle<(Response, bool)> = self.main.spawn(async move {
            let response = metered.run(schema.execute(request)).await.unwrap_or(too_many);
            let statements = metered.statements();
            drop(metered);
            let response = response.extension("cost", cost);
            let response = if state.test { response.extension("statements", statements.into()) } else { response };
            recorded(&state, &viewer, response).await
        });
        let _abort = Abort((!mutation).then(|| task.abort_handle()));
        let done = async {
            // What a mutation came to is told by itself: the database is asked for it when it is back.
            if mutation { task.await } else { self.unless_away(task).await.unwrap_or_else(|| Ok(away())) }
        };
        let done = tokio::time::timeout(Duration::from_secs(seconds), done);
        let (response, unavailable) = match done.await {
            Ok(Ok(done)) => done,
            // A panic: its text is in the log and not for the client.
            Ok(Err(_)) => (Response::from_errors(vec![error("INTERNAL", Text::of("internal").say(lang))]), true),
            Err(_) => {
                let text = Text::of(if mutation { "timed-out-mutation" } else { "timed-out" }).with("seconds", seconds);
                (Response::from_errors(vec![error("UNAVAILABLE", text.say(lang))]), true)
            }
        };
        Ran { response, unavailable }
    }

    /// Runs a subscription, or anything as a stream of one answer. What each answer read is recorded before it leaves.
    pub fn follow(
        self: &Arc<Self>,
        prepared: Prepared,
        viewer: Arc<Viewer>,
        payer: Payer,
    ) -> BoxStream<'static, Response> {
        if prepared.operation_type() != OperationType::Subscription {
            let shared = self.clone();
            return once(async move { shared.run(prepared, &viewer, payer).await.response }).boxed();
        }
        let metered = self.metered(payer.clone(), OperationType::Subscription, false);
        let mut too_many = Some(self.too_many_statements(viewer.lang));
        let budget = self.budget.clone();
        let (request, cost) = self.request(prepared, &viewer);
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let (schema, state) = (self.schema.clone(), self.state.clone());
        let task = self.main.spawn(async move {
            let mut answers = schema.execute_stream(request);
            loop {
                let before = metered.statements();
                let answer = metered.run(answers.next()).await;
                let statements = metered.statements() - before;
                metered.pay();
                let ends = answer.is_none();
                let Some(response) = answer.unwrap_or_else(|| too_many.take()) else { break };
                let response = response.extension("cost", cost.clone());
                let response = if state.test { response.extension("statements", statements.into()) } else { response };
                let (response, unavailable) = recorded(&state, &viewer, response).await;
                if sender.send(response).await.is_err() || unavailable || ends {
                    break;
                }
                // Who owes something hears later, and then how things stand.
                while let Err(seconds) = budget.admit(&payer) {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
            }
        });
        let abort = Abort(Some(task.abort_handle()));
        futures_util::stream::unfold((receiver, abort), |(mut receiver, abort)| async move {
            Some((receiver.recv().await?, (receiver, abort)))
        })
        .boxed()
    }
}

/// What a mutation says to who has not signed in, before anything looks at its input.
fn stranger(prepared: &Prepared, viewer: &Viewer) -> Option<Response> {
    if prepared.operation_type() != OperationType::Mutation || !viewer.is_anonymous() {
        return None;
    }
    let closed = prepared.checked.root().find(|field| !OPEN_MUTATIONS.contains(field) && *field != "__typename")?;
    let mut refused = error("UNAUTHENTICATED", Text::of("unauthenticated").say(viewer.lang));
    refused.path.push(PathSegment::Field(closed.to_owned()));
    Some(Response::from_errors(vec![refused]))
}

/// Records what was read in full. What cannot be recorded is not shown.
async fn recorded(state: &State, viewer: &Viewer, response: Response) -> (Response, bool) {
    match record_reads(&state.kernel, viewer).await {
        Ok(()) => (response, false),
        Err(fault) => {
            tracing::error!(%fault, "reads could not be recorded");
            let text = Text::of("unavailable").say(viewer.lang);
            (Response::from_errors(vec![error("UNAVAILABLE", text)]), true)
        }
    }
}

/// One line in the log and the metrics for one request or operation.
pub fn told(request_id: &str, way: &'static str, status: u16, label: &Label, began: Instant) {
    let took = began.elapsed();
    metrics::counter!("minzheng_requests_total", "way" => way, "kind" => label.kind, "status" => status.to_string())
        .increment(1);
    metrics::histogram!("minzheng_request_seconds", "way" => way, "kind" => label.kind).record(took.as_secs_f64());
    tracing::info!(
        target: "minzheng::request",
        id = request_id,
        way,
        status,
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        operation = label.operation.as_deref().unwrap_or("-"),
        kind = label.kind,
        cost = label.cost,
    );
}
