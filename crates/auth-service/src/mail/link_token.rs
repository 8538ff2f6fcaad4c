//! The secret token of a link in a mail, and the purpose of the link.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Number of random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The purpose of a link. A token of one purpose is not accepted for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Proves the address of a user.
    Verify,
    /// Proves a new address, which then replaces the old one.
    Change,
    /// Sets a new password.
    Reset,
    /// Sets a new password, by a link that an administrator hands over. It proves no address.
    HandedReset,
    /// Gives a user the previous address back.
    Revert,
    /// Registers a user.
    Invite,
}

impl LinkPurpose {
    /// The links of these purposes end when the user's password or address changes: all links of a user except the
    /// revert, with which the owner of an account that a thief has taken gets it back.
    pub const ENDED_BY_CHANGES: [&'static str; 4] = ["verify", "change", "reset", "handed-reset"];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Change => "change",
            Self::Reset => "reset",
            Self::HandedReset => "handed-reset",
            Self::Revert => "revert",
            Self::Invite => "invite",
        }
    }

    /// The page of the front end that the link opens.
    pub fn page(self) -> &'static str {
        match self {
            Self::Verify | Self::Change => "/verify",
            Self::Reset | Self::HandedReset => "/reset",
            Self::Revert => "/revert",
            Self::Invite => "/invite",
        }
    }

    /// Maximum number of live tokens of this purpose for one user, or for one invited address. `None` if there is no
    /// maximum.
    pub fn max_live(self) -> Option<i64> {
        (self != Self::Revert).then_some(3)
    }
}

/// A token: 256 random bits. Only the link of one mail contains it; the database has its hash.
#[derive(Clone)]
pub struct LinkToken(Zeroizing<String>);

/// The machine has no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no random bytes for a token")]
pub struct NoRandomness;

impl LinkToken {
    /// Makes a new token.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| NoRandomness)?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))))
    }

    /// Reads a token that a client sent. `None` if the text cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (bytes.len() == TOKEN_BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The hash under which it is stored.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }

    /// The link with this token. The token is in the fragment, which browsers do not send to servers.
    pub fn link(&self, front_url: &str, purpose: LinkPurpose) -> String {
        format!("{front_url}{}#token={}", purpose.page(), *self.0)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_as_itself_and_its_hash_is_another_text() {
        let token = LinkToken::random().unwrap();
        let link = token.link("https://app.example.com", LinkPurpose::Reset);
        let (page, text) = link.split_once("#token=").unwrap();
        assert_eq!(page, "https://app.example.com/reset");
        assert_eq!(text.len(), 43);
        assert_eq!(LinkToken::parse(text).unwrap().hash(), token.hash());
        assert_ne!(token.hash(), text);
        assert_ne!(token.hash(), LinkToken::random().unwrap().hash());
        assert_eq!(format!("{token:?}"), "LinkToken");
    }

    #[test]
    fn texts_of_another_length_or_alphabet_are_no_tokens() {
        let good = "A".repeat(43);
        assert!(LinkToken::parse(&good).is_some());
        for bad in [
            String::new(),
            "A".repeat(42),
            "A".repeat(44),
            format!("{good}="),
            format!(" {}", &good[1..]),
            format!("+{}", &good[1..]),
            // The last character has two bits that must be zero.
            format!("{}B", &good[1..]),
            "é".repeat(43),
            "A".repeat(100_000),
        ] {
            assert!(LinkToken::parse(&bad).is_none(), "{bad:?}");
        }
    }
}
