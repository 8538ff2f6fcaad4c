//! Who makes a change, and from where.

use service_kit::{
    ids::{ClientId, UserId},
    unix_time::UnixMicros,
};

use crate::sessions::ClientInfo;

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A caller without proof of identity.
    Anonymous,
    /// A user, by id.
    User(UserId),
    /// A service account, by id.
    Client(ClientId),
    /// A person at the command line.
    Operator,
    /// A background job.
    System,
}

impl Actor {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User(_) => "user",
            Self::Client(_) => "client",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// The id that is stored. An actor without an id is stored with its kind.
    pub(super) fn stored_id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Client(id) => id.as_str(),
            other => other.kind(),
        }
    }
}

/// Who makes a change, when, and from where, for the entries about it. The endpoint, the command or the job makes it
/// once and passes it to the function that makes the change.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: UnixMicros,
    /// Address and user agent.
    pub client: ClientInfo,
    /// The request's id.
    pub request_id: Option<String>,
}

impl RequestContext {
    /// The context of a person at the command line.
    pub fn operator(at: UnixMicros) -> Self {
        Self::without_request(Actor::Operator, at)
    }

    /// The context of a background job.
    pub fn system(at: UnixMicros) -> Self {
        Self::without_request(Actor::System, at)
    }

    /// The context of an actor who makes no HTTP request.
    pub fn without_request(actor: Actor, at: UnixMicros) -> Self {
        Self { actor, at, client: ClientInfo::default(), request_id: None }
    }

    /// The same context with another actor, who is known only now.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }
}
