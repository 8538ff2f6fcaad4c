//! Rules for new user names: names that people or programs would confuse with something else.
//!
//! The rules apply when a name is set: registration, renaming, `users create`. They do not apply when a user is looked
//! up, so that accounts that are older than a rule can sign in and be repaired (`users list --irregular`).

use std::{collections::HashSet, fmt, sync::LazyLock};

use service_kit::ids::looks_like_uuid;

use super::{
    FieldProblem, Username,
    skeleton::{Looks, looks_of_words},
    username::{MAX_BYTES, MAX_CHARS, too_long},
};

/// Words that a new account cannot have as its name, in lower case and without separators or punctuation.
const RESERVED: [&str; 31] = [
    // They have a meaning in paths, commands and tokens: `/api/users/me`, `users scopes --all`, the `client_id` of
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
pub enum Irregularity {
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

impl fmt::Display for Irregularity {
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

impl From<Irregularity> for FieldProblem {
    fn from(irregularity: Irregularity) -> Self {
        FieldProblem::new(format!("is not allowed: it {irregularity}"))
    }
}

impl Username {
    /// Parses a new name for an account.
    ///
    /// # Errors
    /// As [`Username::parse`], and for every [`Irregularity`].
    pub fn chosen(raw: &str) -> Result<Self, FieldProblem> {
        let name = Self::parse(raw)?;
        // So that the canonical form of a new name can be typed as a name too.
        if name.canonical().chars().count() > MAX_CHARS || name.canonical().len() > MAX_BYTES {
            return Err(too_long());
        }
        match name.irregularity() {
            Some(irregularity) => Err(irregularity.into()),
            None => Ok(name),
        }
    }

    /// Why a new account could not have this name; `None` if it could.
    pub fn irregularity(&self) -> Option<Irregularity> {
        // The canonical form, so that other widths or letter cases cannot evade a rule.
        let key = self.canonical();
        if looks_like_uuid(key) {
            Some(Irregularity::LooksLikeId)
        } else if key.starts_with('-') {
            Some(Irregularity::LooksLikeOption)
        } else if key.contains(['<', '>', '&', '"', '\'', '`']) {
            Some(Irregularity::Markup)
        } else if !key.contains(char::is_alphanumeric) {
            Some(Irregularity::NoLetterOrDigit)
        } else if is_reserved(self) {
            Some(Irregularity::Reserved)
        } else {
            None
        }
    }
}

/// Whether the letters and digits of the name are a reserved word or look like one.
fn is_reserved(name: &Username) -> bool {
    static LOOKS: LazyLock<HashSet<String>> = LazyLock::new(|| looks_of_words(&RESERVED));
    // Marks above or through letters are removed too: people read `admi\u{307}n` as `admin`.
    let bare = |form: &str| form.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let key = bare(name.canonical());
    RESERVED.contains(&key.as_str()) || Looks::of_forms(&bare(name.display()), &key).is_like(&LOOKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn irregularity(raw: &str) -> Option<Irregularity> {
        let name = Username::parse(raw).unwrap();
        assert_eq!(Username::chosen(raw).is_err(), name.irregularity().is_some(), "{raw}");
        name.irregularity()
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
            assert_eq!(irregularity(&form), Some(Irregularity::LooksLikeId), "{form}");
        }
        for other in ["0b9f3a5e", "0b9f3a5e-6f0c", "cafebabe-and-more", "1234567890"] {
            assert_eq!(irregularity(other), None, "{other}");
        }
    }

    #[test]
    fn a_new_name_is_not_an_option() {
        for option in ["--help", "-h", "-1", "--all", "－－help", "--"] {
            assert_eq!(irregularity(option), Some(Irregularity::LooksLikeOption), "{option}");
        }
        assert_eq!(irregularity("ana-maria"), None);
    }

    #[test]
    fn a_new_name_is_not_a_reserved_word_in_any_case_or_width_or_with_separators() {
        for alike in ["аdmin", "АDMIN", "rооt", "Ѕupport", "mе"] {
            assert_eq!(irregularity(alike), Some(Irregularity::Reserved), "{alike}");
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
            assert_eq!(irregularity(word), Some(Irregularity::Reserved), "{word}");
        }
        for other in ["admin2", "administrata", "mel", "ally", "rooter", "anna.all", "systems"] {
            assert_eq!(irregularity(other), None, "{other}");
        }
        for word in RESERVED {
            assert_eq!(word, word.to_lowercase().replace(['-', '_', '.'], ""));
            assert_eq!(irregularity(word), Some(Irregularity::Reserved), "{word}");
        }
    }

    #[test]
    fn a_new_name_has_no_markup_and_has_a_letter_or_digit() {
        for markup in ["<b>ana", "ana>", "a&amp;b", "a\"b", "o'brien", "a`b", "ａ＜ｂ", "a＆b"]
        {
            assert_eq!(irregularity(markup), Some(Irregularity::Markup), "{markup}");
        }
        for empty in ["..", "__", "%%", "//", "._."] {
            assert_eq!(irregularity(empty), Some(Irregularity::NoLetterOrDigit), "{empty}");
        }
        for fine in ["50%_", "a.b-c_d%e", "αβ", "한글", "1_", "rené"] {
            assert_eq!(irregularity(fine), None, "{fine}");
        }
    }
}
