//! Two processes of each service on one database.

use std::collections::BTreeSet;

use authpair_testkit::{
    Answer, Fleet, KEY, LOGOUT_LIMIT, PASSWORD, Service, Session, Switch, eventually, free_port,
};
use serde_json::json;

use crate::on_both;

#[on_both]
async fn of_16_refreshes_spread_over_two_processes_all_get_the_same_working_successor(
    fleet: Fleet,
) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    for _ in 0..5 {
        let session = a.login("ana").await;
        let calls = (0..16).map(|number| {
            let one = if number % 2 == 0 { a } else { b };
            let call = one.call("POST", "/api/auth/refresh").bearer_auth(&session.refresh);
            tokio::spawn(Answer::of(call))
        });
        let mut successors = BTreeSet::new();
        for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
            let answer = Session::of(&call.await.unwrap().ok(200));
            let other = if number % 2 == 0 { b } else { a };
            other.get("/api/auth/me", &answer.access).await.ok(200);
            fleet.users[number % 2].get("/api/users/me", &answer.access).await.ok(200);
            successors.insert(answer.refresh);
        }
        assert_eq!(successors.len(), 1);
        b.refresh(successors.first().unwrap()).await.ok(200);
    }
}

#[on_both]
async fn a_reuse_at_one_process_ends_the_session_at_the_other(fleet: Fleet) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let stolen = a.login("ana").await;
    let second = Session::of(&b.refresh(&stolen.refresh).await.ok(200));
    let third = Session::of(&a.refresh(&second.refresh).await.ok(200));
    b.refresh(&stolen.refresh).await.expect(401, "token_revoked");
    a.refresh(&third.refresh).await.expect(401, "token_revoked");
    a.get("/api/auth/me", &third.access).await.expect(401, "token_revoked");
    for users in &fleet.users {
        users.wait_until_revoked(LOGOUT_LIMIT, &third.access).await;
    }
}

#[on_both]
async fn wrong_passwords_given_to_two_processes_are_counted_together(fleet: Fleet) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let session = a.login("ana").await;
    let guess = async |service: &Service, password: &str| {
        let call = service.call("POST", "/api/auth/reauthenticate").bearer_auth(&session.access);
        Answer::of(call.json(&json!({ "password": password }))).await
    };
    for service in [a, b, a, b] {
        guess(service, "wrong").await.expect(401, "invalid_credentials");
    }
    guess(b, PASSWORD).await.ok(200);
    for service in [b, a, b, a, b] {
        guess(service, "wrong").await.expect(401, "invalid_credentials");
    }
    guess(a, PASSWORD).await.expect(401, "token_revoked");
}

#[on_both]
async fn a_token_logged_out_at_one_process_is_refused_by_the_other_at_once_and_by_users_api_within_a_second(
    fleet: Fleet,
) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    for (here, there) in [(a, b), (b, a)] {
        let gone = here.login("ana").await;
        let stays = there.login("ana").await;
        there.get("/api/auth/me", &gone.access).await.ok(200);
        here.logout(&gone.refresh).await.ok(204);
        there.get("/api/auth/me", &gone.access).await.expect(401, "token_revoked");
        there.refresh(&gone.refresh).await.expect(401, "token_revoked");
        let [first, second] = &fleet.users[..] else { panic!("two of them") };
        tokio::join!(
            first.wait_until_revoked(LOGOUT_LIMIT, &gone.access),
            second.wait_until_revoked(LOGOUT_LIMIT, &gone.access)
        );
        for users in &fleet.users {
            users.get("/api/users/me", &stays.access).await.ok(200);
        }
    }
}

#[on_both]
async fn a_cursor_of_one_process_works_at_the_other_and_no_revocation_is_missing(fleet: Fleet) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let mut seen = BTreeSet::new();
    let mut cursor = poll(a, "?wait=0").await.string("cursor");
    for round in 0..40 {
        let (here, there) = if round % 2 == 0 { (a, b) } else { (b, a) };
        let session = here.login("ana").await;
        here.logout(&session.access).await.ok(204);
        // This process answers as soon as it has the entry. The other one may get it a moment later.
        let news = poll(here, &format!("?after={cursor}&wait=5")).await;
        seen.extend(sids(&news));
        assert!(seen.contains(&session.id) && news.body["reset"] == false, "{}", news.text);
        cursor = news.string("cursor");
        let there = poll(there, &format!("?after={cursor}&wait=0")).await;
        if there.body["reset"] == true {
            assert_eq!(sids(&there).collect::<BTreeSet<_>>(), seen, "a full set that lacks some");
        } else {
            assert_eq!(sids(&there).count(), 0, "{}", there.text);
        }
        cursor = there.string("cursor");
    }
}

#[on_both]
async fn a_users_api_that_is_moved_to_the_other_process_misses_no_logout(fleet: Fleet) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    let switch = Switch::to(&a.url).await;
    let own = format!("http://127.0.0.1:{}", free_port());
    let users = fleet.start_users(&own, &switch.url).await;
    users.process.wait_for("/readyz").await;
    a.register("ana").await;
    let mut gone = Vec::new();
    for round in 0..6 {
        switch.switch_to(if round % 2 == 0 { &b.url } else { &a.url });
        let session = a.login("ana").await;
        a.logout(&session.access).await.ok(204);
        users.wait_until_revoked(LOGOUT_LIMIT, &session.access).await;
        gone.push(session.access);
        for access in &gone {
            users.get("/api/users/me", access).await.expect(401, "token_revoked");
        }
    }
}

#[on_both]
async fn both_processes_have_the_same_keys_after_a_rotation_and_a_retirement(fleet: Fleet) {
    assert_eq!(both_agree(&fleet, 1).await, [KEY.kid()]);
    let (code, printed) = fleet.auth_command(&["keys", "rotate"]);
    assert_eq!(code, Some(0), "{printed}");
    let new = printed.split(' ').next().unwrap().to_owned();
    let both = both_agree(&fleet, 2).await;
    assert!(both.contains(&new) && both.contains(&KEY.kid()));
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let old = a.login("ana").await;
    assert_eq!(fleet.auth_command(&["keys", "retire", &KEY.kid(), "--yes"]).0, Some(0));
    assert_eq!(both_agree(&fleet, 1).await, [new]);
    for one in [a, b] {
        one.refresh(&old.refresh).await.expect(401, "invalid_token");
    }
    let session = a.login("ana").await;
    let session = Session::of(&b.refresh(&session.refresh).await.ok(200));
    a.get("/api/auth/me", &session.access).await.ok(200);
}

/// Waits until both show the same set of so many keys, and returns it.
async fn both_agree(fleet: &Fleet, count: usize) -> Vec<String> {
    eventually("both do not agree on the keys", async || {
        let mut sets: Vec<Vec<String>> = Vec::new();
        for one in &fleet.auth {
            let answer = one.get("/.well-known/jwks.json", "").await.ok(200);
            let keys = answer.body["keys"].as_array().unwrap().clone();
            sets.push(keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect());
        }
        let agree = sets[0] == sets[1] && sets[0].len() == count;
        if agree { Ok(sets.remove(0)) } else { Err(format!("{sets:?}")) }
    })
    .await
}

async fn poll(service: &Service, query: &str) -> Answer {
    service.get(&format!("/.well-known/revoked-sessions{query}"), "").await.ok(200)
}

fn sids(page: &Answer) -> impl Iterator<Item = String> {
    let entries = page.body["revoked"].as_array().unwrap().iter();
    entries.map(|entry| entry["sid"].as_str().unwrap().to_owned())
}
