//! Changes with `If-Match`, of a user that was changed by another call meanwhile.

use authpair_testkit::{Answer, TestPair};
use serde_json::{Value, json};

use super::{administrator, call, patch, path_of};
use crate::on_both;

async fn conditional(
    pair: &TestPair,
    method: &str,
    id: &str,
    token: &str,
    tag: &str,
    body: &Value,
) -> Answer {
    let call = pair.auth_call(method, &path_of(id)).bearer_auth(token).header("if-match", tag);
    Answer::of(if method == "PATCH" { call.json(body) } else { call }).await
}

#[on_both]
async fn a_change_of_an_older_revision_is_412_and_changes_nothing(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let old = call(&pair, "GET", &path_of(&ana.id), &admin.access).await.ok(200);
    let old = old.header("etag").to_owned();
    let rename = json!({ "username": "anna" });
    let renamed = conditional(&pair, "PATCH", &ana.id, &admin.access, &old, &rename).await.ok(200);
    let new = renamed.header("etag").to_owned();
    assert_ne!(new, old);
    let disable = json!({ "disabled": {} });
    for (method, tag) in
        [("PATCH", old.as_str()), ("DELETE", &old), ("PATCH", &format!("W/{new}")), ("PATCH", "x")]
    {
        let answer = conditional(&pair, method, &ana.id, &admin.access, tag, &disable).await;
        answer.expect(412, "precondition_failed");
    }
    pair.me(&session.access).await.ok(200);
    // A log-in is no change; one of several tags is enough; `*` is any.
    pair.login("anna").await;
    let both = format!("{old}, {new}");
    let ext = json!({ "ext": { "a": 1 } });
    conditional(&pair, "PATCH", &ana.id, &admin.access, &both, &ext).await.ok(200);
    conditional(&pair, "PATCH", &ana.id, &admin.access, "*", &json!({})).await.ok(200);
    conditional(&pair, "DELETE", &ana.id, &admin.access, "*", &json!({})).await.ok(204);
}

#[on_both(serializable)]
async fn of_16_changes_of_one_revision_at_once_one_is_made(pair: TestPair) {
    let admin = administrator(&pair).await;
    let ana = pair.register("ana").await;
    let read = call(&pair, "GET", &path_of(&ana.id), &admin.access).await.ok(200);
    let tag = read.header("etag");
    let calls = (0..16).map(|number| {
        let path = path_of(&ana.id);
        let call = pair.auth_call("PATCH", &path).bearer_auth(&admin.access);
        let change = json!({ "username": format!("ana{number}") });
        tokio::spawn(Answer::of(call.header("if-match", tag).json(&change)))
    });
    let mut done = 0;
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            done += 1;
        } else {
            answer.expect(412, "precondition_failed");
        }
    }
    assert_eq!(done, 1);
}

#[on_both]
async fn a_change_that_changes_nothing_gives_the_same_revision_and_no_feed_entry(pair: TestPair) {
    let admin = administrator(&pair).await;
    let (ana, session) = pair.new_user("ana").await;
    let read = call(&pair, "GET", &path_of(&ana.id), &admin.access).await.ok(200);
    let feed = async || {
        let call = pair.auth_call("GET", "/.well-known/revoked-sessions?wait=0");
        Answer::of(call).await.ok(200).text
    };
    let before = feed().await;
    let same = json!({ "username": "ana", "email": "ana@example.com", "scope": "users:read", "ext": null, "disabled": null });
    for change in [json!({}), same, json!({ "ext": {} })] {
        let answer = patch(&pair, &admin.access, &ana.id, &change).await.ok(200);
        assert_eq!(answer.header("etag"), read.header("etag"), "{change}");
    }
    assert_eq!(feed().await, before);
    pair.me(&session.access).await.ok(200);
}
