//! The table `audit_log`: a row for each change and each refused call. Rows are only added; only [`retention`] changes
//! or deletes them.

mod insert;
pub mod page;
pub mod retention;

use diesel::{Insertable, Queryable, Selectable};
use service_kit::unix_time::UnixMicros;

pub(super) use self::insert::WithEntry;
pub use self::insert::{insert, insert_all, missing};
use super::schema::audit_log;

/// One entry as stored. docs/security.md explains each event.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
pub struct AuditRow {
    /// When it happened.
    pub at: UnixMicros,
    /// A UUID that grows with time: entries of one process and one microsecond keep their order.
    pub id: String,
    /// What happened, such as `user.login`.
    pub event: String,
    /// `success` or `refused`.
    pub outcome: String,
    /// Why, as a fixed word.
    pub reason: Option<String>,
    /// Who did it: `user`, `client`, `operator`, `system` or `anonymous`.
    pub actor_type: String,
    /// The actor's id; the type again for a type without ids.
    pub actor_id: String,
    /// What it was done to: `user`, `client` or `key`.
    pub subject_type: Option<String>,
    /// Its id.
    pub subject_id: Option<String>,
    /// The one session that it is about.
    pub session_id: Option<String>,
    /// The client through which it was done.
    pub client_id: Option<String>,
    /// The caller's address.
    pub ip: Option<String>,
    /// The beginning of the caller's `User-Agent`.
    pub user_agent: Option<String>,
    /// The request's id, as in the log.
    pub request_id: Option<String>,
    /// How the user was authenticated in it (RFC 8176), separated by spaces.
    pub amr: Option<String>,
    /// A small JSON object.
    pub details: Option<String>,
}

impl AuditRow {
    /// The entry's place in the log.
    pub fn place(&self) -> page::Place {
        page::Place { at: self.at, id: self.id.clone() }
    }
}
