use super::*;

const SECRET: &str = "s3cr";

#[test]
fn no_secret_is_printed_wherever_it_is() {
    for (url, secret) in [
        ("postgres://ana:s3cret@db:5432/app?sslmode=require", "s3cret"),
        ("postgres://ana:s3cret%40x@db/app", "s3cret@x"),
        ("postgres://ana:s3?cret@db/app", "s3?cret"),
        ("postgres://ana:s3:cr#et@db", "s3:cr#et"),
        ("postgres://db/app?password=s3cret", "s3cret"),
        ("postgres://db/app?sslpassword=s3cret&sslmode=require", "s3cret"),
        ("postgres://db/app?oauth_client_secret=s3cret", "s3cret"),
    ] {
        assert_eq!(check(url), Ok(()), "{url}");
        let shown = mask(url);
        assert!(!shown.contains("s3") && shown.contains("db"), "{shown}");
        let said = redact(url, &format!("cannot use {url} with {secret}"));
        assert!(!said.contains(SECRET) && !said.contains("s3"), "{said}");
        assert!(said.starts_with("cannot use ******** with ********"), "{said}");
    }
}

#[test]
fn a_url_that_libpq_would_misread_or_repeat_is_rejected_without_repeating_it() {
    for url in [
        "postgres://ana:s3/cret@db/app",
        "postgres://ana:/s3cret@db/app",
        "postgres://ana:s3cr@t@db/app",
        "postgres://ana:s3cret%@db/app",
        "postgres://ana:s3cret%zz@db/app",
        "postgres://ana:s3cret%00@db/app",
        "postgres://ana:s3%@cret@db/app",
        "postgres://ana:s3 cret@db/app",
        "postgres://ana:s3\tcret@db/app",
        "postgres://ana:s3\u{a0}cret@db/app",
        "postgres://ana:s3\u{fffd}cret@db/app",
        "postgres://ana:s3cret/app",
        "postgres://ana:s3cret",
        "postgres://db?password=s3cr@t",
        "postgres://db/app/s3cret",
        "postgres://ana:p/s3cret?x@db/app",
        "postgres://db/app?s3cret",
        "postgres://db/app?password=s3=cret",
        "postgres://db/app?s3cret=x",
        "postgres://db/app?p%61ssword=s3cret",
        "postgres://db/app?PASSWORD=s3cret",
        "postgres://db/app?pool_mode=s3cret",
        "postgres://[::1/s3cret",
        "postgres://db/app#s3cret",
        "postgres://db#s3cret",
        "postgres://db/app?sslmode=require#s3cret",
        "postgres://[::1]s3cret/app",
    ] {
        let reason = check(url).expect_err(url);
        assert!(!reason.contains(SECRET) && !reason.contains("cret"), "{url}: {reason}");
    }
}

#[test]
fn urls_in_use_are_accepted() {
    for url in [
        "postgres://",
        "postgresql:///app?host=/run/postgresql",
        "postgres://ana@[::1]:5432/app",
        "postgres://ana:p%2Fq%3F%40@one:5432,two:5433/app?target_session_attrs=read-write",
        "postgres://ana:pässwort@db/app?application_name=auth%20service",
        "postgres://ana:@db/app?pool_mode=transaction",
        "postgres://ana:p#q@db/app",
    ] {
        assert_eq!(check(url), Ok(()), "{url}");
    }
}

#[test]
fn a_drivers_message_is_cleaned_of_the_password_as_written_and_as_meant() {
    let url = "postgres://ana:p%2Fq@db/app?sslpassword=key%20pass";
    let said = redact(url, "no host \"p/q@db\"; p%2Fq; key pass; key%20pass");
    assert_eq!(said, "no host \"********@db\"; ********; ********; ********");
}

#[test]
fn waits_are_bounded_unless_the_url_says_how() {
    let url = connect_url("postgres://db/app?connect_timeout=9", Access::ReadWrite);
    assert!(url.contains("connect_timeout=9&tcp_user_timeout=3000"), "{url}");
    assert!(url.ends_with("options=-c%20statement_timeout%3D2500"), "{url}");
    assert!(!url.contains("connect_timeout=2"));
    let odd = connect_url("postgres://u:s?cret@db/app", Access::ReadWrite);
    assert!(odd.starts_with("postgres://u:s?cret@db/app?connect_timeout=2&"), "{odd}");
    let readers = connect_url("postgres://db/app", Access::ReadOnly);
    assert!(readers.contains("default_transaction_read_only%3Don"), "{readers}");
}

#[test]
fn options_of_the_url_keep_the_time_out_and_the_guard_of_readers_and_win_over_them() {
    let own = "postgres://db/app?options=-csearch_path%3Dapp&sslmode=require";
    let writers = connect_url(own, Access::ReadWrite);
    assert!(
        writers.contains("?options=-c%20statement_timeout%3D2500%20-csearch_path%3Dapp&sslmode="),
        "{writers}"
    );
    let readers = connect_url(own, Access::ReadOnly);
    assert!(readers.contains("read_only%3Don%20-csearch_path%3Dapp&"), "{readers}");
    assert_eq!(readers.matches("options=").count(), 1, "{readers}");
    assert!(!sets_option(own, "statement_timeout"));
    for option in
        ["-c%20statement_timeout%3D9", "--statement-timeout%3D9", "-cSTATEMENT_TIMEOUT%3D9"]
    {
        let url = format!("postgres://db/app?options={option}");
        assert!(sets_option(&url, "statement_timeout"), "{url}");
        assert!(connect_url(&url, Access::ReadWrite).contains(&format!("2500%20{option}")));
    }
}

#[test]
fn libpq_is_never_given_our_own_parameter() {
    for (url, rest) in [
        ("postgres://db/app?pool_mode=transaction", "postgres://db/app?connect_timeout=2&"),
        (
            "postgres://db/app?sslmode=require&pool_mode=session",
            "postgres://db/app?sslmode=require&connect_timeout=2&",
        ),
        (
            "postgres://u:p?pool_mode=x@db/app?pool_mode=session",
            "postgres://u:p?pool_mode=x@db/app?connect_timeout=2&",
        ),
    ] {
        let given = with_network_timeouts(url);
        assert!(given.starts_with(rest) && !given.contains("options"), "{given}");
    }
    assert_eq!(pool_mode("postgres://db/app"), PoolMode::None);
    assert_eq!(pool_mode("postgres://db/app?pool_mode=session"), PoolMode::Session);
    assert_eq!(pool_mode("postgres://db/app?a=b&pool_mode=transaction"), PoolMode::Transaction);
}
