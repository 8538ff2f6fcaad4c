//! Rules for new user names: names that people or programs would confuse with something else.
//!
//! The rules apply when a name is set: registration, renaming, `users create`. They do not apply when a user is looked
//! up, so that accounts that are older than a rule can sign in and be repaired (`users list --irregular`).

use std::{collections::HashSet, fmt, sync::LazyLock};

use service_kit::ids::looks_like_uuid;

use super::{
    FieldError, Username,
    skeleton::{NameSkeletons, skeletons_of_words},
    username::{MAX_BYTES, MAX_CHARS, too_long},
};

/// Words that cannot be the name of a new account, in lower case, without separators or punctuation.
const RESERVED: [&str; 31] = [
    // These have a meaning in paths, commands and tokens: `/api/users/me`, `users scopes --all`, the `client_id` of
    // users' tokens.
    "me",
    "self",
    "all",
    "none",
    "everyone",
    "anonymous",
    "firstparty",
    // Programs print these if a name is missing.
    "null",
    "undefined",
    // Users would believe that this account belongs to the operator of the service.
    "admin",
    "administrator",
    "root",
    "superuser",
    "sysadmin",
    "system",
    "operator",
    "owner",
    "staff",
    "moderator",
    "support",
    "helpdesk",
    "help",
    "security",
    "official",
    // Mail boxes of a domain's operator (RFC 2142), and senders of automatic mail.
    "postmaster",
    "hostmaster",
    "webmaster",
    "abuse",
    "noreply",
    "donotreply",
    "mailerdaemon",
];

/// Why a new account cannot have this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRuleViolation {
    /// It is a UUID in any form: commands and people would take it for an account's id.
    LooksLikeId,
    /// It begins with a hyphen, like an option of a command.
    LooksLikeOption,
    /// It is a reserved word, or looks like one.
    Reserved,
    /// It contains a character of HTML or of a shell's quotes.
    Markup,
    /// It contains no letter and no digit, such as `..`.
    NoLetterOrDigit,
}

impl fmt::Display for NameRuleViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LooksLikeId => "looks like an id",
            Self::LooksLikeOption => "begins with a hyphen, as an option of a command does",
            Self::Reserved => "is a reserved word",
            Self::Markup => "contains one of the characters < > & \" ' `",
            Self::NoLetterOrDigit => "contains no letter and no digit",
        })
    }
}

impl From<NameRuleViolation> for FieldError {
    fn from(rule_violation: NameRuleViolation) -> Self {
        FieldError::new(format!("is not allowed: it {rule_violation}"))
    }
}

impl Username {
    /// Parses a new name for an account.
    ///
    /// # Errors
    /// As [`Username::parse`], and for every [`NameRuleViolation`].
    pub fn parse_new(raw: &str) -> Result<Self, FieldError> {
        let name = Self::parse(raw)?;
        // The canonical form must be a valid name too, so that users can type it.
        if name.canonical().chars().count() > MAX_CHARS || name.canonical().len() > MAX_BYTES {
            return Err(too_long());
        }
        match name.rule_violation() {
            Some(rule_violation) => Err(rule_violation.into()),
            None => Ok(name),
        }
    }

    /// Why a new account could not have this name; `None` if it could.
    pub fn rule_violation(&self) -> Option<NameRuleViolation> {
        // The canonical form, so that other widths or letter cases cannot evade a rule.
        let key = self.canonical();
        if looks_like_uuid(key) {
            Some(NameRuleViolation::LooksLikeId)
        } else if key.starts_with('-') {
            Some(NameRuleViolation::LooksLikeOption)
        } else if key.contains(['<', '>', '&', '"', '\'', '`']) {
            Some(NameRuleViolation::Markup)
        } else if !key.contains(char::is_alphanumeric) {
            Some(NameRuleViolation::NoLetterOrDigit)
        } else if is_reserved(self) {
            Some(NameRuleViolation::Reserved)
        } else {
            None
        }
    }
}

