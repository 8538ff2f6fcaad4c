//! One entry, built step by step.

use claims::FIRST_PARTY;
use serde_json::{Map, Value};
use service_kit::ids::{ClientId, SessionId, UserId};
use uuid::Uuid;

use super::{Actor, Event, RequestContext};
use crate::store::audit::{AuditRow, page::Outcome};

/// An entry to write. Besides the context it has ids, fixed words and numbers, never a text that a person typed.
#[derive(Clone, Debug)]
pub struct Entry {
    row: AuditRow,
    details: Map<String, Value>,
}

impl RequestContext {
    /// An entry about a change in this context.
    pub fn done(&self, event: Event) -> Entry {
        let client_id = match &self.actor {
            Actor::Client(id) => Some(id.to_string()),
            Actor::User(_) => Some(FIRST_PARTY.to_owned()),
            Actor::Anonymous | Actor::Operator | Actor::System => None,
        };
        let row = AuditRow {
            at: self.at,
            // Made when the entry is written: several transactions may write the same entry.
            id: String::new(),
            event: event.as_str().to_owned(),
            outcome: Outcome::Success.as_str().to_owned(),
            reason: None,
            actor_type: self.actor.kind().to_owned(),
            actor_id: self.actor.stored_id().to_owned(),
            subject_type: None,
            subject_id: None,
            session_id: None,
            client_id,
            ip: self.client.ip.map(|ip| ip.to_string()),
            user_agent: self.client.user_agent.clone(),
            request_id: self.request_id.clone(),
            amr: None,
            details: None,
        };
        Entry { row, details: Map::new() }
    }

    /// An entry about a call that was refused in this context. `reason` is a fixed word.
    pub fn refused(&self, event: Event, reason: &'static str) -> Entry {
        let mut entry = self.done(event).because(reason);
        entry.row.outcome = Outcome::Refused.as_str().to_owned();
        entry
    }
}

impl Entry {
    /// Why: a fixed word.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.row.reason = Some(reason.to_owned());
        self
    }

    /// It is about this user.
    #[must_use]
    pub fn about_user(self, id: &UserId) -> Self {
        self.about("user", id.as_str())
    }

    /// It is about this user, if the user is known.
    #[must_use]
    pub fn about_user_if_any(self, id: Option<&UserId>) -> Self {
        id.into_iter().fold(self, Self::about_user)
    }

    /// It is about this service account.
    #[must_use]
    pub fn about_client(self, id: &ClientId) -> Self {
        self.about("client", id.as_str())
    }

    /// It is about this signing key.
    #[must_use]
    pub fn about_key(self, kid: &str) -> Self {
        self.about("key", kid)
    }

    fn about(mut self, kind: &'static str, id: &str) -> Self {
        self.row.subject_type = Some(kind.to_owned());
        self.row.subject_id = Some(id.to_owned());
        self
    }

    /// It is about this session.
    #[must_use]
    pub fn in_session(mut self, id: &SessionId) -> Self {
        self.row.session_id = Some(id.to_string());
        self
    }

    /// The user gave the password (RFC 8176 `pwd`).
    #[must_use]
    pub fn authenticated_by_password(mut self) -> Self {
        self.row.amr = Some("pwd".to_owned());
        self
    }

    /// With one more detail.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// With the number of sessions that ended.
    #[must_use]
    pub fn with_sessions(self, count: usize) -> Self {
        self.with("sessions", count)
    }

    /// The entry about sessions that end in transactions before this change, because they are too many for one.
    #[must_use]
    pub fn for_sessions_ended_before(&self) -> Self {
        let mut before = self.clone();
        let change =
            std::mem::replace(&mut before.row.event, Event::SessionEnded.as_str().to_owned());
        before.row.reason.get_or_insert(change);
        before
    }

    /// The row to insert.
    pub(crate) fn into_row(self) -> AuditRow {
        let details = (!self.details.is_empty()).then(|| Value::Object(self.details).to_string());
        AuditRow { id: Uuid::now_v7().to_string(), details, ..self.row }
    }
}
