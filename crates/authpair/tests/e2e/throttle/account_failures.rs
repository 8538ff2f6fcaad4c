//! Failed log-ins in a row slow down the next ones at the same account.

use std::time::Duration;

use auth_service::sessions::Purge;
use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, PASSWORD, TestPair, User};
use serde_json::json;

use super::{limited, login_from, retry_after, source};
use crate::{on_both, program, support::command_line};

/// Fails so often at this name, each time from another source.
async fn fail(pair: &TestPair, name: &str, times: u32) {
    for number in 0..times {
        let answer = login_from(pair, &source(number), name, "wrong").await;
        answer.expect(401, "invalid_credentials");
    }
}

/// A log-in with the right password, from a source of its own.
async fn right(pair: &TestPair, name: &str) -> Answer {
    login_from(pair, &source(200), name, PASSWORD).await
}

async fn with_ana(pair: TestPair, settings: &[(&str, &str)]) -> (TestPair, User) {
    let ana = pair.register("ana").await;
    (limited(pair, settings).await, ana)
}

#[on_both]
async fn five_failures_are_free_and_then_each_further_one_doubles_the_wait_up_to_an_hour(
    pair: TestPair,
) {
    let (pair, _) = with_ana(pair, &[]).await;
    fail(&pair, "ana", 5).await;
    for (number, expected) in
        [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600].into_iter().enumerate()
    {
        let seconds = retry_after(right(&pair, "ana").await);
        assert_eq!(seconds, expected);
        pair.clock.advance(Duration::from_secs(seconds - 1));
        assert_eq!(retry_after(right(&pair, "ana").await), 1);
        pair.clock.advance(Duration::from_secs(1));
        let answer = login_from(&pair, &source(20), "ana", &format!("guess {number}")).await;
        answer.expect(401, "invalid_credentials");
    }
    pair.clock.advance(Duration::from_secs(3_600));
    right(&pair, "ana").await.ok(200);
    // The count begins again.
    fail(&pair, "ana", 5).await;
    assert_eq!(retry_after(right(&pair, "ana").await), 30);
}

#[on_both]
async fn a_name_and_an_address_have_a_count_each_and_a_login_ends_both(pair: TestPair) {
    let (pair, _) = with_ana(pair, &[]).await;
    for name in ["ana", "Ana", "ＡNA", " ana", "ana"] {
        login_from(&pair, &source(1), name, "wrong").await.expect(401, "invalid_credentials");
    }
    retry_after(right(&pair, "ana").await);
    fail(&pair, "Ana@Example.com", 4).await;
    right(&pair, "ana@example.com").await.ok(200);
    right(&pair, "ana").await.ok(200);
    fail(&pair, "ana@example.com", 5).await;
    retry_after(right(&pair, "ana@example.com").await);
}

#[on_both]
async fn unknown_disabled_and_blocked_accounts_answer_alike(pair: TestPair) {
    pair.register("gone").await;
    let (pair, _) = with_ana(pair, &[]).await;
    command_line::done(&pair, &["disable", "gone"]);
    let shown = |answer: Answer| {
        let names = answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        (answer.status, answer.text.clone(), names)
    };
    let mut by_name = Vec::new();
    for name in ["ana", "gone", "nobody", "no\u{0}name", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            // The disabled user's password is right, but the answer says that it is wrong.
            let password = if name == "gone" { PASSWORD } else { "wrong" };
            answers.push(shown(login_from(&pair, &source(1), name, password).await));
            pair.clock.advance(Duration::from_secs(2));
        }
        answers.push(shown(right(&pair, name).await));
        by_name.push(answers);
    }
    assert_eq!(by_name[0][0].0, 401);
    assert_eq!(by_name[0][5].0, 429);
    assert!(by_name.iter().all(|answers| *answers == by_name[0]), "{by_name:?}");
}

#[on_both]
async fn after_a_hundred_failures_the_password_alone_is_not_enough_until_an_operator_unblocks(
    pair: TestPair,
) {
    let (pair, ana) = with_ana(pair, &[]).await;
    for number in 0..100 {
        login_from(&pair, &source(number), "ana", "wrong").await.expect(401, "invalid_credentials");
        pair.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(retry_after(right(&pair, "ana").await), 23 * 3_600);
    pair.clock.advance(Duration::from_secs(22 * 3_600));
    retry_after(right(&pair, "ana").await);
    let printed = command_line::done(&pair, &["unblock", &ana.id]);
    assert_eq!(printed, format!("{}  ana  unblocked\n", ana.id));
    right(&pair, "ana").await.ok(200);
    assert!(command_line::done(&pair, &["unblock", "ana"]).contains("was not blocked"));
    assert!(command_line::refused(&pair, &["unblock", "nobody"]).contains("no such user"));
}

#[on_both]
async fn failures_are_forgotten_a_day_after_the_last_one_and_their_rows_are_deleted(
    pair: TestPair,
) {
    let (pair, _) = with_ana(pair, &[]).await;
    fail(&pair, "ana", 5).await;
    pair.clock.advance(Duration::from_secs(86_399));
    fail(&pair, "nobody", 1).await;
    let state = pair.pair().auth().state();
    assert_eq!(Purge::default().run(&state.database, state.now()).await.unwrap(), 0);
    pair.clock.advance(Duration::from_secs(2));
    assert_eq!(Purge::default().run(&state.database, state.now()).await.unwrap(), 1);
    fail(&pair, "ana", 5).await;
    retry_after(right(&pair, "ana").await);
}

#[on_both]
async fn failures_inside_a_session_count_for_the_account_and_its_wait_never_applies_to_them(
    pair: TestPair,
) {
    let (_, session) = pair.new_user("ana").await;
    let pair = limited(pair, &[]).await;
    let again = async |password: &str| {
        let body = json!({ "password": password });
        pair.send("POST", "/api/auth/reauthenticate", &session.access, &body).await
    };
    for _ in 0..4 {
        again("wrong").await.expect(401, "invalid_credentials");
    }
    fail(&pair, "ana", 1).await;
    retry_after(right(&pair, "ana").await);
    fail(&pair, "ana@example.com", 1).await;
    retry_after(right(&pair, "ana@example.com").await);
    // The session's own count of five goes on, and the right password ends the account's failures.
    pair.refresh(&session.refresh).await.ok(200);
    again(PASSWORD).await.ok(200);
    right(&pair, "ana").await.ok(200);
    right(&pair, "ana@example.com").await.ok(200);
}

#[on_both]
async fn two_processes_count_the_failures_of_an_account_together(backend: Backend) {
    let plan = FleetPlan::pair_on(program(), backend).await.unwrap();
    let fleet = Fleet::start(plan.doubled().with("AUTH_RATE_LIMITS", "on")).await;
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let wrong = json!({ "username": "ana", "password": "wrong" });
    for service in [a, b, a, b, a] {
        service.post("/api/auth/login", &wrong).await.expect(401, "invalid_credentials");
    }
    for service in [b, a] {
        let seconds = retry_after(service.try_login("ana").await);
        assert!((25..=30).contains(&seconds), "{seconds}");
    }
    let (code, printed) = fleet.auth_command(&["users", "unblock", "ana"]);
    assert_eq!(code, Some(0), "{printed}");
    b.login("ana").await;
}