/// Whether the letters and digits of the name are a reserved word or look like one.
fn is_reserved(name: &Username) -> bool {
    static LOOKS: LazyLock<HashSet<String>> = LazyLock::new(|| skeletons_of_words(&RESERVED));
    // Marks above or through letters are removed too: people read `admi\u{307}n` as `admin`.
    let letters_and_digits =
        |form: &str| form.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let key = letters_and_digits(name.canonical());
    RESERVED.contains(&key.as_str())
        || NameSkeletons::of_forms(&letters_and_digits(name.display()), &key).is_like(&LOOKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_violation(raw: &str) -> Option<NameRuleViolation> {
        let name = Username::parse(raw).unwrap();
        assert_eq!(Username::parse_new(raw).is_err(), name.rule_violation().is_some(), "{raw}");
        name.rule_violation()
    }

    #[test]
    fn a_new_name_is_not_a_uuid_in_any_form_or_letter_case() {
        let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
        for form in [
            id.to_owned(),
            id.to_uppercase(),
            id.replace('-', ""),
            id.replace('-', "").to_uppercase(),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            format!("URN:UUID:{id}"),
            id.replace('0', "０").replace('a', "ａ"),
            "00000000-0000-0000-0000-000000000000".to_owned(),
        ] {
            assert_eq!(rule_violation(&form), Some(NameRuleViolation::LooksLikeId), "{form}");
        }
        for other in ["0b9f3a5e", "0b9f3a5e-6f0c", "cafebabe-and-more", "1234567890"] {
            assert_eq!(rule_violation(other), None, "{other}");
        }
    }

    #[test]
    fn a_new_name_is_not_an_option() {
        for option in ["--help", "-h", "-1", "--all", "－－help", "--"] {
            assert_eq!(
                rule_violation(option),
                Some(NameRuleViolation::LooksLikeOption),
                "{option}"
            );
        }
        assert_eq!(rule_violation("ana-maria"), None);
    }

    #[test]
    fn a_new_name_is_not_a_reserved_word_in_any_case_or_width_or_with_separators() {
        for alike in ["аdmin", "АDMIN", "rооt", "Ѕupport", "mе"] {
            assert_eq!(rule_violation(alike), Some(NameRuleViolation::Reserved), "{alike}");
        }
        for word in [
            "me",
            "ME",
            "all",
            "Admin",
            "ａｄｍｉｎ",
            "root",
            "ad-min",
            "no-reply",
            "no_reply",
            "first-party",
            "me.",
            "admin!",
            "(admin)",
            "$root",
            "root\\",
            "admin,",
            "admin~",
            "admi\u{307}n",
            "ad\u{338}min",
        ] {
            assert_eq!(rule_violation(word), Some(NameRuleViolation::Reserved), "{word}");
        }
        for other in ["admin2", "administrata", "mel", "ally", "rooter", "anna.all", "systems"] {
            assert_eq!(rule_violation(other), None, "{other}");
        }
        for word in RESERVED {
            assert_eq!(word, word.to_lowercase().replace(['-', '_', '.'], ""));
            assert_eq!(rule_violation(word), Some(NameRuleViolation::Reserved), "{word}");
        }
    }

    #[test]
    fn a_new_name_has_no_markup_and_has_a_letter_or_digit() {
        for markup in ["<b>ana", "ana>", "a&amp;b", "a\"b", "o'brien", "a`b", "ａ＜ｂ", "a＆b"]
        {
            assert_eq!(rule_violation(markup), Some(NameRuleViolation::Markup), "{markup}");
        }
        for empty in ["..", "__", "%%", "//", "._."] {
            assert_eq!(rule_violation(empty), Some(NameRuleViolation::NoLetterOrDigit), "{empty}");
        }
        for fine in ["50%_", "a.b-c_d%e", "αβ", "한글", "1_", "rené"] {
            assert_eq!(rule_violation(fine), None, "{fine}");
        }
    }
}
