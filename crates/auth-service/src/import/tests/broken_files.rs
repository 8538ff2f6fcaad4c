//! Files with errors: each error names its position, and the other rows are imported.

use std::fmt::Write as _;

use super::{Format, RowReader, file, read};

#[test]
fn a_file_whose_format_cannot_be_detected_is_refused() {
    for text in ["", "a,b\n1,2\n", r#"{"a":1}"#, "[1, 2]", "not a table"] {
        let (_folder, path) = file(text);
        let refused = RowReader::open(&path, None, None).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|why| why.contains("--format")), "{text}");
    }
}

#[test]
fn an_empty_list_of_scopes_differs_from_a_missing_one() {
    let json = read(
        r#"{"email":"ana@example.com","scope":""}
{"email":"bob@example.com","scope":null}
{"email":"eve@example.com"}
"#,
    );
    let csv = read("email,scope\nana@example.com,\n");
    for (row, expected) in
        [(json.row(0), Some("")), (json.row(1), None), (json.row(2), None), (csv.row(0), Some(""))]
    {
        assert_eq!(row.scope.as_ref().map(ToString::to_string).as_deref(), expected);
    }
}

#[test]
fn an_id_is_short_whether_it_is_stored_or_not() {
    let long = "7".repeat(256);
    for row in [
        format!(r#"{{"email":"ana@example.com","id":"{long}","external_id":"7"}}"#),
        format!(r#"{{"email":"ana@example.com","id":"{long}"}}"#),
    ] {
        assert!(read(&row).error(0).contains("(id): is too long"), "{}", read(&row).error(0));
    }
}

#[test]
fn the_format_is_detected_by_the_first_record_that_can_be_read() {
    let import = read("{\"email\":\n{\"email\":\"ana@example.com\"}\n");
    assert_eq!((import.format, import.rows.len()), (Format::Jsonl, 2));
    assert!(import.rows[0].is_err() && import.rows[1].is_ok());
}

#[test]
fn broken_records_of_an_array_do_not_stop_the_others() {
    let mut text = "\u{feff}[\n".to_owned();
    for row in [
        r#"{"username":"ana","email":"ana@example.com"}"#,
        r#"{"username":"bob",,"email":"bob@example.com"}"#,
        "7",
        r#""a { string""#,
        r#"{"username":"e\"} v","email":"eve@example.com"}"#,
        "{\n  \"username\": \"dora\",\n  \"email\": \"dora\"\n}",
    ] {
        writeln!(text, "{row},").unwrap();
    }
    let import = read(&format!("{text}\n]"));
    assert_eq!((import.format, import.rows.len()), (Format::Jsonl, 6));
    assert!(import.rows[0].is_ok());
    assert_eq!(import.error(1), "line 3, column 19: is not valid JSON");
    assert_eq!(import.error(2), "line 4, column 1: is not a JSON object");
    assert_eq!(import.error(3), "line 5, column 1: is not a JSON object");
    assert!(import.error(4).starts_with("line 6, column 2 (username): "), "{}", import.error(4));
    assert!(import.error(5).starts_with("line 9, column 3 (email): "), "{}", import.error(5));
}

#[test]
fn errors_of_csv_are_named_with_their_line_and_column() {
    let import = read(
        "username,email,scope,disabled\n\
         ana,ana@example.com,users:read,false\n\
         bob,bob@example.com\n\
         \"e\nve\",eve@example.com,,\n\
         dora,dora@example.com,,maybe\n",
    );
    assert_eq!(import.format, Format::Csv);
    assert!(import.rows[0].is_ok());
    assert_eq!(import.error(1), "line 3, column 1: has 2 values where the header has 4");
    assert!(import.error(2).starts_with("line 4, column 1 (username): "), "{}", import.error(2));
    assert_eq!(import.error(3), "line 6, column 4 (disabled): is neither true nor false");
}

#[test]
fn a_record_without_end_takes_no_more_memory_than_its_bound() {
    let long = "x".repeat(3 * 1024 * 1024);
    let good = r#"{"username":"ana","email":"ana@example.com"}"#;
    let lines = read(&format!("{good}\n{{\"ext\":\"{long}\"}}\n{good}\n"));
    let array = read(&format!("[{good},{{\"ext\":\"{long}\"}},{good}]"));
    let csv =
        read(&format!("username,email\nana,ana@example.com\n\"{long}\",x\nana,ana@example.com\n"));
    for import in [lines, array, csv] {
        assert_eq!(import.rows.len(), 3);
        assert!(import.rows[0].is_ok() && import.rows[2].is_ok());
        assert!(import.error(1).ends_with("is longer than 1 MiB"), "{}", import.error(1));
    }
    let unfinished = read(&format!("[{good},{{\"username\":\"bob\""));
    assert!(unfinished.error(1).ends_with("does not end"));
}

#[test]
fn a_header_with_a_name_twice_is_refused_without_the_name() {
    // Of a file without a header, the first row stands for it.
    for text in
        ["username,email,password,password\nana,ana@example.com,!,!\n", "secret,a,secret\n1,2,3\n"]
    {
        let (_folder, path) = file(text);
        let error = RowReader::open(&path, None, None).err().unwrap().to_string();
        assert!(error.contains("columns") && error.ends_with("have the same name"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    // Columns without a name are not read.
    let unnamed = read("id,email,password,,\n1,ana@example.com,!,x,y\n");
    assert!(unnamed.rows[0].is_ok());
}

#[test]
fn a_record_with_a_member_twice_is_refused() {
    let import = read(
        r#"{"username":"ana","email":"ana@example.com"}
{"username":"bob","email":"bob@example.com","scope":"users:read","scope":"users:read users:email"}
{"username":"eve","email":"eve@example.com","ext":{"a":1,"a":2}}
{"username":"dora","email":"dora@example.com"}
"#,
    );
    assert!(import.rows[0].is_ok() && import.rows[3].is_ok());
    assert_eq!(import.error(1), "line 2, column 1: has a member twice");
    assert_eq!(import.error(2), "line 3, column 1: has a member twice");
    let csv = read("email,ext\nana@example.com,\"{\"\"a\"\":1,\"\"a\"\":2}\"\n");
    assert_eq!(csv.error(0), "line 2, column 2 (ext): has a member twice");
}

#[test]
fn the_lines_that_a_missing_quote_takes_are_counted() {
    let header = "username,email,scope\n";
    let good = |name: &str| format!("{name},{name}@example.com,\n");
    let unclosed = read(&format!(
        "{header}{}\"bob,bob@example.com,\n{}{}",
        good("ana"),
        good("eve"),
        good("dora")
    ));
    assert_eq!(unclosed.rows.len(), 2);
    assert_eq!(
        unclosed.error(1),
        "line 3, column 1: has a quote that does not end; it takes 3 lines"
    );
    // The next quote closes it, so that the row would have as many values as the header.
    let closed = read(&format!(
        "{header}ana,ana@example.com,\"\n{}eve,eve@example.com,\"x\"\n{}",
        good("bob"),
        good("dora")
    ));
    assert_eq!(
        closed.error(0),
        "line 2, column 1: has text after a closing quote; it takes 3 lines"
    );
    assert!(closed.rows[1].is_ok() && closed.rows.len() == 2);
    let long: String = (0..60_000).map(|number| good(&format!("user{number}"))).collect();
    let long = read(&format!("{header}\"ana,ana@example.com,\n{long}x\",y\n{}", good("dora")));
    assert_eq!(long.error(0), "line 2, column 1: is longer than 1 MiB; it takes 60002 lines");
    assert!(long.rows[1].is_ok());
    // A value may have lines.
    let lines = read("email,ext\nana@example.com,\"{\n}\"\n");
    assert!(lines.rows[0].is_ok(), "{:?}", lines.rows[0]);
    let array = read(&format!(
        "[\n{{\"email\":\"ana@example.com\"}},\n{{\"email\":\"bob,\n{}\n]",
        "{},\n".repeat(5)
    ));
    assert_eq!(array.error(1), "line 3, column 1: does not end; it takes 8 lines");
}
