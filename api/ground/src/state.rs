//! What a resolver has at hand: what all requests share, and who asks.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minzheng_kernel::{Fault, Kernel, Refusal, Viewer};

use crate::config::Config;
use crate::error::Answer;

/// What all requests share.
pub struct State {
    /// The kernel of this process.
    pub kernel: Arc<Kernel>,
    /// Its settings.
    pub config: Config,
    /// Whether this is a demo or test database.
    pub test: bool,
    parts: Vec<Arc<dyn Any + Send + Sync>>,
}

impl State {
    /// Of a process.
    pub fn new(kernel: Kernel, config: Config, test: bool) -> Self {
        Self { kernel: Arc::new(kernel), config, test, parts: Vec::new() }
    }

    /// With what a package keeps for all requests.
    #[must_use]
    pub fn with(mut self, part: impl Any + Send + Sync) -> Self {
        self.parts.push(Arc::new(part));
        self
    }

    /// What a package keeps for all requests.
    pub fn part<T: Any>(&self) -> Result<&T, Fault> {
        let found = self.parts.iter().find_map(|part| part.downcast_ref::<T>());
        found.ok_or_else(|| Fault::internal(format!("nobody keeps {}", std::any::type_name::<T>())))
    }

    /// The code of the district served, where rows that are of no division stand.
    pub fn district(&self) -> String {
        format!("{:0<12}", self.config.district.as_deref().unwrap_or_default())
    }

    /// Whether the schema is told to everybody: in demo and test databases, and where it was said so.
    pub fn explored(&self) -> bool {
        self.test || self.config.explore
    }
}

/// The shared state of this request.
pub fn state<'a>(context: &Context<'a>) -> Answer<&'a Arc<State>> {
    context.data::<Arc<State>>()
}

/// Who asks.
pub fn viewer<'a>(context: &Context<'a>) -> Answer<&'a Viewer> {
    context.data::<Arc<Viewer>>().map(AsRef::as_ref)
}

/// Who asks, for what outlives the resolver.
pub fn shared_viewer(context: &Context<'_>) -> Answer<Arc<Viewer>> {
    context.data::<Arc<Viewer>>().cloned()
}

/// The global id of a row.
pub fn global_id(aggregate: &str, id: i64) -> async_graphql::ID {
    URL_SAFE_NO_PAD.encode(format!("{aggregate}:{id}")).into()
}

/// Aggregate and row of a global id.
pub fn local_id(id: &str) -> Option<(String, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (aggregate, id) = text.split_once(':')?;
    Some((aggregate.to_owned(), id.parse().ok()?))
}

/// The row that a global id of this aggregate names.
pub fn row_id<E: entity::Aggregate>(id: &str, field: &str) -> Result<i64, Refusal> {
    match local_id(id) {
        Some((aggregate, id)) if aggregate == E::NAME => Ok(id),
        _ => Err(Refusal::not_found(field)),
    }
}

/// What an address is counted as: in IPv6 the network of 64 bits that one customer has.
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::from((six.to_bits() >> 64 << 64).to_be_bytes()),
    }
}
