//! Who makes a change, and from where.

use service_kit::{
    ids::{ClientId, UserId},
    unix_time::UnixMicros,
};

use crate::sessions::ClientInfo;

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody has proven who they are.
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

    /// Its id as it is stored: the kind again where there is none.
    pub(super) fn stored_id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Client(id) => id.as_str(),
            other => other.kind(),
        }
    }
}

/// Who makes a change, when, and from where: what every entry about it says. Made once by the endpoint, the command or
/// the job, and handed to what makes the change.
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
    /// A person at the command line.
    pub fn operator(at: UnixMicros) -> Self {
        Self::without_request(Actor::Operator, at)
    }

    /// A background job.
    pub fn system(at: UnixMicros) -> Self {
        Self::without_request(Actor::System, at)
    }

    /// Somebody who makes no HTTP request.
    pub fn without_request(actor: Actor, at: UnixMicros) -> Self {
        Self { actor, at, client: ClientInfo::default(), request_id: None }
    }

    /// The same call, by an actor who became known meanwhile.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }
}
