//! Who may read the feed, and how often.

use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, TestPair, client_from, eventually, free_port,
};
use serde_json::json;

const FEED: &str = "/.well-known/revoked-sessions";
const OLD_SECRET: &str = "the-old-secret-of-verifiers";
const NEW_SECRET: &str = "the-new-secret-of-verifiers";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_secret_only_verifiers_get_the_feed_and_either_of_two_secrets_counts() {
    let both = format!("{OLD_SECRET},{NEW_SECRET}");
    let settings = [("AUTH_VERIFIER_SECRET", both.as_str()), ("USERS_VERIFIER_SECRET", NEW_SECRET)];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let none = Answer::of(pair.auth_call("GET", FEED)).await.expect(401, "authorization_header");
    assert_eq!(none.header("www-authenticate"), "Bearer");
    for wrong in ["another-secret-of-verifiers", &both, &OLD_SECRET[1..], "x"] {
        let answer = Answer::of(pair.auth_call("GET", FEED).bearer_auth(wrong)).await;
        let answer = answer.expect(401, "invalid_token");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    let (_, session) = pair.new_user("ana").await;
    // The access token of a user does not count.
    let answer = Answer::of(pair.auth_call("GET", FEED).bearer_auth(&session.access)).await;
    answer.expect(401, "invalid_token");
    pair.logout(&session.access).await.ok(204);
    pair.wait_until_revoked(&session.access).await;
    for secret in [OLD_SECRET, NEW_SECRET] {
        let full = Answer::of(pair.auth_call("GET", FEED).bearer_auth(secret)).await.ok(200);
        assert_eq!(full.body["revoked"][0]["sid"], json!(session.id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_users_api_without_the_secret_is_not_ready_and_says_why() {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let plan = FleetPlan { users: 0, ..plan }.with("AUTH_VERIFIER_SECRET", NEW_SECRET);
    let metrics = free_port();
    let plan = plan.with("USERS_METRICS_LISTEN", &format!("127.0.0.1:{metrics}"));
    let fleet = Fleet::start(plan).await;
    let own = format!("http://127.0.0.1:{}", free_port());
    let users = fleet.start_users(&own, &fleet.auth[0].url).await;
    eventually("the missing secret is not the reason", async || {
        let answer = users.get("/readyz", "").await.expect_status(503);
        let reason = answer.body["checks"]["revocations"]["reason"].as_str().unwrap_or_default();
        if reason.contains("secret") { Ok(()) } else { Err(answer.text) }
    })
    .await;
    // Log lines are written a moment later.
    eventually("the refusal is not in the log", async || {
        let log = std::fs::read_to_string(&users.log).unwrap();
        if log.contains("the issuer refuses this verifier") { Ok(()) } else { Err(log) }
    })
    .await;
    let text = Answer::of(users.http.get(format!("http://127.0.0.1:{metrics}/metrics"))).await.text;
    let counted = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("authpair_revocation_polls_total{result=\"unauthorized\"} ")
        })
        .and_then(|count| count.parse::<u64>().ok());
    assert!(counted.is_some_and(|count| count > 0), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_asks_an_open_feed_for_one_full_set_after_the_other_is_rate_limited() {
    let settings =
        [("AUTH_VERIFIER_SECRET", NEW_SECRET), ("AUTH_FEED", "open"), ("AUTH_RATE_LIMITS", "on")];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    let (_, session) = pair.new_user("ana").await;
    pair.logout(&session.access).await.ok(204);
    let cursor = Answer::of(pair.auth_call("GET", FEED)).await.ok(200).string("cursor");
    let mut served = 1;
    let refused = loop {
        let answer = Answer::of(pair.auth_call("GET", FEED)).await;
        if answer.status == 429 {
            break answer;
        }
        answer.ok(200);
        served += 1;
        assert!(served < 5_000, "no end");
    };
    let refused = refused.expect(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(served >= 240, "{served}");
    // An unknown cursor asks for the full set too.
    let foreign = format!("{FEED}?after=e.1.0123456789abcdef");
    Answer::of(pair.auth_call("GET", &foreign)).await.expect(429, "rate_limited");
    // Polls with a known cursor are not limited, and neither is a verifier with the secret.
    let known = format!("{FEED}?after={cursor}");
    for _ in 0..20 {
        Answer::of(pair.auth_call("GET", &known)).await.ok(200);
        Answer::of(pair.auth_call("GET", FEED).bearer_auth(NEW_SECRET)).await.ok(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_secrets_are_counted_by_source_and_the_right_one_is_always_accepted() {
    let settings = [
        ("AUTH_VERIFIER_SECRET", NEW_SECRET),
        ("USERS_VERIFIER_SECRET", NEW_SECRET),
        ("AUTH_RATE_LIMITS", "on"),
    ];
    let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    for _ in 0..10 {
        let wrong = pair.auth_call("GET", FEED).bearer_auth("another-secret-of-verifiers");
        Answer::of(wrong).await.expect(401, "invalid_token");
    }
    let wrong = pair.auth_call("GET", FEED).bearer_auth("another-secret-of-verifiers");
    let refused = Answer::of(wrong).await.expect(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "6");
    // Another source has a count of its own.
    let elsewhere = client_from(9).get(format!("{}{FEED}", pair.auth));
    let wrong = elsewhere.bearer_auth("another-secret-of-verifiers");
    Answer::of(wrong).await.expect(401, "invalid_token");
    Answer::of(pair.auth_call("GET", FEED).bearer_auth(NEW_SECRET)).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_settings_of_the_feed_are_refused_by_name() {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let fleet = Fleet::start(FleetPlan { auth: 0, users: 0, ..plan }).await;
    for (name, value) in [
        ("AUTH_FEED", "verifiers"),
        ("AUTH_FEED", "everybody"),
        ("AUTH_VERIFIER_SECRET", "short"),
        ("AUTH_VERIFIER_SECRET", "0123456789abcdef,0123456789abcdeg,0123456789abcdeh"),
    ] {
        let mut settings = fleet.auth_settings("http://127.0.0.1:1");
        settings.push((name.to_owned(), value.to_owned()));
        let command = authpair_testkit::authpair_command(
            crate::program(),
            &["auth-service", "config"],
            &settings,
            fleet.folder.path(),
        );
        let output = { command }.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(name), "{name}={value}: {said}");
        assert!(!said.contains("0123"), "a secret is shown: {said}");
    }
}
