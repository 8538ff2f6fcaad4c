//! The wire format of the revocation feed: what an issuer sends and its verifiers read.

use serde::{Deserialize, Serialize};

/// The request header in which a verifier names itself when it polls the feed.
pub const VERIFIER_ID_HEADER: &str = "verifier-id";

/// The request header in which a verifier lists the ids of the keys that it holds, separated by spaces.
pub const VERIFIER_KIDS_HEADER: &str = "verifier-kids";

/// One answer of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPage {
    /// The position after this page; the next poll sends it as `after`.
    pub cursor: String,
    /// Whether the full list begins with this page: at the first poll, and when the issuer does not know the cursor.
    /// A reader adds its entries to those that it has, and drops none.
    pub reset: bool,
    /// Whether more entries follow, so that the next page can be read at once.
    pub more: bool,
    /// The entries of this page.
    pub revoked: Vec<Revocation>,
}

/// One entry of the feed. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
#[non_exhaustive]
pub enum Revocation {
    /// A session ended, or a service account was disabled: its tokens are rejected.
    Session {
        /// The session's id, or the service account's.
        sid: String,
        /// The time at which its last access token has expired.
        until: i64,
    },
    /// A user's rights changed: older tokens of the user are rejected, the session goes on.
    Rights {
        /// The user's id.
        sub: String,
        /// The lowest `ver` that is accepted.
        min_ver: i64,
        /// The time at which the last access token with a lower `ver` has expired.
        until: i64,
    },
    /// An entry of a kind that this version does not know. It is ignored.
    Unknown,
}

/// An entry as JSON.
#[derive(Clone, Serialize, Deserialize)]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_ver: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

impl From<Wire> for Revocation {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire { sub: Some(sub), min_ver: Some(min_ver), until: Some(until), .. } => {
                Self::Rights { sub, min_ver, until }
            }
            Wire { sid: Some(sid), until: Some(until), .. } => Self::Session { sid, until },
            _ => Self::Unknown,
        }
    }
}

impl From<Revocation> for Wire {
    fn from(entry: Revocation) -> Self {
        let empty = Self { sid: None, sub: None, min_ver: None, until: None };
        match entry {
            Revocation::Session { sid, until } => {
                Self { sid: Some(sid), until: Some(until), ..empty }
            }
            // Earlier verifiers reject a page with an entry that has no `sid`. No session has an empty id, so for them
            // the entry means nothing.
            Revocation::Rights { sub, min_ver, until } => Self {
                sid: Some(String::new()),
                sub: Some(sub),
                min_ver: Some(min_ver),
                until: Some(until),
            },
            Revocation::Unknown => empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    /// An entry as versions before the second kind read it.
    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct OldRevocation {
        sid: String,
        until: i64,
    }

    #[test]
    fn each_kind_is_read_and_one_that_is_not_known_is_no_error() {
        for (entry, expected) in [
            (
                json!({"sid": "s1", "until": 7}),
                Revocation::Session { sid: "s1".to_owned(), until: 7 },
            ),
            (
                json!({"sub": "u1", "min_ver": 3, "until": 7}),
                Revocation::Rights { sub: "u1".to_owned(), min_ver: 3, until: 7 },
            ),
            (
                json!({"sid": "", "sub": "u1", "min_ver": 3, "until": 7, "new": [1]}),
                Revocation::Rights { sub: "u1".to_owned(), min_ver: 3, until: 7 },
            ),
            (json!({"client": "c1", "until": 7}), Revocation::Unknown),
            (json!({"sub": "u1", "until": 7}), Revocation::Unknown),
        ] {
            assert_eq!(from_value::<Revocation>(entry.clone()).unwrap(), expected, "{entry}");
        }
    }

    #[test]
    fn an_entry_with_a_member_of_another_type_is_an_error() {
        for entry in [
            json!({"sid": 5, "until": 7}),
            json!({"sub": "u1", "min_ver": "3", "until": 7}),
            json!({"sid": "s1", "until": 7.5}),
            json!("s1"),
        ] {
            assert!(from_value::<Revocation>(entry.clone()).is_err(), "{entry}");
        }
    }

    #[test]
    fn an_old_verifier_reads_both_kinds_and_rejects_no_session_because_of_changed_rights() {
        let session = Revocation::Session { sid: "s1".to_owned(), until: 7 };
        let rights = Revocation::Rights { sub: "u1".to_owned(), min_ver: 3, until: 7 };
        let read = |entry| from_value::<OldRevocation>(to_value(entry).unwrap()).unwrap();
        assert_eq!(read(session), OldRevocation { sid: "s1".to_owned(), until: 7 });
        assert_eq!(read(rights), OldRevocation { sid: String::new(), until: 7 });
    }
}
