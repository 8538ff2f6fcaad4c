//! Finds the part of a line that is certainly a name and so may be shown. A secret that spans lines, or a line without
//! its `=`, can look like a name.

/// The longest name that is shown.
const MAX_SHOWN_LEN: usize = 64;

/// The name of the setting that a line sets, if that is certain: a known setting, or capitals with `_` before a `=`.
///
/// `known` are full names, such as `AUTH_LISTEN`. A TOML file may leave their prefix, or `table`, out.
pub(super) fn on_line(line: &str, known: &[String], table: Option<&str>) -> Option<String> {
    let line = line.trim_start_matches('\u{feff}').trim();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let written = line.to_ascii_uppercase();
    let full = table.map(|table| format!("{table}_{written}"));
    let mut found: Vec<&String> = known
        .iter()
        .filter(|name| {
            let bare = name.split_once('_').map_or(name.as_str(), |(_, bare)| bare);
            let begins = |text: &str, name: &str| {
                text.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_name_char))
            };
            written.starts_with(name.as_str())
                || full.as_ref().is_some_and(|full| begins(full, name))
                || (table.is_none() && begins(&written, bare))
        })
        .collect();
    found.sort_by_key(|name| name.len());
    name_in_capitals(line).or_else(|| found.pop().cloned())
}

/// The text before `=`, if it is written as names of settings are: capitals and digits, with `_` between them.
fn name_in_capitals(line: &str) -> Option<String> {
    let (name, _) = line.split_once('=')?;
    let name = name.trim_end();
    let parts: Vec<_> = name.split('_').collect();
    let is_part = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let fits = parts.len() > 1 && name.len() <= MAX_SHOWN_LEN && parts.iter().all(is_part);
    (fits && name.starts_with(|c: char| c.is_ascii_uppercase())).then(|| name.to_owned())
}

fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// An unknown name, as far as it may be shown: up to the first character that is not a letter, a digit or `_`.
pub(super) fn shown(name: &str) -> String {
    let end =
        name.find(|character| !is_name_char(character)).unwrap_or(name.len()).min(MAX_SHOWN_LEN);
    if end == name.len() { name.to_owned() } else { format!("{}…", &name[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(line: &str, table: Option<&str>) -> Option<String> {
        let known = ["AUTH_LOG", "AUTH_LOG_FORMAT", "AUTH_VERIFIER_SECRET"].map(str::to_owned);
        on_line(line, &known, table)
    }

    #[test]
    fn a_known_setting_is_found_however_it_is_written() {
        for line in [
            "AUTH_VERIFIER_SECRET=two words",
            "AUTH_VERIFIER_SECRET secret",
            "AUTH_VERIFIER_SECRETsecret",
            "export AUTH_VERIFIER_SECRET='open",
            "\u{feff}AUTH_VERIFIER_SECRET:secret",
            "verifier_secret = secret",
            "auth_verifier_secret = secret",
        ] {
            assert_eq!(name(line, None).as_deref(), Some("AUTH_VERIFIER_SECRET"), "{line}");
        }
        assert_eq!(name("log_format = x y", None).as_deref(), Some("AUTH_LOG_FORMAT"));
        assert_eq!(name("log = x y", Some("AUTH")).as_deref(), Some("AUTH_LOG"));
    }

    #[test]
    fn a_name_in_capitals_counts_before_an_equals_sign_alone() {
        assert_eq!(name("POSTGRES_PASSWORD = a b", None).as_deref(), Some("POSTGRES_PASSWORD"));
        assert_eq!(name("USERS_2 secret", None), None);
    }

    #[test]
    fn what_may_be_a_value_is_no_name() {
        for line in [
            "secret",
            "SECRET",
            "JBSWY3DPEHPK3PXP=",
            "bG9n==",
            "logsecret = x",
            "log_secret = x",
            "a_b=c",
            "_A=b",
            "A__B=c",
            "AB_=c",
            "hunter2 AUTH_LOG=x",
            "'AUTH_LOG' = x",
        ] {
            assert_eq!(name(line, None), None, "{line}");
        }
        assert_eq!(name("verifier_secret = x", Some("USERS")), None);
    }

    #[test]
    fn an_odd_name_is_cut_where_it_stops_to_be_one() {
        assert_eq!(shown("AUTH_LISTNE"), "AUTH_LISTNE");
        assert_eq!(shown("AUTH_URL_postgres://u:secret@db"), "AUTH_URL_postgres…");
        assert_eq!(shown(&"A".repeat(500)).chars().count(), MAX_SHOWN_LEN + 1);
    }
}
