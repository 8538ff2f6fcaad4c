//! What happens while something else is happening.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth_service::{
    accounts::{self, ChangePasswordError, DeleteError, PasswordChange, hashing::Party},
    throttle::Source,
};
use authpair_testkit::{
    Answer, Backend, Cluster, KEY, PASSWORD, Process, TestPair, authpair_command, eventually,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::on_both;

#[on_both(serializable)]
async fn a_session_that_ends_while_its_new_password_is_hashed_sets_none(pair: TestPair) {
    let (_, thief) = pair.newcomer("ana").await;
    let state = pair.pair().auth().state();
    let owner = pair.login("ana").await;
    // The handler has judged the token and hashed; the write is about to begin.
    let password = accounts::Password::choose("stolen password", &[]).unwrap();
    let place = state.hasher.admit(Party::Source(Source::Unknown)).unwrap();
    let hash = state.hasher.hash(&place, password).await.unwrap();
    pair.send("POST", "/api/auth/logout-all", &owner.access, &json!({})).await.ok(200);
    let user = pair.login("ana").await;
    let id = pair.me(&user.access).await.ok(200).string("id");
    let change = PasswordChange { user_id: id.clone(), session_id: thief.id.clone(), hash };
    let (lifetimes, now) = (&state.settings.lifetimes, pair.clock.seconds());
    let set = accounts::change_password(&state.database, lifetimes, change, now).await;
    let refused = matches!(set, Err(ChangePasswordError::SessionEnded));
    assert!(refused, "a session that was over set a password");
    let deleted = accounts::delete(&state.database, id, thief.id, now).await;
    let refused = matches!(deleted, Err(DeleteError::SessionEnded));
    assert!(refused, "a session that was over deleted its user");
    pair.post("/api/auth/login", &json!({ "username": "ana", "password": PASSWORD })).await.ok(200);
}

#[on_both(serializable)]
async fn two_changes_of_a_user_at_once_are_both_kept(pair: TestPair) {
    let (_, session) = pair.newcomer("ana").await;
    for round in 0..20 {
        let (name, email) = (format!("ana{round}"), format!("ana{round}@example.org"));
        let name_change = json!({ "username": name });
        let email_change = json!({ "email": email, "current_password": PASSWORD });
        let (first, second) = tokio::join!(
            pair.send("PATCH", "/api/auth/me", &session.access, &name_change),
            pair.send("PATCH", "/api/auth/me", &session.access, &email_change),
        );
        first.ok(200);
        second.ok(200);
        let me = pair.me(&session.access).await.ok(200);
        assert_eq!((me.string("username"), me.string("email")), (name, email));
        // Names do not change so often.
        pair.clock.advance(Duration::from_secs(12));
    }
}

#[on_both(serializable)]
async fn a_session_of_nobody_is_refused_by_the_database_each_time(pair: TestPair) {
    use auth_service::store::sessions;
    let (_, session) = pair.newcomer("ana").await;
    let database = pair.pair().auth().state().database.clone();
    let id = session.id.clone();
    let row = database.read(move |connection| sessions::with_user(connection, &id)).await;
    let (row, _) = row.unwrap().expect("a session");
    for number in 0..3 {
        let (id, user_id) = (format!("new-{number}"), "nobody".to_owned());
        let row = sessions::SessionRow { id, user_id, ..row.clone() };
        let refused = database.write(move |connection| sessions::insert(connection, &row)).await;
        assert!(refused.is_err(), "the {number}. time");
    }
    pair.refresh(&session.refresh).await.ok(200);
}

#[on_both(serializable)]
async fn a_key_that_is_away_costs_nobody_the_session(mut pair: TestPair) {
    let (_, session) = pair.newcomer("ana").await;
    let file = pair.folder.path().join("keys").join(format!("{}.pem", KEY.kid()));
    let aside = pair.folder.path().join("aside");
    std::fs::rename(&file, &aside).unwrap();
    pair.halt_auth().await;
    pair.resume_auth().await;
    Answer::of(pair.auth_call("GET", "/readyz")).await.ok(503);
    pair.refresh(&session.refresh).await.expect(503, "keys_unavailable");
    let login = json!({ "username": "ana", "password": PASSWORD });
    pair.post("/api/auth/login", &login).await.expect(503, "keys_unavailable");
    std::fs::rename(&aside, &file).unwrap();
    pair.clock.advance(Duration::from_secs(12));
    pair.pair().auth().state().keyring.reload().await.unwrap();
    pair.refresh(&session.refresh).await.ok(200);
    let sessions =
        Answer::of(pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&session.access)).await;
    assert_eq!(sessions.ok(200).body["sessions"].as_array().unwrap().len(), 1);
}

