use super::*;

fn value(text: &str) -> String {
    let entries = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!((entries.len(), entries[0].name.as_str()), (1, "AUTH_X"), "{text}");
    entries[0].value.clone()
}

#[test]
fn a_value_is_what_stands_behind_the_equals_sign() {
    for (text, expected) in [
        ("AUTH_X=plain", "plain"),
        ("AUTH_X=plain\n", "plain"),
        ("AUTH_X=plain\r\n", "plain"),
        ("\u{feff}AUTH_X=plain", "plain"),
        ("  AUTH_X = plain  ", "plain"),
        ("export AUTH_X=plain", "plain"),
        ("\n# comment\n\nAUTH_X=plain # comment", "plain"),
        ("AUTH_X=a#b", "a#b"),
        ("AUTH_X=a=b==", "a=b=="),
        ("AUTH_X=", ""),
        ("AUTH_X= # comment", ""),
        ("AUTH_X='two words'", "two words"),
        ("AUTH_X=\"two words\" # comment", "two words"),
        ("AUTH_X='a\"b\\n'", "a\"b\\n"),
        (r#"AUTH_X="a\"b\\c\$d\ne\'f\ g""#, "a\"b\\c$d\ne'f g"),
        ("AUTH_X=\"a\nb\"", "a\nb"),
        ("AUTH_X='a\nb'", "a\nb"),
        (r"AUTH_X=a\$b\\c\ d", "a$b\\c d"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn a_dollar_sign_stands_for_itself() {
    for text in ["pa$$word", "$HOME", "${HOME}", "a$b", "$", "$(date)", "a${", "$AUTH_X"] {
        assert_eq!(value(&format!("AUTH_X={text}")), text);
        assert_eq!(value(&format!("AUTH_X=\"{text}\"")), text);
        assert_eq!(value(&format!("AUTH_X='{text}'")), text);
    }
}

#[test]
fn lines_are_counted_through_comments_and_quotes() {
    let entries = parse("# one\n\nA='x\ny'\r\nB=2\nexport=3\n").unwrap();
    let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.line)).collect();
    assert_eq!(found, [("A", 3), ("B", 5), ("export", 6)]);
}

#[test]
fn a_line_that_cannot_be_parsed_is_reported_by_its_number_and_a_fixed_reason() {
    for (text, line, reason) in [
        ("A=1\nAUTH_X=two words", 2, SPACE_IN_VALUE),
        ("AUTH_X=a\tb", 1, SPACE_IN_VALUE),
        ("AUTH_X=a\rb", 1, SPACE_IN_VALUE),
        ("AUTH_X=\u{a0}a b", 1, SPACE_IN_VALUE),
        ("\n\nAUTH_X=\"open\nB=1\n", 3, UNCLOSED_QUOTE),
        ("AUTH_X='open", 1, UNCLOSED_QUOTE),
        ("AUTH_X='a'b", 1, TEXT_AFTER_QUOTE),
        ("AUTH_X='a' b", 1, TEXT_AFTER_QUOTE),
        ("AUTH_X=\"a\"#b", 1, TEXT_AFTER_QUOTE),
        ("AUTH_X=a'b", 1, QUOTE_IN_VALUE),
        ("AUTH_X=a\"b\"", 1, QUOTE_IN_VALUE),
        ("AUTH_X secret", 1, MISSING_NAME),
        ("AUTH_X", 1, MISSING_NAME),
        ("AUTH_X:secret", 1, MISSING_NAME),
        ("export AUTH_X", 1, MISSING_NAME),
        ("export", 1, MISSING_NAME),
        ("=secret", 1, MISSING_NAME),
        ("1A=secret", 1, MISSING_NAME),
        ("a-b=secret", 1, MISSING_NAME),
        ("[auth]", 1, MISSING_NAME),
        ("AUTH_X=#secret", 1, NUMBER_SIGN),
        (r"AUTH_X=C:\temp", 1, UNKNOWN_ESCAPE),
        ("AUTH_X=\"\\q\"", 1, UNKNOWN_ESCAPE),
        ("AUTH_X=a\\", 1, UNKNOWN_ESCAPE),
    ] {
        let error = parse(text).err().unwrap_or_else(|| panic!("{text} was taken"));
        assert_eq!(error, ParseError { line, reason }, "{text}");
    }
}
