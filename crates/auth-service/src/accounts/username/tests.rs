use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{MAX_BYTES, MAX_CHARS, Username};

fn canonical(raw: &str) -> String {
    Username::parse(raw).unwrap().canonical().to_owned()
}

fn error_of(raw: &str) -> String {
    Username::parse(raw).unwrap_err().message().to_owned()
}

#[test]
fn case_width_and_composition_make_no_second_name() {
    for same in ["alice", "Alice", "ALICE", "ａｌｉｃｅ", "Ａｌｉｃｅ"] {
        assert_eq!(canonical(same), "alice", "{same:?}");
    }
    for same in ["rené", "rene\u{301}", "RENÉ", "RENE\u{301}"] {
        assert_eq!(canonical(same), "rené", "{same:?}");
    }
    assert_eq!(canonical("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"), "한글");
    assert_eq!(canonical("ｶﾞｷﾞ"), "ガギ");
}

#[test]
fn the_shown_form_keeps_its_case() {
    let name = Username::parse("Rene\u{301}Ｄ").unwrap();
    assert_eq!(name.display(), "RenéD");
    assert_eq!(name.canonical(), "renéd");
}

#[test]
fn invisible_and_direction_changing_characters_are_rejected() {
    for bad in [
        "ali\0ce",
        "ali\nce",
        "ali\u{7f}ce",
        "ali ce",
        " alice",
        "ali\u{a0}ce",
        "ali\u{3000}ce",
        "ali\u{200b}ce",
        "ali\u{200c}ce",
        "ali\u{200d}ce",
        "ali\u{2060}ce",
        "ali\u{feff}ce",
        "ali\u{ad}ce",
        "ali\u{202e}ce",
        "ali\u{2066}ce",
        "ali\u{200e}ce",
        "ali\u{61c}ce",
        "ali\u{e0041}ce",
        "ali\u{fe0f}ce",
        "ali\u{115f}ce",
        "ali\u{3164}ce",
        "क\u{94d}\u{200d}ष",
        "ali\u{e000}ce",
        "ali\u{fffd}ce",
        "🐒🐒",
        "ﬁnn",
        "alice①",
    ] {
        assert!(Username::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_name_never_holds_an_at_sign() {
    assert_eq!(error_of("ana@example.org"), "must not contain @");
    assert_eq!(error_of("ana＠example"), "must not contain @");
}

#[test]
fn a_name_does_not_begin_with_a_combining_mark() {
    assert_eq!(error_of("\u{301}ana"), "must not begin with a combining mark");
}

#[test]
fn the_limits_count_characters_after_mapping() {
    assert_eq!(error_of(""), "too short: 2 characters at least");
    assert_eq!(error_of("é"), "too short: 2 characters at least");
    assert_eq!(error_of("e\u{301}"), "too short: 2 characters at least");
    assert!(Username::parse(&"e\u{301}".repeat(MAX_CHARS)).is_ok());
    assert!(error_of(&"a".repeat(MAX_CHARS + 1)).starts_with("too long"));
    assert!(error_of(&"a".repeat(1_000_000)).starts_with("too long"));
    // 64 characters of four bytes are 256 bytes: one too many for the index.
    assert!(error_of(&"𐐨".repeat(MAX_CHARS)).starts_with("too long"));
    assert!(Username::parse(&"𐐨".repeat(MAX_CHARS - 1)).unwrap().canonical().len() <= MAX_BYTES);
}

#[test]
fn ascii_punctuation_is_kept() {
    assert_eq!(canonical("a.b-c_d%e"), "a.b-c_d%e");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_forms_parse_to_themselves(
        raw in proptest::string::string_regex("\\PC{1,40}").unwrap()
    ) {
        is_its_own_form(&raw)?;
    }

    #[test]
    fn letters_of_any_script_have_stable_forms(
        raw in proptest::collection::vec(any::<char>(), 1..6)
    ) {
        let letters: String = raw.into_iter().filter(|c| c.is_alphanumeric()).collect();
        is_its_own_form(&letters)?;
    }
}

fn is_its_own_form(raw: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    if let Ok(name) = Username::parse(raw) {
        let shown = Username::parse(name.display()).unwrap();
        prop_assert_eq!(shown.display(), name.display());
        prop_assert_eq!(shown.canonical(), name.canonical());
        let key = Username::parse(name.canonical()).unwrap();
        prop_assert_eq!(key.display(), name.canonical());
        prop_assert_eq!(key.canonical(), name.canonical());
    }
    Ok(())
}

#[test]
fn every_mapped_character_becomes_stable() {
    let moves = |c: &char| c.to_lowercase().ne([*c]) || c.nfkd().ne([*c]) || is_combining_mark(*c);
    for c in ('\0'..=char::MAX).filter(moves).filter(|c| !('가'..='힣').contains(c)) {
        for raw in [format!("{c}{c}"), format!("a{c}"), format!("A{c}B")] {
            is_its_own_form(&raw).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
        }
    }
}

#[test]
fn a_name_has_one_key_in_upper_and_in_lower_case() {
    for name in ["νίκος", "straße", "ılgaz", "ᾳδης", "вода", "ΰφος", "Ἰησοῦς", "ǰane", "ԵՒԱ"]
    {
        let key = canonical(name);
        for other in [name.to_uppercase(), name.to_lowercase()] {
            if let Ok(parsed) = Username::parse(&other) {
                assert_eq!(parsed.canonical(), key, "{name} {other}");
            }
        }
        assert_eq!(canonical(&key), key, "{name}");
    }
}

#[test]
fn a_name_whose_cases_have_different_keys_is_rejected() {
    for capital in ['Ά', 'Ή', 'Ώ', '\u{1fba}', '\u{1fca}', '\u{1ffa}'] {
        assert!(Username::parse(&format!("{capital}\u{323}\u{345}α")).is_err(), "{capital}");
    }
}
