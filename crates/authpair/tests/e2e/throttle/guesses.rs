//! Many guesses at one account at once.

use std::{sync::Arc, time::Duration};

use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, PASSWORD, TestPair};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{limited, login_from, retry_after, source};
use crate::{on_both, program};

/// Requests of [`guess`] that are in flight at once. With many more, a busy machine sends some heads later than a
/// service waits for them.
const AT_ONCE: usize = 64;

/// Sends so many wrong guesses, each from another source. How many were checked, and the waits of all others.
async fn guess(urls: &[&str], http: &reqwest::Client, guesses: u32) -> (usize, Vec<u64>) {
    let (mut calls, permits) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for number in 0..guesses {
        let url = format!("{}/api/auth/login", urls[number as usize % urls.len()]);
        let body = json!({ "username": "ana", "password": format!("guess {number}") });
        let call = http.post(url).header("x-forwarded-for", source(number)).json(&body);
        let permits = Arc::clone(&permits);
        calls.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            Answer::of(call).await
        });
    }
    let (mut checked, mut waits) = (0, Vec::new());
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        match answer.status {
            401 => checked += 1,
            _ => waits.push(retry_after(answer)),
        }
    }
    (checked, waits)
}

#[on_both]
async fn of_64_guesses_at_once_five_are_checked_and_the_others_get_the_true_wait(pair: TestPair) {
    pair.register("ana").await;
    let pair = limited(pair, &[]).await;
    for name in ["ana", "nobody"] {
        let mut calls = JoinSet::new();
        for number in 0..64 {
            let body = json!({ "username": name, "password": format!("guess {number}") });
            let call = pair.auth_call("POST", "/api/auth/login");
            calls.spawn(Answer::of(call.header("x-forwarded-for", source(number)).json(&body)));
        }
        let answers = calls.join_all().await;
        let checked = answers.iter().filter(|answer| answer.status == 401).count();
        assert_eq!(checked, 5, "{name}");
        let waits = answers.into_iter().filter(|answer| answer.status != 401).map(retry_after);
        assert!(waits.into_iter().all(|wait| wait == 30), "{name}");
    }
    pair.clock.advance(Duration::from_secs(30));
    login_from(&pair, &source(100), "ana", PASSWORD).await.ok(200);
}

#[on_both]
async fn two_processes_check_five_of_the_guesses_each_at_most(backend: Backend) {
    let plan = FleetPlan::pair_on(program(), backend).await.unwrap();
    let plan = plan.doubled().with("AUTH_RATE_LIMITS", "on");
    let fleet = Fleet::start(plan.with("AUTH_TRUSTED_PROXIES", "127.0.0.1")).await;
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    a.register("ana").await;
    let (checked, waits) = guess(&[&a.url, &b.url], &a.http, 64).await;
    assert!((5..=10).contains(&checked), "{checked}");
    assert_eq!(waits.len(), 64 - checked);
    assert!(waits.iter().all(|wait| *wait <= 960), "{waits:?}");
    retry_after(b.try_login("ana").await);
}

#[on_both]
async fn while_a_thousand_sources_guess_the_owner_logs_in_from_a_trusted_device_20_times_of_20(
    pair: TestPair,
) {
    pair.register("ana").await;
    let pair = limited(pair, &[]).await;
    let remembering = json!({ "username": "ana", "password": PASSWORD, "remember_device": true });
    let device = Answer::of(pair.auth_call("POST", "/api/auth/login").json(&remembering)).await;
    let device = device.ok(200).string("device_token");
    let (url, http) = (pair.auth.clone(), pair.http.clone());
    let attack = tokio::spawn(async move {
        let (mut checked, mut refused) = (0, 0);
        for _ in 0..2 {
            let (of_these, waits) = guess(&[&url], &http, 1_000).await;
            (checked, refused) = (checked + of_these, refused + waits.len());
        }
        (checked, refused)
    });
    let mut signed_in = 0;
    for _ in 0..20 {
        let body = json!({ "username": "ana", "password": PASSWORD, "device_token": device });
        let call = pair.auth_call("POST", "/api/auth/login").json(&body);
        signed_in += usize::from(Answer::of(call).await.status == 200);
    }
    assert_eq!(signed_in, 20);
    let (checked, refused) = attack.await.unwrap();
    assert_eq!(checked + refused, 2_000);
    // Each of the owner's log-ins gives five free failures again.
    assert!(checked <= 5 * 21, "{checked}");
}
