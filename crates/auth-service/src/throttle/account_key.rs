//! The pseudonymous id of an account, for counting attempts.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::accounts::LoginName;

/// The pseudonymous id of an account, for counting attempts. It is made from the name that was typed, so that a name
/// without an account has a key too; by HMAC, so that the key does not reveal the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey([u8; 32]);

impl AccountKey {
    /// A number that depends only on the account, uniform over all values. Without the secret it cannot be predicted.
    pub fn sampling_value(&self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// As it stands in the database.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Makes [`AccountKey`]s, with a secret that all processes on one database share.
#[derive(Clone)]
pub struct AccountKeys(hmac::Key);

impl AccountKeys {
    /// Uses this secret.
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The key of a name as it is looked up: the same for `Alice` and `alice`.
    pub fn of_name(&self, name: &LoginName) -> AccountKey {
        match name {
            LoginName::Username(keys) => self.key(b"name", keys.current()),
            LoginName::Email(keys) => self.key(b"address", keys.current()),
            LoginName::Unknown(typed) => self.key(b"neither", typed),
        }
    }

    /// The key of an authenticated user, by their id.
    pub fn of_user(&self, id: &str) -> AccountKey {
        self.key(b"user", id)
    }

    /// The key of a session, by its id.
    pub fn of_session(&self, id: &str) -> AccountKey {
        self.key(b"session", id)
    }

    /// The key of a trusted device's token, by its id.
    pub fn of_device(&self, id: &str) -> AccountKey {
        self.key(b"device", id)
    }

    fn key(&self, kind: &[u8], text: &str) -> AccountKey {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind);
        // No kind contains a zero byte, so two different pairs of kind and text are never the same bytes.
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        AccountKey(bytes)
    }
}

impl std::fmt::Debug for AccountKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountKeys(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountKeys, LoginName};

    #[test]
    fn one_account_has_one_key_however_its_name_is_typed() {
        let keys = AccountKeys::new(b"secret");
        let typed = |name: &str| keys.of_name(&LoginName::from_username_field(name));
        assert_eq!(typed("Alice"), typed("alice"));
        assert_eq!(typed("Ana@Example.org"), typed("ana@example.org"));
        assert_ne!(typed("alice"), typed("bob"));
    }

    #[test]
    fn names_of_different_kinds_never_share_a_key() {
        let keys = AccountKeys::new(b"secret");
        let all = [
            keys.of_name(&LoginName::Username("x".into())),
            keys.of_name(&LoginName::Email("x".into())),
            keys.of_name(&LoginName::Unknown("x".into())),
            keys.of_user("x"),
            keys.of_session("x"),
            keys.of_device("x"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other != one));
        }
    }

    #[test]
    fn names_that_no_user_can_have_do_not_share_a_key() {
        let keys = AccountKeys::new(b"secret");
        let typed = |name: &str| keys.of_name(&LoginName::from_username_field(name));
        assert_ne!(typed("a\0"), typed("b\0"));
    }

    #[test]
    fn another_secret_gives_other_keys() {
        let name = LoginName::Username("alice".into());
        let [one, other] =
            [b"one" as &[u8], b"two"].map(|secret| AccountKeys::new(secret).of_name(&name));
        assert_ne!(one, other);
        assert_ne!(one.sampling_value(), other.sampling_value());
    }
}
