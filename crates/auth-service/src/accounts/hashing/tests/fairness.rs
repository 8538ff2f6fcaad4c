//! Floods: from one address, at one account, of anonymous requests while sessions use the queue.

use tokio::task::JoinSet;

use super::support::{account, begin, gated, password, until, verify};
use crate::accounts::hashing::{HashingError, Overload, Requester};
use crate::throttle::Source;

fn source(number: u32) -> Requester {
    Requester::Source(Source::V4(number))
}

#[tokio::test]
async fn a_source_holds_a_quarter_of_the_queue_until_its_attempts_have_ended() {
    let gated = gated(1, 16);
    let hasher = &gated.hasher;
    let mut calls = JoinSet::new();
    for name in ["a", "b", "c", "d"] {
        let (permit, hasher) = (hasher.take_permit(source(1)).unwrap(), hasher.clone());
        calls.spawn(async move {
            let slot = begin(&hasher, permit, account(name)).await?;
            hasher.verify(&slot, password("wrong"), None).await
        });
    }
    until(|| hasher.busy() == 1 && hasher.queue_depth() == 3).await;
    let refused = hasher.take_permit(source(1)).unwrap_err();
    assert!(matches!(refused, HashingError::Overloaded(Overload::Share)));
    assert!(hasher.take_permit(source(2)).is_ok());

    // All clients disconnect: the permits stay taken, so disconnecting gained nothing.
    calls.shutdown().await;
    assert!(hasher.take_permit(source(1)).is_err());
    drop(gated.gate);
    until(|| hasher.take_permit(source(1)).is_ok()).await;
}

#[tokio::test]
async fn sixty_four_guesses_at_one_account_run_five_at_once_and_do_not_fill_the_queue() {
    let gated = gated(8, 256);
    let hasher = &gated.hasher;
    let mut guesses = JoinSet::new();
    for number in 0..64 {
        let (permit, hasher) = (hasher.take_permit(source(number)).unwrap(), hasher.clone());
        guesses.spawn(async move {
            let slot = begin(&hasher, permit, account("ana")).await?;
            hasher.verify(&slot, password("wrong"), None).await
        });
    }
    until(|| hasher.busy() == 5).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((hasher.busy(), hasher.queue_depth()), (5, 0));
    // The threads that are left serve other accounts.
    let other = {
        let hasher = hasher.clone();
        tokio::spawn(async move { verify(&hasher, "wrong", None).await })
    };
    until(|| hasher.busy() == 6).await;
    drop(gated.gate);
    assert!(other.await.unwrap().is_ok());
    while let Some(guess) = guesses.join_next().await {
        assert!(guess.unwrap().is_ok());
    }
    // Five of the account and the other one.
    assert!(gated.watched.lock().unwrap().max_running <= 6);
}

#[tokio::test]
async fn a_guess_whose_client_disconnects_counts_at_its_account_until_its_hash_has_ended() {
    let gated = gated(8, 256);
    let hasher = &gated.hasher;
    let guess = |number| {
        let (permit, hasher) = (hasher.take_permit(source(number)).unwrap(), hasher.clone());
        tokio::spawn(async move {
            let slot = begin(&hasher, permit, account("ana")).await?;
            hasher.verify(&slot, password("wrong"), None).await
        })
    };
    let gone: Vec<_> = (0..5).map(guess).collect();
    until(|| hasher.busy() == 5).await;
    for guess in &gone {
        guess.abort();
    }
    let next = guess(9);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((hasher.busy(), next.is_finished()), (5, false));
    drop(gated.gate);
    assert!(next.await.unwrap().is_ok());
}

#[tokio::test]
async fn during_a_flood_from_one_source_another_source_waits_for_at_most_one_of_its_hashes() {
    let gated = gated(1, 64);
    let hasher = &gated.hasher;
    let mut flood = JoinSet::new();
    for number in 0..16 {
        let (permit, hasher) = (hasher.take_permit(source(1)).unwrap(), hasher.clone());
        flood.spawn(async move {
            let slot = begin(&hasher, permit, account(&number.to_string())).await?;
            hasher.verify(&slot, password("wrong"), None).await
        });
    }
    until(|| hasher.busy() == 1 && hasher.queue_depth() == 15).await;
    let other = {
        let hasher = hasher.clone();
        tokio::spawn(async move { verify(&hasher, "wrong", None).await })
    };
    until(|| hasher.queue_depth() == 16).await;
    // The one that runs, one more of the flood, and the other's.
    for _ in 0..3 {
        gated.gate.send(()).unwrap();
    }
    assert!(other.await.unwrap().is_ok());
    drop(gated.gate);
}

#[tokio::test]
async fn a_session_is_served_while_the_queue_of_anonymous_requests_is_full() {
    let gated = gated(1, 4);
    let hasher = &gated.hasher;
    let mut anonymous_calls = JoinSet::new();
    let anonymous_call = |anonymous_calls: &mut JoinSet<_>| {
        let hasher = hasher.clone();
        anonymous_calls.spawn(async move { verify(&hasher, "wrong", None).await });
    };
    anonymous_call(&mut anonymous_calls);
    until(|| hasher.busy() == 1).await;
    for _ in 0..20 {
        anonymous_call(&mut anonymous_calls);
    }
    until(|| hasher.queue_depth() == 4).await;
    let session = {
        let hasher = hasher.clone();
        tokio::spawn(async move {
            let permit =
                hasher.take_permit(Requester::Session { user: account("ana"), session: None })?;
            hasher.verify(&begin(&hasher, permit, account("ana")).await?, password("x"), None).await
        })
    };
    until(|| hasher.queue_depth() == 5).await;
    for _ in 0..3 {
        gated.gate.send(()).unwrap();
    }
    assert!(session.await.unwrap().is_ok());
    drop(gated.gate);
}
