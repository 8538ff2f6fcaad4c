//! Ids in paths: UUIDs with hyphens in upper or lower case. Anything else is an unknown id.

use authpair_testkit::{Answer, TestPair};

use crate::on_both;

#[on_both]
async fn a_session_id_in_capitals_is_the_same_session(pair: TestPair) {
    let (_, session) = pair.new_user("ana").await;
    for spelling in [str::to_uppercase, |id: &str| id.replace('a', "A").replace('4', "%34")] {
        let other = pair.login("ana").await;
        let path = format!("/api/auth/sessions/{}", spelling(&other.id));
        let call = || Answer::of(pair.auth_call("DELETE", &path).bearer_auth(&session.access));
        call().await.ok(204);
        pair.me(&other.access).await.expect(401, "token_revoked");
        call().await.expect(404, "not_found");
    }
}

#[on_both]
async fn an_id_that_is_not_a_uuid_is_unknown_at_both_services(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let other = pair.login("ana").await;
    let spellings = |id: &str| {
        let plain = id.replace('-', "");
        vec![
            "%00".to_owned(),
            format!("{id}%00"),
            "%FF".to_owned(),
            "%C3%28".to_owned(),
            "x".to_owned(),
            "1".to_owned(),
            "%27%20OR%201=1".to_owned(),
            plain.clone(),
            plain.to_uppercase(),
            format!("%7B{id}%7D"),
            format!("urn:uuid:{id}"),
            format!("{id}%20"),
            format!("%20{id}"),
            format!("{id}0"),
            id.replace('-', "_"),
            "a".repeat(1_000),
        ]
    };
    for id in spellings(&other.id) {
        let path = format!("/api/auth/sessions/{id}");
        let call = pair.auth_call("DELETE", &path).bearer_auth(&session.access);
        Answer::of(call).await.expect(404, "not_found");
        // Without a token the answer does not depend on the id.
        let call = pair.auth_call("DELETE", &path);
        Answer::of(call).await.expect(401, "authorization_header");
    }
    pair.me(&other.access).await.ok(200);
    for id in spellings(&ana.id) {
        let path = format!("/api/users/{id}");
        pair.get_users(&path, &session.access).await.expect(404, "user_not_found");
    }
    let upper = format!("/api/users/{}", ana.id.to_uppercase());
    assert_eq!(pair.get_users(&upper, &session.access).await.ok(200).body["id"], ana.id);
}
