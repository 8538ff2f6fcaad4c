//! The feed's entries about users, as verifiers read them.

use authpair_testkit::{Answer, TestPair, eventually};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    on_both,
    support::{command_line::done, sessions::stale_at_users_api},
};

/// A page and an entry as verifiers read them before there were entries about users.
#[derive(Debug, Deserialize)]
struct OldPage {
    revoked: Vec<OldEntry>,
}

#[derive(Debug, Deserialize)]
struct OldEntry {
    sid: String,
    until: i64,
}

async fn feed(pair: &TestPair) -> Answer {
    Answer::of(pair.auth_call("GET", "/.well-known/revoked-sessions?wait=0")).await.ok(200)
}

#[on_both]
async fn an_entry_names_the_user_the_version_and_how_long_it_is_needed(pair: TestPair) {
    let (user, ana) = pair.new_user("ana").await;
    done(&pair, &["scopes", "ana", "users:email"]);
    stale_at_users_api(&pair, &ana.access).await;
    let page = feed(&pair).await.body;
    let [entry] = &page["revoked"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!((&entry["sub"], &entry["min_ver"]), (&Value::from(user.id), &Value::from(1)));
    // 15 minutes for the last token, and a minute for clocks that differ.
    let (until, now) = (entry["until"].as_i64().unwrap(), pair.clock.seconds());
    assert!((now + 960..now + 1_020).contains(&until), "{until} at {now}");
}

#[on_both]
async fn a_verifier_that_knows_only_sessions_goes_on_working(pair: TestPair) {
    let ((_, ana), (_, bob)) = (pair.new_user("ana").await, pair.new_user("bob").await);
    done(&pair, &["ext", "ana", r#"{"a":1}"#]);
    pair.logout(&bob.access).await.ok(204);
    stale_at_users_api(&pair, &ana.access).await;
    let page = eventually("the logout is not announced", async || {
        let page: OldPage = serde_json::from_str(&feed(&pair).await.text).unwrap();
        (page.revoked.len() == 2).then_some(page)
    })
    .await;
    let sids: Vec<_> = page.revoked.iter().map(|entry| entry.sid.as_str()).collect();
    // No token has an empty session id, so that entry refuses none.
    assert_eq!(sids, ["", bob.id.as_str()]);
    assert!(page.revoked.iter().all(|entry| entry.until > pair.clock.seconds()));
}

#[on_both]
async fn a_users_api_that_starts_later_refuses_stale_tokens_from_its_first_answer_on(
    mut pair: TestPair,
) {
    let (_, ana) = pair.new_user("ana").await;
    done(&pair, &["scopes", "ana", "users:email"]);
    pair.halt().await;
    pair.resume().await;
    eventually("users-api is not ready", async || {
        Answer::of(pair.users_call("GET", "/readyz")).await.with_status(200)
    })
    .await;
    pair.me_at_users(&ana.access).await.expect(401, "token_stale");
    pair.me(&ana.access).await.expect(401, "token_stale");
}
