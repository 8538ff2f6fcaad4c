//! Which entries of the log a reader wants.

use service_kit::unix_time::UnixMicros;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Event;
use crate::store::audit::page::{EntryFilter, Outcome};

/// Most characters of an id or of a kind of actor.
const PARTY_CHARACTERS: usize = 64;

/// Which entries a reader wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who did it: an id, or `operator`, `system` or `anonymous`, which have no id.
    pub actor: Option<String>,
    /// What it was done to, by id.
    pub subject: Option<String>,
    /// What happened.
    pub event: Option<EventFilter>,
    /// Whether it was done or refused.
    pub outcome: Option<Outcome>,
    /// Not before this time.
    pub from: Option<UnixMicros>,
    /// Before this time.
    pub to: Option<UnixMicros>,
}

impl Filter {
    /// A text that is different for each filter.
    pub fn name(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let time = |value: Option<UnixMicros>| {
            value.map(|time| time.as_i64().to_string()).unwrap_or_default()
        };
        let event = self.event.as_ref().map(|event| event.0.clone());
        let outcome = self.outcome.map_or("", Outcome::as_str).to_owned();
        let (from, to) = (time(self.from), time(self.to));
        [text(&self.actor), text(&self.subject), text(&event), outcome, from, to].join("\n")
    }

    fn entry_filter(&self, event: Option<&str>) -> EntryFilter {
        EntryFilter {
            actor: self.actor.clone(),
            subject: self.subject.clone(),
            event: event.map(str::to_owned),
            outcome: self.outcome,
            from: self.from,
            to: self.to,
        }
    }

    /// One filter for each wanted event, because an index serves one event in the order of the log.
    pub(super) fn entry_filters(&self) -> Vec<EntryFilter> {
        match &self.event {
            None => vec![self.entry_filter(None)],
            Some(filter) => {
                filter.events().into_iter().map(|event| self.entry_filter(Some(event))).collect()
            }
        }
    }
}

/// One event, or a group of events: `user.login` or `user.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFilter(String);

impl EventFilter {
    /// Reads an event filter. An event that this version does not know is not an error: it finds nothing, or old
    /// entries.
    ///
    /// # Errors
    /// For a text that cannot be an event.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        match text.split_once('.') {
            Some((group, name)) if is_word(group) && (name == "*" || is_word(name)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("is not an event, such as user.login or user.*"),
        }
    }

    fn events(&self) -> Vec<&str> {
        let Some(prefix) = self.0.strip_suffix('*') else { return vec![&self.0] };
        let known = Event::ALL.into_iter().map(Event::as_str);
        known.filter(|event| event.starts_with(prefix)).collect()
    }
}

/// An id of a user, a service account or a key, or a kind of actor that has no ids.
///
/// # Errors
/// For a text that cannot be one of them.
pub fn parse_party(text: &str) -> Result<String, &'static str> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=PARTY_CHARACTERS).contains(&text.len()) || !text.bytes().all(is_id) {
        return Err("is not an id");
    }
    // A UUID in upper case is the same id; a key's id is case-sensitive.
    Ok(service_kit::ids::canonical_uuid(text).unwrap_or_else(|| text.to_owned()))
}

/// Whether something was done or refused.
///
/// # Errors
/// For any other text.
pub fn parse_outcome(text: &str) -> Result<Outcome, &'static str> {
    [Outcome::Success, Outcome::Refused]
        .into_iter()
        .find(|outcome| outcome.as_str() == text)
        .ok_or("is neither success nor refused")
}

/// A time in RFC 3339.
///
/// # Errors
/// For any other text.
pub fn parse_time(text: &str) -> Result<UnixMicros, &'static str> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok();
    let micros = time.map(|time| time.unix_timestamp_nanos().div_euclid(1_000));
    micros
        .and_then(|micros| i64::try_from(micros).ok())
        .map(UnixMicros::new)
        .ok_or("is not a time in RFC 3339, such as 2026-11-26T14:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_or_a_group_of_events_is_read_and_nothing_else() {
        for good in ["user.login", "user.login_failed", "user.*", "made_up.event"] {
            assert!(EventFilter::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "user",
            "user.",
            ".login",
            "user.lo*",
            "User.login",
            "user.login.x",
            "user.log in",
            "user.%",
        ] {
            assert!(EventFilter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_group_stands_for_its_events() {
        let filter = EventFilter::parse("client.*").unwrap();
        let events = filter.events();
        assert!(events.len() > 3 && events.iter().all(|event| event.starts_with("client.")));
        assert_eq!(EventFilter::parse("made_up.*").unwrap().events().len(), 0);
    }

    #[test]
    fn no_two_filters_have_the_same_name() {
        let filters = [
            Filter::default(),
            Filter { actor: Some("a".to_owned()), ..Filter::default() },
            Filter { subject: Some("a".to_owned()), ..Filter::default() },
            Filter { outcome: Some(Outcome::Refused), ..Filter::default() },
            Filter { from: Some(UnixMicros::new(1)), ..Filter::default() },
            Filter { to: Some(UnixMicros::new(1)), ..Filter::default() },
        ];
        let names: std::collections::HashSet<_> = filters.iter().map(Filter::name).collect();
        assert_eq!(names.len(), filters.len());
    }

    #[test]
    fn a_time_is_rfc_3339_with_its_offset() {
        assert_eq!(parse_time("1970-01-01T00:00:01.000002Z"), Ok(UnixMicros::new(1_000_002)));
        assert_eq!(parse_time("1970-01-01T02:00:00+02:00"), Ok(UnixMicros::new(0)));
        for bad in ["", "1", "2026-11-26", "2026-11-26T14:00:00", "2026-13-26T14:00:00Z", "now"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_party_is_an_id_or_a_kind_of_actor() {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
        assert_eq!(parse_party(&id.to_uppercase()).as_deref(), Ok(id));
        assert_eq!(parse_party("operator").as_deref(), Ok("operator"));
        for bad in ["", "a b", "a\n", "é", "%", &"a".repeat(65)] {
            assert!(parse_party(bad).is_err(), "{bad}");
        }
    }
}
