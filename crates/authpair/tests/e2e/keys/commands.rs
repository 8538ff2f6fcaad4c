//! `auth-service keys`: what its commands print, and what they ask before they do it.

use std::time::Duration;

use auth_service::service::rotation;
use authpair_testkit::{Backend, KEY, Session, TestPair};

use crate::{
    keys::rotation::{kids, rotate},
    on_both,
    support::command_line::run,
};

#[on_both]
async fn retiring_a_key_ends_the_sessions_that_the_command_counted(pair: TestPair) {
    let (_, first) = pair.new_user("ana").await;
    let (second, over, moves) =
        (pair.login("ana").await, pair.login("ana").await, pair.login("ana").await);
    pair.logout(&over.refresh).await.ok(204);
    let new = rotate(&pair).await;
    let state = pair.pair().auth().state();
    let work = rotation(&state.settings, state.database.clone()).unwrap();
    let sessions_of =
        async |kid: &str| work.count_sessions_signed_by(kid, pair.clock.now()).await.unwrap();
    assert_eq!((sessions_of(&KEY.kid()).await, sessions_of(&new).await), (Some(3), Some(0)));
    pair.clock.advance(Duration::from_secs(661));
    kids(&pair).await;
    // From now on the newest refresh token of this session is signed by the new key.
    let moved = Session::of(&pair.refresh(&moves.refresh).await.ok(200));
    assert_eq!((sessions_of(&KEY.kid()).await, sessions_of(&new).await), (Some(2), Some(1)));
    assert_eq!(sessions_of("no-such-key").await, None);

    work.retire(&KEY.kid(), pair.clock.now()).await.unwrap();
    assert_eq!(sessions_of(&KEY.kid()).await, None, "it is retired");
    kids(&pair).await;
    for session in [first, second] {
        pair.refresh(&session.refresh).await.expect(401, "invalid_token");
    }
    pair.refresh(&moved.refresh).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_lists_rotates_and_retires_keys() {
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let run = |arguments: &[&str]| {
        let output = run(&pair, &[&["keys"], arguments].concat(), "");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, listed) = run(&["list"]);
    assert_eq!((code, listed.contains("active  made")), (Some(0), true), "{listed}");
    let (_, rotated) = run(&["rotate"]);
    let new = rotated.split(' ').next().unwrap().to_owned();
    assert!(run(&["list"]).1.contains(&format!("{new}  pending")));
    pair.new_user("ana").await;
    // It cannot ask without a terminal.
    let (code, printed) = run(&["retire", &KEY.kid()]);
    assert_eq!((code, printed.contains("ends 1 sessions")), (Some(1), true), "{printed}");
    assert_eq!(kids(&pair).await.1, KEY.kid());
    let (code, retired) = run(&["retire", &KEY.kid(), "--yes"]);
    assert_eq!((code, retired.contains("is retired")), (Some(0), true), "{retired}");
    let (published, signs) = kids(&pair).await;
    assert_eq!((published, signs.clone()), (vec![new.clone()], new));
    assert_eq!(run(&["retire", "nothing", "--yes"]).0, Some(1));

    // The only key gets a successor, which signs at once.
    let (code, retired) = run(&["retire", &signs, "--yes"]);
    assert_eq!(code, Some(0), "{retired}");
    let (published, successor) = kids(&pair).await;
    assert_eq!(published, [successor.as_str()]);
    assert_ne!(successor, signs);
    pair.login("ana").await;
}