#[on_both(serializable)]
async fn a_replica_without_a_keys_file_publishes_and_checks_with_it_all_the_same(
    mut pair: TestPair,
) {
    let (_, session) = pair.newcomer("ana").await;
    std::fs::remove_file(pair.folder.path().join("keys").join(format!("{}.pem", KEY.kid())))
        .unwrap();
    pair.halt_auth().await;
    pair.resume_auth().await;
    let keys = Answer::of(pair.auth_call("GET", "/.well-known/jwks.json")).await.ok(200);
    assert_eq!(keys.body["keys"][0]["kid"], KEY.kid());
    pair.me(&session.access).await.ok(200);
    pair.logout(&session.refresh).await.ok(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_stuck_in_a_frozen_database_is_no_reuse_when_it_thaws() {
    let Some(cluster) = crate::if_there_is_postgres(Cluster::start_new(&[])) else { return };
    let pair = TestPair::start_on(cluster.url("postgres")).await;
    let (_, session) = pair.newcomer("ana").await;
    cluster.freeze();
    pair.refresh(&session.refresh).await.expect(503, "unavailable");
    // As if it stayed frozen for longer than the grace.
    pair.clock.advance(Duration::from_secs(13));
    cluster.thaw();
    let answer = eventually("auth-service does not work again", async || {
        let answer = pair.refresh(&session.refresh).await;
        if answer.status == 503 { Err(answer.text) } else { Ok(answer) }
    });
    answer.await.ok(200);
}

/// Calls over one kept connection until the service closes it, as it says it will.
async fn call_until_closed(
    address: String,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
) -> Result<(), String> {
    let stream = TcpStream::connect(&address).await.map_err(|error| error.to_string())?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.map_err(|error| format!("write: {error}"))?;
        let (mut length, mut closes, mut line) = (0, false, String::new());
        loop {
            line.clear();
            let read =
                stream.read_line(&mut line).await.map_err(|error| format!("head: {error}"))?;
            if read == 0 {
                return Err("the connection ended in place of an answer".to_owned());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            closes |= line.trim_end() == "connection: close";
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.map_err(|error| format!("body: {error}"))?;
        calls.fetch_add(1, Ordering::Relaxed);
        if closes || stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_breaks_no_answer_on_kept_or_new_connections() {
    let settings = [("AUTH_DRAIN_DELAY", "300ms")];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    pair.halt().await;
    let address = pair.auth.trim_start_matches("http://").to_owned();
    for round in 0..20 {
        let command = authpair_command(
            crate::program(),
            &["auth-service", "serve"],
            &pair.settings_of("AUTH_"),
            pair.folder.path(),
        );
        let mut process = Process::start(command, &pair.auth).await;
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let kept: Vec<_> = (0..4)
            .map(|_| {
                tokio::spawn(call_until_closed(
                    address.clone(),
                    Arc::clone(&stop),
                    Arc::clone(&calls),
                ))
            })
            .collect();
        let (new_stop, new_address) = (Arc::clone(&stop), address.clone());
        let new = tokio::spawn(async move {
            let mut broken = Vec::new();
            while !new_stop.load(Ordering::Relaxed) {
                let Ok(mut stream) = TcpStream::connect(&new_address).await else { break };
                let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                let mut answer = Vec::new();
                let whole = stream.write_all(request).await.is_ok()
                    && stream.read_to_end(&mut answer).await.is_ok()
                    && answer.windows(4).any(|end| end == b"\r\n\r\n");
                // The service may close its port before it accepts a connection that the kernel has made. It has not seen
                // such a call, so a proxy can try it at another replica.
                if !whole && !answer.is_empty() {
                    broken.push(String::from_utf8_lossy(&answer).into_owned());
                }
            }
            broken
        });
        eventually("no load", async || calls.load(Ordering::Relaxed) > 20).await;
        process.signal("TERM");
        for kept in kept {
            assert_eq!(kept.await.unwrap(), Ok(()), "round {round}");
        }
        assert_eq!(process.exit_code().await, Some(0));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(new.await.unwrap(), Vec::<String>::new(), "round {round}");
    }
}
