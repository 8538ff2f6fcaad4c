//! The file of a new key cannot be read: log-ins go on with the key before it.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use auth_service::{
    service::rotation,
    store,
    tokens::{KeyFolder, Keyring},
};
use authpair_testkit::{Answer, KEY, Session, TestPair};

use crate::{
    keys::rotation::{kids, rotate},
    on_both,
};

/// Makes a key whose file is in another folder than the service's.
async fn rotate_elsewhere(pair: &TestPair, folder: &Path) -> String {
    let state = pair.pair().auth().state();
    let mut rotation = rotation(&state.settings, state.database.clone()).unwrap();
    rotation.folder = KeyFolder::open(folder).unwrap();
    rotation.rotate(pair.clock.now(), None).await.unwrap().unwrap().kid
}

fn key_file(pair: &TestPair, kid: &str) -> PathBuf {
    pair.folder.path().join("keys").join(format!("{kid}.pem"))
}

#[on_both]
async fn while_a_new_keys_file_cannot_be_read_logins_work_and_readiness_says_so(
    mut pair: TestPair,
) {
    let (_, old) = pair.new_user("ana").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let new = rotate_elsewhere(&pair, elsewhere.path()).await;
    // A folder stands for a file that cannot be read: root can read every file.
    DirBuilder::new().mode(0o700).create(key_file(&pair, &new)).unwrap();
    assert_eq!(kids(&pair).await.1, KEY.kid());
    let ready = Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
    let facts = &ready.body["checks"]["signing_keys"]["facts"];
    assert_eq!(facts["missing"][0], format!("{new}: its file cannot be used"));
    let missing = |pair: &TestPair| pair.pair().auth().state().keyring.keys().missing.len();
    assert_eq!(missing(&pair), 1);
    // Nothing has delayed the new key, as if the service had been paused. By its times it would sign now, and an hour
    // later the old key would not be published any more.
    for seconds in [661, 3_600, 86_400] {
        pair.clock.advance(Duration::from_secs(seconds));
        let (published, signs) = kids(&pair).await;
        assert_eq!((published.len(), signs), (2, KEY.kid()), "after {seconds} s more");
        let session = pair.login("ana").await;
        pair.me(&session.access).await.ok(200);
        pair.me_at_users(&session.access).await.ok(200);
        pair.refresh(&session.refresh).await.ok(200);
    }
    let ready = Answer::of(pair.auth_call("GET", "/readyz")).await.ok(200);
    assert_eq!(ready.body["checks"]["signing_keys"]["facts"]["in_place_of"], new);
    assert!(!ready.text.contains("/"), "no path is told: {}", ready.text);
    // A start works as well.
    pair.halt().await;
    pair.resume().await;
    let newer = Session::of(&pair.refresh(&old.refresh).await.ok(200));
    pair.me_at_users(&newer.access).await.ok(200);

    std::fs::remove_dir(key_file(&pair, &new)).unwrap();
    std::fs::copy(elsewhere.path().join(format!("{new}.pem")), key_file(&pair, &new)).unwrap();
    assert_eq!(kids(&pair).await.1, new);
    assert_eq!(missing(&pair), 0);
    // The last token of the old key was signed a moment ago.
    assert_eq!(kids(&pair).await.0.len(), 2);
    pair.me(&newer.access).await.ok(200);
    pair.clock.advance(Duration::from_secs(900 + 60 + 10));
    assert_eq!(kids(&pair).await.0, [new]);
}

#[on_both]
async fn a_new_key_signs_only_once_its_file_can_be_loaded(pair: TestPair) {
    let elsewhere = tempfile::tempdir().unwrap();
    let new = rotate_elsewhere(&pair, elsewhere.path()).await;
    let state = pair.pair().auth().state();
    let work = rotation(&state.settings, state.database.clone()).unwrap();
    let activates_at = async || {
        let rows = state.database.read(store::keys::all).await.unwrap();
        rows.iter().find(|row| row.kid == new).unwrap().activates_at
    };
    pair.clock.advance(Duration::from_secs(655));
    // Far longer than verifiers can delay it.
    for _ in 0..400 {
        work.maintain(None, pair.clock.now()).await.unwrap();
        assert!(activates_at().await > pair.clock.now());
        pair.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(kids(&pair).await.1, KEY.kid());
    std::fs::copy(elsewhere.path().join(format!("{new}.pem")), key_file(&pair, &new)).unwrap();
    kids(&pair).await;
    work.maintain(None, pair.clock.now()).await.unwrap();
    pair.clock.advance(Duration::from_secs(20));
    assert_eq!(kids(&pair).await.1, new);
}

#[on_both]
async fn a_process_without_the_new_key_signs_with_the_old_one_which_stays_published(
    pair: TestPair,
) {
    // The other process has its own folder, which holds only the old key.
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(key_file(&pair, &KEY.kid()), folder.path().join(format!("{}.pem", KEY.kid())))
        .unwrap();
    let state = pair.pair().auth().state();
    let other = Keyring::open(
        state.database.clone(),
        KeyFolder::open(folder.path()).unwrap(),
        state.settings.key_bits,
        pair.clock.clone(),
        state.settings.lifetimes,
    );
    let other = other.await.unwrap();
    let new = rotate(&pair).await;
    kids(&pair).await;
    pair.clock.advance(Duration::from_secs(661));
    for _ in 0..30 {
        other.reload().await.unwrap();
        assert_eq!(other.active().unwrap().kid(), KEY.kid());
        let (published, signs) = kids(&pair).await;
        assert_eq!((published.len(), signs.as_str()), (2, new.as_str()));
        pair.clock.advance(Duration::from_secs(120));
    }
    std::fs::copy(key_file(&pair, &new), folder.path().join(format!("{new}.pem"))).unwrap();
    other.reload().await.unwrap();
    assert_eq!(other.active().unwrap().kid(), new);
    pair.clock.advance(Duration::from_secs(900 + 60 + 10));
    assert_eq!(kids(&pair).await.0, [new]);
}
