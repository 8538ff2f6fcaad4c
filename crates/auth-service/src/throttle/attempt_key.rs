//! The pseudonymous ids under which attempts are counted.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The pseudonymous id of what attempts are counted by: a name or an address, a user, a session, a device. The key of a
/// name is made from what was typed, so that a name without an account has a key too; by HMAC, so that the key does not
/// reveal the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey([u8; 32]);

impl AttemptKey {
    /// A number that depends only on the key, uniform over all values. Without the secret it cannot be predicted.
    pub fn sampling_value(&self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The text in the database.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Makes [`AttemptKey`]s, with a secret that all processes on one database share.
#[derive(Clone)]
pub struct AttemptKeys(hmac::Key);

impl AttemptKeys {
    /// Uses this secret.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of a user name, by its canonical form.
    pub fn of_username(&self, canonical: &str) -> AttemptKey {
        self.key(b"name", canonical)
    }

    /// The key of an e-mail address, by its canonical form.
    pub fn of_address(&self, canonical: &str) -> AttemptKey {
        self.key(b"address", canonical)
    }

    /// The key of a text that is neither, as it was typed.
    pub fn of_unknown_name(&self, typed: &str) -> AttemptKey {
        self.key(b"neither", typed)
    }

    /// The key of an authenticated user, by their id.
    pub fn of_user(&self, id: &str) -> AttemptKey {
        self.key(b"user", id)
    }

    /// The key of a session, by its id.
    pub fn of_session(&self, id: &str) -> AttemptKey {
        self.key(b"session", id)
    }

    /// The key of a trusted device's token, by its id.
    pub fn of_device(&self, id: &str) -> AttemptKey {
        self.key(b"device", id)
    }

    fn key(&self, kind: &[u8], text: &str) -> AttemptKey {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind);
        // No kind contains a zero byte, so two different pairs of kind and text are never the same bytes.
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        AttemptKey(bytes)
    }
}

impl std::fmt::Debug for AttemptKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AttemptKeys(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::AttemptKeys;

    #[test]
    fn names_of_different_kinds_never_share_a_key() {
        let keys = AttemptKeys::new(b"secret");
        let all = [
            keys.of_username("x"),
            keys.of_address("x"),
            keys.of_unknown_name("x"),
            keys.of_user("x"),
            keys.of_session("x"),
            keys.of_device("x"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other != one));
        }
    }

    #[test]
    fn another_secret_gives_other_keys() {
        let [one, other] =
            [b"one" as &[u8], b"two"].map(|secret| AttemptKeys::new(secret).of_username("alice"));
        assert_ne!(one, other);
        assert_ne!(one.sampling_value(), other.sampling_value());
    }
}
