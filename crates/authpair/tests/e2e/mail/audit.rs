//! The audit entries about mails: who asked for them, and which link was rejected.

use authpair_testkit::{Answer, TestPair, eventually};
use serde_json::{Value, json};

use super::{CHANGE, RESET, VERIFY, address, change_address, proven, verify, with_administrator};
use crate::{administration::call, on_both};

/// Waits for the newest entry that the filter finds.
async fn entry(pair: &TestPair, admin: &str, filter: &str) -> Value {
    let path = format!("/api/admin/audit?per_page=1&{filter}");
    eventually(&format!("no entry {filter}"), async || {
        let page = call(pair, "GET", &path, admin).await.ok(200);
        page.body["entries"].get(0).cloned()
    })
    .await
}

#[on_both]
async fn who_asked_for_a_mail_is_in_the_audit_log(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    let (ana, session) = pair.new_user("ana").await;
    let ask = async |path: &str, id: &str, body: Value| {
        let call = pair.auth_call("POST", path).bearer_auth(&session.access).json(&body);
        Answer::of(call.header("user-agent", "a browser").header("x-request-id", id)).await.ok(202)
    };
    let forgot = "/api/auth/password/forgot";
    ask(forgot, "known-address", json!({ "email": address("ana") })).await;
    ask(forgot, "unknown-address", json!({ "email": address("nobody") })).await;
    ask("/api/auth/email/verification", "proof", json!({})).await;
    server.mail(&address("ana"), RESET, 1).await;
    server.mail(&address("ana"), VERIFY, 2).await;
    for (filter, id, actor, subject) in [
        ("event=password.reset_requested&outcome=success", "known-address", "anonymous", true),
        ("event=password.reset_requested&outcome=refused", "unknown-address", "anonymous", false),
        ("event=email.verification_requested", "proof", "user", true),
    ] {
        let entry = entry(&pair, &admin.access, filter).await;
        assert_eq!(entry["request_id"], id, "{entry}");
        assert_eq!(
            (&entry["ip"], &entry["user_agent"]),
            (&json!("127.0.0.1"), &json!("a browser"))
        );
        assert_eq!(entry["actor"]["type"], actor, "{entry}");
        assert_eq!(entry["subject"]["id"] == ana.id, subject, "{entry}");
        assert!(!entry.to_string().contains("example.com"), "{entry}");
    }
}

#[on_both]
async fn a_link_for_an_address_that_was_taken_meanwhile_is_audited(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    let session = proven(&pair, &server, "ana").await;
    change_address(&pair, &session.access, &address("eve")).await.ok(200);
    let link = server.mail(&address("eve"), CHANGE, 1).await.token();
    pair.register("eve").await;
    verify(&pair, &link).await.expect(409, "user_exists");
    let entry = entry(&pair, &admin.access, "event=email.link_refused").await;
    assert_eq!(entry["reason"], "address_taken");
}
