//! Reading the log in its order, `(at, id)`, forwards or backwards.

use database::AnyConnection;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper, dsl::sql,
    sql_types::Bool,
};

use service_kit::unix_time::UnixMicros;

use super::AuditRow;
use crate::store::{DbResult, schema::audit_log};

/// A position in the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPosition {
    /// The entry's time.
    pub at: UnixMicros,
    /// The entry's id.
    pub id: String,
}

/// Which entries are read. Each of the first four has an index in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Who did it, by id.
    pub actor: Option<String>,
    /// What it was done to, by id.
    pub subject: Option<String>,
    /// What happened.
    pub event: Option<String>,
    /// Whether it was done or refused.
    pub outcome: Option<Outcome>,
    /// Not before this time.
    pub from: Option<UnixMicros>,
    /// Before this time.
    pub to: Option<UnixMicros>,
}

/// Whether something was done or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }
}

/// The entries that match a filter, in no order yet. A macro, because the type of a boxed query names its backend.
macro_rules! matching {
    ($filter:expr) => {{
        let EntryFilter { actor, subject, event, outcome, from, to } = $filter.clone();
        let mut query = audit_log::table.into_boxed();
        if let Some(actor) = actor {
            query = query.filter(audit_log::actor_id.eq(actor));
        }
        if let Some(subject) = subject {
            query = query.filter(audit_log::subject_id.eq(subject));
        }
        if let Some(event) = event {
            query = query.filter(audit_log::event.eq(event));
        }
        match outcome {
            // A literal, because a partial index is not used for a parameter.
            Some(Outcome::Refused) => query = query.filter(sql::<Bool>("outcome = 'refused'")),
            Some(outcome) => query = query.filter(audit_log::outcome.eq(outcome.as_str())),
            None => {}
        }
        if let Some(from) = from {
            query = query.filter(audit_log::at.ge(from));
        }
        if let Some(to) = to {
            query = query.filter(audit_log::at.lt(to));
        }
        query
    }};
}

/// Up to `limit` entries before a position, newest first; without a position the newest ones.
pub fn before(
    connection: &mut AnyConnection,
    filter: &EntryFilter,
    position: Option<&LogPosition>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = matching!(filter);
    if let Some(LogPosition { at, id }) = position {
        // This form walks the index; the usual OR of two comparisons reads the whole table.
        let earlier = audit_log::at.lt(*at).or(audit_log::id.lt(id.clone()));
        query = query.filter(audit_log::at.le(*at).and(earlier));
    }
    let newest_first = (audit_log::at.desc(), audit_log::id.desc());
    Ok(query.order(newest_first).limit(limit).select(AuditRow::as_select()).load(connection)?)
}

/// Up to `limit` entries after a position, oldest first; without a position the oldest ones.
pub fn after(
    connection: &mut AnyConnection,
    filter: &EntryFilter,
    position: Option<&LogPosition>,
    limit: i64,
) -> DbResult<Vec<AuditRow>> {
    let mut query = matching!(filter);
    if let Some(LogPosition { at, id }) = position {
        let later = audit_log::at.gt(*at).or(audit_log::id.gt(id.clone()));
        query = query.filter(audit_log::at.ge(*at).and(later));
    }
    let oldest_first = (audit_log::at, audit_log::id);
    Ok(query.order(oldest_first).limit(limit).select(AuditRow::as_select()).load(connection)?)
}
