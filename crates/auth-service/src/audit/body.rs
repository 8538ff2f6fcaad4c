//! An entry of the audit log as JSON.

use serde::Serialize;
use serde_json::Value;
use service_kit::timestamp::Timestamp;
use utoipa::ToSchema;

use crate::store::audit::AuditRow;

/// An entry, as the API, the command line and the log show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryBody {
    id: String,
    /// RFC 3339.
    at: String,
    /// What happened; docs/security.md lists the events.
    #[schema(example = "user.login")]
    event: String,
    /// `success` or `refused`.
    #[schema(example = "success")]
    outcome: String,
    /// Why, as a fixed word.
    reason: Option<String>,
    /// Who did it.
    actor: PartyBody,
    /// What it was done to.
    subject: Option<PartyBody>,
    session_id: Option<String>,
    client_id: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    /// How the user was authenticated in it (RFC 8176).
    amr: Option<Vec<String>>,
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
}

/// Who did something, or what it was done to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PartyBody {
    /// `user`, `client`, `operator`, `system` or `anonymous`; of a subject `user`, `client` or `key`.
    #[serde(rename = "type")]
    #[schema(example = "user")]
    kind: String,
    /// `null` for an operator, the system and an anonymous client.
    id: Option<String>,
}

impl From<&AuditRow> for EntryBody {
    fn from(row: &AuditRow) -> Self {
        let row = row.clone();
        let actor_id = (row.actor_id != row.actor_type).then_some(row.actor_id);
        let subject = row.subject_type.map(|kind| PartyBody { kind, id: row.subject_id });
        Self {
            id: row.id,
            at: Timestamp::from(row.at).to_string(),
            event: row.event,
            outcome: row.outcome,
            reason: row.reason,
            actor: PartyBody { kind: row.actor_type, id: actor_id },
            subject,
            session_id: row.session_id,
            client_id: row.client_id,
            ip: row.ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
            amr: row.amr.map(|amr| amr.split(' ').map(str::to_owned).collect()),
            details: row.details.and_then(|details| serde_json::from_str(&details).ok()),
        }
    }
}

impl EntryBody {
    /// When it happened, in RFC 3339.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The entry as the user who is its subject may see it. If another person or service acted, it shows only the kind.
    #[must_use]
    pub fn for_subject(self) -> Self {
        let own = self.subject.as_ref().and_then(|subject| subject.id.as_ref());
        // The owner wants to recognise the client of an unknown person who tried to log in.
        if self.actor.kind == "anonymous" || self.actor.id.as_ref() == own {
            return self;
        }
        let actor = PartyBody { id: None, ..self.actor };
        Self { actor, client_id: None, ip: None, user_agent: None, request_id: None, ..self }
    }

    /// Without address and user agent, which are kept for a shorter time.
    #[must_use]
    pub fn without_client(self) -> Self {
        Self { ip: None, user_agent: None, ..self }
    }
}
