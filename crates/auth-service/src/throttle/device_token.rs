//! The token of a trusted device: guesses of other clients do not delay a user who logs in with it.
//!
//! It is not a credential: the password is still checked. It contains the user, its expiry, and the user's device
//! epoch; a MAC protects them. A new password and disabling the user raise the device epoch. The token is not stored.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use service_kit::{ids::UserId, unix_time::UnixSeconds};
use uuid::Uuid;

/// How long a token is valid.
pub const DEVICE_TOKEN_TTL: Duration = Duration::from_secs(60 * 86_400);

/// A token with a valid MAC that has not expired. Whether its device epoch is the user's current one is only known from
/// the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceToken {
    /// The user of the device.
    pub user_id: UserId,
    /// When it expires.
    pub expires_at: UnixSeconds,
    /// The user's device epoch when it was made.
    pub epoch: i64,
    /// Its own id, under which its failures are counted.
    pub id: String,
}

/// Makes and reads the tokens, with a key that all processes share.
#[derive(Clone)]
pub struct DeviceTokens(hmac::Key);

impl DeviceTokens {
    /// Makes and reads tokens with this key.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A new token for a user's device.
    pub fn issue(&self, user_id: &UserId, epoch: i64, now: UnixSeconds) -> String {
        let (expires_at, id) = (now + DEVICE_TOKEN_TTL, Uuid::new_v4().simple());
        let body = format!("{user_id}.{expires_at}.{epoch}.{id}");
        let mac = hmac::sign(&self.0, body.as_bytes());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// Reads a token; `None` if this service did not make it, or it has expired.
    pub fn verify(&self, text: &str, now: UnixSeconds) -> Option<DeviceToken> {
        let (body, mac) = text.rsplit_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        hmac::verify(&self.0, body.as_bytes(), &mac).ok()?;
        let mut parts = body.split('.');
        let token = DeviceToken {
            user_id: UserId::from_trusted(parts.next()?.to_owned()),
            expires_at: UnixSeconds::new(parts.next()?.parse().ok()?),
            epoch: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        };
        (token.expires_at > now && parts.next().is_none()).then_some(token)
    }
}

impl std::fmt::Debug for DeviceTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceTokens(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds::new(1_800_000_000);

    fn user() -> UserId {
        UserId::parse("5a0c8b8e-6c55-4a43-9d5d-3f3f6f9f2a11").unwrap()
    }

    #[test]
    fn a_token_names_its_user_until_it_expires() {
        let tokens = DeviceTokens::new(b"key");
        let text = tokens.issue(&user(), 7, NOW);
        let token = tokens.verify(&text, NOW).unwrap();
        assert_eq!((&token.user_id, token.epoch), (&user(), 7));
        assert_eq!(token.expires_at, NOW + DEVICE_TOKEN_TTL);
        assert!(tokens.verify(&text, token.expires_at - Duration::from_secs(1)).is_some());
        assert!(tokens.verify(&text, token.expires_at).is_none());
        assert_ne!(tokens.verify(&tokens.issue(&user(), 7, NOW), NOW).unwrap().id, token.id);
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(text.bytes().all(safe), "{text}");
    }

    #[test]
    fn a_changed_truncated_or_foreign_token_is_not_accepted() {
        let tokens = DeviceTokens::new(b"key");
        let text = tokens.issue(&user(), 7, NOW);
        for position in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            // The last digit of base64 has unused bits; a strict decoder rejects a change of those, too.
            assert!(tokens.verify(&changed, NOW).is_none(), "{changed}");
            assert!(tokens.verify(&text[..position], NOW).is_none());
        }
        assert!(DeviceTokens::new(b"other").verify(&text, NOW).is_none());
        for text in ["", ".", "....", "a.b.c.d.e", &format!("{text}.")] {
            assert!(tokens.verify(text, NOW).is_none(), "{text}");
        }
    }
}
