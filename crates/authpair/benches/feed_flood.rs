//! How much one source can read from the revocation feed.
//!
//! `cargo bench -p authpair --bench feed_flood` fills the feed with 10,000 entries, the most of one answer, and starts
//! auth-service as a process: once with `AUTH_FEED=open` and once with a secret that verifiers know. Eight connections
//! of 127.0.0.2 ask for the full set without a pause, and a verifier of another address asks for new entries. It
//! prints what the eight got, how they were refused, and how long the verifier waited.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report")]

use std::{collections::BTreeMap, path::Path, time::Duration};

use auth_service::store::revocations::{self, Revoked};
use authpair_testkit::{Answer, Backend, Process, TestPair, authpair_command, client_from};
use reqwest::Client;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

const ENTRIES: usize = 10_000;
const CONNECTIONS: usize = 8;
const LASTS: Duration = Duration::from_secs(10);
const SECRET: &str = "the-secret-that-verifiers-share";

/// What the security review measured before the feed had limits and could ask for a secret.
const BEFORE: &str =
    "  before: 660 KB for a request of 55 bytes, 352 MB a second over eight connections";

#[tokio::main]
async fn main() {
    println!("{CONNECTIONS} connections of one source ask for {ENTRIES} entries\n{BEFORE}");
    for mode in ["open", "verifiers"] {
        flood(mode).await;
    }
}

async fn flood(mode: &str) {
    let settings = [
        ("AUTH_VERIFIER_SECRET", SECRET),
        ("USERS_VERIFIER_SECRET", SECRET),
        ("AUTH_FEED", mode),
        ("AUTH_LOG", "warn"),
    ];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.expect("a database");
    let until = pair.clock.now() + Duration::from_secs(900);
    let entry = |number| Revoked { sid: format!("00000001-0000-4000-8000-{number:012}"), until };
    let entries: Vec<_> = (0..ENTRIES).map(entry).collect();
    let database = &pair.pair().auth().state().database;
    database.write(move |connection| revocations::insert(connection, &entries)).await.unwrap();
    pair.halt().await;
    let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
    let settings = pair.settings_of("AUTH_");
    let command = authpair_command(program, &["auth-service"], &settings, pair.folder.path());
    let _auth = Process::start(command, &pair.auth).await;
    let url = format!("{}/.well-known/revoked-sessions?wait=0", pair.auth);
    let verifier = tokio::spawn(verifier(url.clone()));
    let (http, mut tasks) = (client_from(2), JoinSet::new());
    for _ in 0..CONNECTIONS {
        tasks.spawn(ask_again_and_again(http.clone(), url.clone()));
    }
    let (mut bytes, mut answers) = (0, BTreeMap::new());
    for (got, statuses) in tasks.join_all().await {
        bytes += got;
        for (status, count) in statuses {
            *answers.entry(status).or_insert(0) += count;
        }
    }
    let seconds = LASTS.as_secs();
    println!(
        "  AUTH_FEED={mode}: {:.1} MB in {seconds} s; answers by status: {answers:?}",
        f64::from(u32::try_from(bytes / 1_000).unwrap()) / 1_000.0
    );
    let (polls, longest) = verifier.await.unwrap();
    println!(
        "    meanwhile a verifier asked {polls} times and waited {} ms at most",
        longest.as_millis()
    );
}

/// Asks without a pause. Returns the bytes of all bodies, and how often each status came.
async fn ask_again_and_again(http: Client, url: String) -> (usize, BTreeMap<u16, usize>) {
    let (begun, mut bytes, mut answers) = (Instant::now(), 0, BTreeMap::new());
    while begun.elapsed() < LASTS {
        let answer = http.get(&url).send().await.unwrap();
        *answers.entry(answer.status().as_u16()).or_insert(0) += 1;
        bytes += answer.bytes().await.unwrap().len();
    }
    (bytes, answers)
}

/// Reads the full set once and then asks for new entries.
async fn verifier(url: String) -> (usize, Duration) {
    let http = client_from(10);
    let ask = |after: &str| Answer::of(http.get(format!("{url}{after}")).bearer_auth(SECRET));
    let mut cursor = ask("").await.ok(200).string("cursor");
    let (begun, mut polls, mut longest) = (Instant::now(), 0, Duration::ZERO);
    while begun.elapsed() < LASTS {
        let sent = Instant::now();
        cursor = ask(&format!("&after={cursor}")).await.ok(200).string("cursor");
        longest = longest.max(sent.elapsed());
        polls += 1;
        sleep(Duration::from_millis(50)).await;
    }
    (polls, longest)
}
