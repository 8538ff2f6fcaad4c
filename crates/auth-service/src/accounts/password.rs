//! Passwords: normalised, limited in length, wiped after use and never printed.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::common_passwords;
use super::precis;
use super::{EmailAddress, FieldError, Username};

/// Minimum number of characters (Unicode code points) of a new password, counted after normalising.
pub const MIN_CHARS: usize = 8;
/// Maximum number of characters (Unicode code points) of any password, counted after normalising.
pub const MAX_CHARS: usize = 256;

/// A password in the form that is hashed: OpaqueString of RFC 8265 section 4.2.
///
/// Its memory is wiped when it is dropped, and neither `Debug` nor `Display` shows it.
#[derive(Clone)]
pub struct Password {
    text: Zeroizing<String>,
    /// The password as it was sent, if that differs.
    sent: Option<Zeroizing<String>>,
    /// Whether this service accepts such a text as a new password.
    can_be_stored: bool,
}

impl Password {
    /// Reads a password that a user chooses, at registration or change. It is never truncated.
    ///
    /// `forbidden` holds the values that other people know about the user: name and e-mail address. The password must
    /// not equal one of them in any spelling.
    ///
    /// # Errors
    ///
    /// When the password has controls or other code points that OpaqueString does not allow, has fewer than
    /// [`MIN_CHARS`] or more than [`MAX_CHARS`] characters, is a common password, or is the owner's own name or
    /// address.
    pub fn parse_new(raw: &str, forbidden: &[&str]) -> Result<Self, FieldError> {
        let password = Self::parse_entered(raw)?;
        if !password.can_be_stored && !raw.is_empty() {
            return Err(FieldError::new("has a character that passwords cannot have"));
        }
        if password.text.chars().count() < MIN_CHARS {
            return Err(FieldError::new(format!("too short: {MIN_CHARS} characters at least")));
        }
        if common_passwords::is_common(&password.text) {
            return Err(FieldError::new("too common: attackers try it first"));
        }
        if password.is_one_of(forbidden) {
            return Err(FieldError::new("must not be your own user name or e-mail address"));
        }
        Ok(password)
    }

    /// Reads a password that a user enters to sign in.
    ///
    /// A text that cannot be a new password (empty, or with a control character) is accepted here and matches no hash
    /// that this service made. So it gets the same answer, in the same time, as any wrong password.
    ///
    /// # Errors
    ///
    /// When the text has more than [`MAX_CHARS`] characters.
    pub fn parse_entered(raw: &str) -> Result<Self, FieldError> {
        let raw_chars = raw.chars().count();
        // Limits the work. Composing (NFC) never makes a text shorter than a quarter, so a longer text cannot be valid.
        if raw_chars > 4 * MAX_CHARS {
            return Err(too_long());
        }
        let (text, can_be_stored) = match precis::opaque(raw) {
            Ok(text) => (text, true),
            Err(_) => (Zeroizing::new(raw.to_owned()), false),
        };
        if text.chars().count() > MAX_CHARS {
            return Err(too_long());
        }
        let sent = (*text != raw).then(|| Zeroizing::new(raw.to_owned()));
        Ok(Self { text, sent, can_be_stored })
    }

    /// Whether it equals one of these names or addresses in any spelling.
    pub fn is_one_of(&self, known: &[&str]) -> bool {
        let own = public_forms(&self.text);
        known.iter().flat_map(|name| public_forms(name)).any(|form| own.contains(&form))
    }

    /// The bytes to hash: normalised UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The bytes as they were sent, if they are not normalised. Other systems may have hashed these.
    pub fn sent_if_different(&self) -> Option<&[u8]> {
        self.sent.as_ref().map(|sent| sent.as_bytes())
    }

    /// Whether this service accepts such a text as a new password. If not ([`Self::parse_entered`] accepts more texts),
    /// the text can only match a hash that another system made.
    pub fn can_be_stored(&self) -> bool {
        self.can_be_stored
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Values a password must not equal: the user's own name and address.
pub fn forbidden_passwords<'a>(
    username: Option<&'a Username>,
    email: Option<&'a EmailAddress>,
) -> impl Iterator<Item = &'a str> {
    let username = username.into_iter().map(Username::canonical);
    let email =
        email.into_iter().flat_map(|email| [email.canonical(), email.canonical_local_part()]);
    username.chain(email)
}

