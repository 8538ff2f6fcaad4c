//! Limits how many entries refused calls write: some get an entry of their own, the rest are summed up.

use std::collections::HashMap;

use service_kit::{timestamp::Timestamp, unix_time::UnixMicros};
use uuid::Uuid;

use crate::store::audit::AuditRow;

/// How many refused calls at once get an entry of their own.
const BURST: i64 = 200;

/// The time after which one more refused call gets an entry of its own: five a second.
const REFILL_MICROS: i64 = 200_000;

/// Number of sums in one batch that name a user or a service account: as the subject, or as the one who called. The other
/// calls share sums that name neither.
const MAX_NAMED_SUMS: usize = 8;

/// The actor of a call without a token, and of a sum that names neither users nor service accounts.
const ANONYMOUS: &str = "anonymous";

/// The refused calls since the last batch: up to the limit as entries, the others as sums.
#[derive(Debug)]
pub(super) struct SummingBuffer {
    /// How many more entries of their own are allowed, in microseconds of refill.
    budget: i64,
    /// When the budget was last raised, in microseconds since the epoch.
    raised_at: i64,
    entries: Vec<AuditRow>,
    sums: HashMap<SumKey, Sum>,
}

/// Refused calls with the same key are in one sum.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SumKey {
    event: String,
    reason: Option<String>,
    subject_id: Option<String>,
    actor_type: String,
    actor_id: String,
}

impl SumKey {
    fn of(entry: &AuditRow) -> Self {
        Self {
            event: entry.event.clone(),
            reason: entry.reason.clone(),
            subject_id: entry.subject_id.clone(),
            actor_type: entry.actor_type.clone(),
            actor_id: entry.actor_id.clone(),
        }
    }

    fn is_named(&self) -> bool {
        self.subject_id.is_some() || self.actor_type != ANONYMOUS
    }
}

#[derive(Debug)]
struct Sum {
    first: AuditRow,
    last_at: UnixMicros,
    count: u64,
}

impl Default for SummingBuffer {
    fn default() -> Self {
        let (budget, raised_at) = (BURST * REFILL_MICROS, i64::MIN);
        Self { budget, raised_at, entries: Vec::new(), sums: HashMap::new() }
    }
}

impl SummingBuffer {
    /// Takes a refused call. `false` if it is only counted in a sum.
    pub(super) fn add(&mut self, entry: AuditRow) -> bool {
        let passed = entry.at.as_i64().saturating_sub(self.raised_at).max(0);
        self.budget = self.budget.saturating_add(passed).min(BURST * REFILL_MICROS);
        self.raised_at = self.raised_at.max(entry.at.as_i64());
        if self.budget >= REFILL_MICROS {
            self.budget -= REFILL_MICROS;
            self.entries.push(entry);
            return true;
        }
        self.sum_up(entry);
        false
    }

    fn sum_up(&mut self, mut entry: AuditRow) {
        let named = self.sums.keys().filter(|key| key.is_named()).count();
        if !self.sums.contains_key(&SumKey::of(&entry)) && named >= MAX_NAMED_SUMS {
            entry = AuditRow {
                subject_type: None,
                subject_id: None,
                actor_type: ANONYMOUS.to_owned(),
                actor_id: ANONYMOUS.to_owned(),
                ..entry
            };
        }
        let at = entry.at;
        let sum = self.sums.entry(SumKey::of(&entry)).or_insert_with(|| Sum::new(entry.clone()));
        sum.count += 1;
        sum.last_at = sum.last_at.max(at);
        if sum.first.ip != entry.ip {
            sum.first.ip = None;
        }
    }

    /// Takes the entries to write, so that the buffer is empty.
    pub(super) fn take(&mut self) -> Vec<AuditRow> {
        let mut entries = std::mem::take(&mut self.entries);
        entries.extend(std::mem::take(&mut self.sums).into_values().map(Sum::into_row));
        entries
    }
}

impl Sum {
    fn new(first: AuditRow) -> Self {
        let last_at = first.at;
        // A sum has no values that differ from call to call. It has the address if all came from there.
        let first = AuditRow {
            session_id: None,
            client_id: None,
            user_agent: None,
            request_id: None,
            ..first
        };
        Self { first, last_at, count: 0 }
    }

    fn into_row(self) -> AuditRow {
        let since = Timestamp::from(self.first.at).to_string();
        let details = serde_json::json!({ "count": self.count, "since": since });
        let (at, id) = (self.last_at, Uuid::now_v7().to_string());
        AuditRow { at, id, details: Some(details.to_string()), ..self.first }
    }
}

