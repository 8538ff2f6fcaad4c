use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

use super::EmailAddress;

fn canonical(raw: &str) -> String {
    EmailAddress::parse(raw).unwrap().canonical().to_owned()
}

#[test]
fn the_key_is_lower_case_and_the_shown_form_keeps_the_local_part() {
    let address = EmailAddress::parse("Ana.Lima+News@Example.ORG").unwrap();
    assert_eq!(address.canonical(), "ana.lima+news@example.org");
    assert_eq!(address.display(), "Ana.Lima+News@example.org");
    assert_eq!(address.canonical_local_part(), "ana.lima+news");
}

#[test]
fn domains_of_any_script_become_ascii() {
    for same in ["ana@bücher.example", "ana@BU\u{308}CHER.example", "ana@xn--bcher-kva.example"] {
        assert_eq!(canonical(same), "ana@xn--bcher-kva.example");
    }
    assert_eq!(canonical("ａｎａ@ｅｘａｍｐｌｅ.org"), "ana@example.org");
    assert_eq!(canonical("rene\u{301}@example.org"), "rené@example.org");
}

#[test]
fn a_text_that_is_not_an_address_is_refused() {
    for bad in [
        "",
        "@",
        "ana",
        "ana@",
        "@example.org",
        "ana@example",
        "ana@@example.org",
        "a@b@example.org",
        "ana@[127.0.0.1]",
        "ana@[IPv6:::1]",
        "ana@127.0.0.1",
        "ana@0x7f.1",
        "\"a b\"@example.org",
        "ana lima@example.org",
        "ana@exa mple.org",
        ".ana@example.org",
        "ana.@example.org",
        "a..b@example.org",
        "ana@example..org",
        "ana@.example.org",
        "ana@example.org.",
        "ana@-example.org",
        "ana@exa_mple.org",
        "ana@example.org\n",
        "ana\r\nBcc: x@example.org",
        "ana<x>@example.org",
        "ana,lima@example.org",
        "ana＠example.org",
        "ana@example.org\0",
        "ana@xn--a.org",
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn invisible_characters_are_refused_on_both_sides_of_the_at_sign() {
    for c in [
        '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{202e}',
        '\u{2066}',
    ] {
        assert!(EmailAddress::parse(&format!("a{c}na@example.org")).is_err(), "{c:?}");
        assert!(EmailAddress::parse(&format!("ana@exa{c}mple.org")).is_err(), "{c:?}");
    }
}

#[test]
fn a_single_label_is_refused_but_for_localhost() {
    assert_eq!(canonical("ana@LocalHost"), "ana@localhost");
    assert!(EmailAddress::parse("ana@intranet").is_err());
}

#[test]
fn the_limits_are_those_of_smtp() {
    let label = "d".repeat(60);
    let domain = format!("{label}.{label}.{label}.org");
    assert!(EmailAddress::parse(&format!("{}@{domain}", "a".repeat(64))).is_ok());
    assert!(EmailAddress::parse(&format!("{}@{domain}", "a".repeat(65))).is_err());
    let longer = format!("{label}.{label}.{label}.ab.org");
    assert_eq!(
        EmailAddress::parse(&format!("{}@{longer}x", "a".repeat(64))).unwrap_err().message(),
        "too long: 254 bytes at most"
    );
    assert!(EmailAddress::parse(&"a".repeat(1_000_000)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_forms_parse_to_themselves(
        local in proptest::string::string_regex("\\PC{1,12}").unwrap(),
        domain in proptest::string::string_regex("\\PC{1,8}\\.[a-z]{2,3}").unwrap(),
    ) {
        if let Ok(address) = EmailAddress::parse(&format!("{local}@{domain}")) {
            let shown = EmailAddress::parse(address.display()).unwrap();
            prop_assert_eq!(shown.display(), address.display());
            prop_assert_eq!(shown.canonical(), address.canonical());
            let key = EmailAddress::parse(address.canonical()).unwrap();
            prop_assert_eq!(key.display(), address.canonical());
            prop_assert_eq!(key.canonical(), address.canonical());
        }
    }
}
