//! The cost of a user with very many sessions: listing them, ending them, and the memory of the service.
//!
//! `cargo bench -p authpair --bench many_sessions` gives one user 100,000 sessions (`MANY_SESSIONS=20000` another
//! number), starts auth-service as a process, lists the sessions, ends all of them, and reads the feed as a verifier
//! does. At the same time another user refreshes without a pause. It prints sizes, times and memory, and fails if that
//! end fails, or if one of three tokens is still good. `MANY_SESSIONS_BACKEND=postgres` takes a throw-away PostgreSQL.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a report"
)]

use std::{
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authpair_testkit::{
    Answer, Backend, KEY, Process, Session, TestPair, authpair_command, client,
};
use claims::testing::TokenBuilder;
use diesel::RunQueryDsl;
use serde_json::json;
use tokio::time::Instant;

/// How many sessions one statement adds. A statement then takes much less than the limit of a call.
const AT_ONCE: usize = 10_000;

/// What the security review measured before there was a cap, and before many sessions were ended in steps.
const BEFORE: [&str; 2] = [
    "before, 100,000 sessions on SQLite: the list was 20 MB, the process took 398 MB, other writes waited 1.4 s",
    "before, 20,000 sessions on PostgreSQL: the end of all was rolled back at its time-out",
];

#[tokio::main]
async fn main() -> ExitCode {
    let backend = match std::env::var("MANY_SESSIONS_BACKEND").as_deref() {
        Ok("postgres") => Backend::Postgres,
        _ => Backend::Sqlite,
    };
    let count = std::env::var("MANY_SESSIONS").map_or(100_000, |count| count.parse().unwrap());
    let cores = std::thread::available_parallelism().unwrap().to_string();
    let defaults = [("AUTH_WORKERS", cores.as_str()), ("AUTH_LOG", "warn")];
    let mut pair = TestPair::start_with(backend, &defaults).await.expect("a database");
    let ana = pair.register("ana").await;
    pair.register("bob").await;
    let mut added = 0;
    while added < count {
        let next = count.min(added + AT_ONCE);
        add_sessions(&pair, &ana.id, (added + 1, next)).await;
        added = next;
    }
    pair.halt().await;
    let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
    let settings = pair.settings_of("AUTH_");
    let command = authpair_command(program, &["auth-service"], &settings, pair.folder.path());
    let auth = Process::start(command, &pair.auth).await;
    println!("{count} sessions of one user; {backend:?}");
    for line in BEFORE {
        println!("  {line}");
    }
    let gone = measured(&pair, &auth, &ana.id, count).await;
    ExitCode::from(u8::from(!gone))
}

/// Prints everything. Returns whether the call that ends all sessions succeeded, and the tokens of three are rejected.
async fn measured(pair: &TestPair, auth: &Process, user: &str, count: usize) -> bool {
    let (ana, bob) = (pair.login("ana").await, pair.login("bob").await);
    memory("at first", auth);
    let asked = Instant::now();
    let list = pair.auth_call("GET", "/api/auth/sessions").bearer_auth(&ana.access);
    let list = Answer::of(list).await.ok(200);
    println!("  the list: {} bytes after {} ms", list.text.len(), asked.elapsed().as_millis());
    memory("after the list", auth);
    let over = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn(refreshes(pair.auth.clone(), bob, Arc::clone(&over)));
    let asked = Instant::now();
    let ended = pair.send("POST", "/api/auth/logout-all", &ana.access, &json!({})).await;
    let took = asked.elapsed();
    println!("  the end of all: {} {} after {} ms", ended.status, ended.text, took.as_millis());
    over.store(true, Ordering::Relaxed);
    let (refreshes, longest) = other.await.unwrap();
    println!(
        "  meanwhile another user refreshed {refreshes} times, the longest took {} ms",
        longest.as_millis()
    );
    memory("after the end of all", auth);
    let mut rejected = 0;
    for number in [1, count / 2, count] {
        rejected +=
            usize::from(pair.me(&token(pair, user, number)).await.code() == "token_revoked");
    }
    println!("  of 3 tokens {rejected} are rejected");
    read_feed(pair).await;
    memory("after a full read of the feed", auth);
    ended.status == 200 && rejected == 3
}

/// Refreshes one session without a pause. Returns how often, and the longest time.
async fn refreshes(auth: String, session: Session, over: Arc<AtomicBool>) -> (usize, Duration) {
    let (http, mut token) = (client(), session.refresh);
    let (mut count, mut longest) = (0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        let call = http.post(format!("{auth}/api/auth/refresh")).bearer_auth(&token);
        let sent = Instant::now();
        token = Answer::of(call).await.ok(200).string("refresh_token");
        longest = longest.max(sent.elapsed());
        count += 1;
    }
    (count, longest)
}

/// Reads the whole feed, as a verifier that starts.
async fn read_feed(pair: &TestPair) {
    let (asked, mut bytes, mut entries, mut after) = (Instant::now(), 0, 0, String::new());
    loop {
        let path = format!("/.well-known/revoked-sessions?wait=0{after}");
        let page = Answer::of(pair.auth_call("GET", &path)).await.ok(200);
        bytes += page.text.len();
        entries += page.body["revoked"].as_array().unwrap().len();
        after = format!("&after={}", page.string("cursor"));
        if page.body["more"] == false {
            break;
        }
    }
    let took = asked.elapsed().as_millis();
    println!("  the feed: {entries} entries, {bytes} bytes, after {took} ms");
}

fn memory(when: &str, auth: &Process) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", auth.id())).unwrap();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).map_or(0, |kib| kib.parse::<usize>().unwrap_or(0) / 1_024)
    };
    let (now, own, most) = (of("VmRSS:"), of("RssAnon:"), of("VmHWM:"));
    println!(
        "  memory {when}: {now} MB, {own} MB of them not shared with files; at most {most} MB"
    );
}

fn id(number: usize) -> String {
    format!("00000001-0000-4000-8000-{number:012}")
}

/// An access token of one of the added sessions.
fn token(pair: &TestPair, user: &str, number: usize) -> String {
    let token = TokenBuilder::access(KEY, &pair.auth, "users-api", pair.clock.seconds());
    let token = token.claim("aud", json!(["auth-service", "users-api"]));
    token.claim("sub", user).claim("sid", id(number)).sign()
}

async fn add_sessions(pair: &TestPair, user: &str, (first, last): (usize, usize)) {
    let numbers = if pair.database_url.starts_with("postgres") {
        format!(
            "SELECT '00000001-0000-4000-8000-' || lpad(n::text, 12, '0') AS id \
             FROM generate_series({first}, {last}) n"
        )
    } else {
        format!(
            "WITH RECURSIVE numbers(n) AS \
             (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
             SELECT '00000001-0000-4000-8000-' || printf('%012d', n) AS id FROM numbers"
        )
    };
    let now = pair.clock.seconds();
    let (began, access, end) = (now - 1, now + 900, now + 86_400);
    let sql = format!(
        "INSERT INTO sessions (id, user_id, current_jti, rotated_at, refresh_expires_at, \
         access_expires_at, auth_time, created_at, last_used_at, expires_at) \
         SELECT id, '{user}', 'jti', {now}, {end}, {access}, {now}, {began}, {began}, {end} \
         FROM ({numbers}) AS added"
    );
    let database = &pair.pair().auth().state().database;
    let run = database.write(move |connection| Ok(diesel::sql_query(&sql).execute(connection)?));
    run.await.unwrap();
}