/// The forms in which a text is compared with names: the text in lower case; its canonical form as a user name; and, if
/// it is an address, the canonical forms of the address and of its local part.
fn public_forms(text: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![Zeroizing::new(text.to_lowercase().nfc().collect())];
    if let Ok(name) = Username::parse(text) {
        forms.push(Zeroizing::new(name.canonical().to_owned()));
    }
    if let Ok(address) = EmailAddress::parse(text) {
        forms.push(Zeroizing::new(address.canonical_local_part().to_owned()));
        forms.push(Zeroizing::new(address.canonical().to_owned()));
    }
    forms
}

fn too_long() -> FieldError {
    FieldError::new(format!("too long: {MAX_CHARS} characters at most"))
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, Password};

    const OWNER: [&str; 2] = ["AnaLimaX", "Ana.Lima@Example.org"];

    fn error_of(raw: &str) -> String {
        Password::parse_new(raw, &OWNER).unwrap_err().message().to_owned()
    }

    #[test]
    fn the_limits_count_characters_and_nothing_is_cut() {
        assert_eq!(error_of(""), "too short: 8 characters at least");
        assert_eq!(error_of("éééé567"), "too short: 8 characters at least");
        assert_eq!(
            error_of("e\u{301}e\u{301}e\u{301}e\u{301}567"),
            "too short: 8 characters at least"
        );
        assert!(Password::parse_new("éééé5678", &OWNER).is_ok());
        let longest = "é".repeat(MAX_CHARS);
        assert_eq!(Password::parse_new(&longest, &OWNER).unwrap().as_bytes(), longest.as_bytes());
        assert!(Password::parse_new(&"e\u{301}".repeat(MAX_CHARS), &OWNER).is_ok());
        assert_eq!(error_of(&"a".repeat(MAX_CHARS + 1)), "too long: 256 characters at most");
        assert_eq!(error_of(&"a".repeat(1_000_000)), "too long: 256 characters at most");
    }

    #[test]
    fn both_ways_to_type_an_accent_and_a_space_are_one_password() {
        let typed = Password::parse_entered("cafe\u{301}\u{a0}\u{3000}corner").unwrap();
        let chosen = Password::parse_new("café  corner", &OWNER).unwrap();
        assert_eq!(typed.as_bytes(), chosen.as_bytes());
        let jamo = Password::parse_entered("\u{1112}\u{1161}\u{11ab}").unwrap();
        assert_eq!(jamo.as_bytes(), "한".as_bytes());
    }

    #[test]
    fn the_form_that_was_sent_is_kept_where_it_differs() {
        let typed = Password::parse_entered("cafe\u{301}").unwrap();
        assert_eq!(typed.sent_if_different(), Some("cafe\u{301}".as_bytes()));
        assert_eq!(Password::parse_entered("café").unwrap().sent_if_different(), None);
        let invalid = Password::parse_entered("tab\there").unwrap();
        assert_eq!((invalid.as_bytes(), invalid.sent_if_different()), (&b"tab\there"[..], None));
    }

    #[test]
    fn case_and_symbols_stay_as_they_are() {
        let password = Password::parse_new("Look behind you, 🐒!", &OWNER).unwrap();
        assert_eq!(password.as_bytes(), "Look behind you, 🐒!".as_bytes());
    }

    #[test]
    fn the_owners_name_or_address_is_refused() {
        for own in [
            "AnaLimaX",
            "analimax",
            "ＡｎａＬｉｍａＸ",
            "ana.lima@example.org",
            "ANA.LIMA@EXAMPLE.ORG",
            "Ana.Lima",
            "ana.lima@ｅxample.org",
            "ana.lima",
        ] {
            let error = error_of(own);
            assert!(error.contains("your own"), "{own}: {error}");
        }
        assert!(Password::parse_new("analimax2", &OWNER).is_ok());
    }

    #[test]
    fn a_control_is_refused_in_a_new_password_and_is_only_wrong_in_an_entered_one() {
        assert_eq!(error_of("abcdefgh\0"), "has a character that passwords cannot have");
        for refused in ["", "abcdefgh\0", "\u{1b}[31mabcdefgh"] {
            assert!(!Password::parse_entered(refused).unwrap().can_be_stored(), "{refused:?}");
        }
        assert!(Password::parse_entered("short").unwrap().can_be_stored());
    }

    #[test]
    fn an_entered_password_above_the_limit_is_bad_input() {
        let error = Password::parse_entered(&"a".repeat(MAX_CHARS + 1)).unwrap_err();
        assert_eq!(error.message(), "too long: 256 characters at most");
        assert!(Password::parse_entered(&"\0".repeat(MAX_CHARS + 1)).is_err());
    }

    #[test]
    fn a_password_does_not_print() {
        let password = Password::parse_new("correct horse", &[]).unwrap();
        assert_eq!(format!("{password} {password:?}"), "*** Password(***)");
    }
}