#[cfg(test)]
mod tests {
    use service_kit::ids::UserId;

    use super::*;
    use crate::audit::{Actor, Event, RequestContext};
    use crate::sessions::ClientInfo;

    fn refused(at: i64, user: &str, ip: &str) -> AuditRow {
        let client = ClientInfo::new(Some("tests"), Some(ip.parse().unwrap()));
        let at = UnixMicros::new(at);
        let context = RequestContext { actor: Actor::Anonymous, at, client, request_id: None };
        let refused = context.refused(Event::UserLoginFailed, "wrong_password");
        refused.about_user(&UserId::from_trusted(user.to_owned())).into_row()
    }

    fn counts(rows: &[AuditRow]) -> Vec<u64> {
        let count = |row: &AuditRow| {
            let details: serde_json::Value = serde_json::from_str(row.details.as_ref()?).unwrap();
            details["count"].as_u64()
        };
        rows.iter().filter_map(count).collect()
    }

    #[test]
    fn each_try_has_its_own_entry_until_there_are_too_many() {
        let mut buffer = SummingBuffer::default();
        let own = (0..1_000).filter(|_| buffer.add(refused(5, "ana", "192.0.2.1"))).count();
        let rows = buffer.take();
        assert_eq!((own, rows.len()), (200, 201));
        assert_eq!(counts(&rows), [800]);
        let sum = rows.last().unwrap();
        assert_eq!(sum.subject_id.as_deref(), Some("ana"));
        assert_eq!(sum.ip.as_deref(), Some("192.0.2.1"), "all came from there");
        assert!(buffer.take().is_empty());
    }

    #[test]
    fn a_flood_of_an_hour_at_thousands_of_users_writes_a_few_rows_a_second_and_counts_each_try() {
        let (mut buffer, mut rows) = (SummingBuffer::default(), Vec::new());
        for second in 0..3_600 {
            for number in 0..50_i64 {
                let (user, ip) =
                    (format!("user{}", second * 7 + number), format!("192.0.2.{number}"));
                buffer.add(refused(second * 1_000_000 + number * 20_000, &user, &ip));
            }
            rows.extend(buffer.take());
        }
        assert!(rows.len() < 3_600 * 16, "{}", rows.len());
        let sums: Vec<_> = counts(&rows);
        let own = rows.len() - sums.len();
        assert_eq!(own as u64 + sums.iter().sum::<u64>(), 3_600 * 50);
    }

    #[test]
    fn after_a_pause_tries_have_entries_of_their_own_again() {
        let mut buffer = SummingBuffer::default();
        while buffer.add(refused(0, "ana", "192.0.2.1")) {}
        assert!(!buffer.add(refused(199_999, "ana", "192.0.2.1")));
        assert!(buffer.add(refused(200_000, "ana", "192.0.2.1")));
        assert!(!buffer.add(refused(200_000, "ana", "192.0.2.1")));
        // A clock that goes back does not change the budget.
        assert!(!buffer.add(refused(0, "ana", "192.0.2.1")));
        assert!(buffer.add(refused(3_600_000_000, "ana", "192.0.2.1")));
    }

    #[test]
    fn a_sum_names_the_one_who_called() {
        let mut buffer = SummingBuffer::default();
        while buffer.add(refused(0, "ana", "192.0.2.1")) {}
        let by_administrator = |number: i64| AuditRow {
            actor_type: "user".to_owned(),
            actor_id: format!("administrator {number}"),
            ..refused(0, "ana", "192.0.2.9")
        };
        for number in [1, 1, 2] {
            buffer.add(by_administrator(number));
        }
        let rows = buffer.take();
        let count_of = |id: &str| {
            counts(&rows.iter().filter(|row| row.actor_id == id).cloned().collect::<Vec<_>>())
        };
        assert_eq!(count_of("administrator 1"), [2]);
        assert_eq!(count_of("administrator 2"), [1]);
        for number in 0..20 {
            buffer.add(by_administrator(number));
        }
        let rows = buffer.take();
        let unnamed = rows.iter().find(|row| row.actor_type == ANONYMOUS).unwrap();
        assert_eq!((unnamed.subject_id.as_deref(), rows.len()), (None, MAX_NAMED_SUMS + 1));
    }

    #[test]
    fn a_sum_of_several_addresses_names_none() {
        let mut buffer = SummingBuffer::default();
        while buffer.add(refused(0, "ana", "192.0.2.1")) {}
        buffer.add(refused(0, "ana", "192.0.2.2"));
        buffer.add(refused(0, "ana", "192.0.2.1"));
        assert_eq!(buffer.take().last().unwrap().ip, None);
    }
}
