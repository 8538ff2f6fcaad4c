//! Floods of log-ins: who sends many waits behind their own, and everybody else is served.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use auth_service::{accounts::hashing::Party, clients::new_account, store, throttle::Source};
use authpair_testkit::{Answer, PASSWORD, TestPair, client_from, eventually};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use crate::on_both;

/// The sources of a test: `127.0.0.` and this.
const FLOOD: u8 = 2;
const OTHERS: u8 = 10;

/// With passwords that cost a millisecond or so, and 32 places: 8 for a source.
async fn with_few_places(mut pair: TestPair) -> TestPair {
    pair.set("AUTH_ARGON2_MEMORY_KIB", "2048");
    pair.set("AUTH_HASH_QUEUE", "32");
    pair.halt().await;
    pair.resume().await;
    pair
}

async fn login(http: &Client, pair: &TestPair, name: &str, password: &str) -> Answer {
    let call = http.post(format!("{}/api/auth/login", pair.auth));
    Answer::of(call.json(&json!({ "username": name, "password": password }))).await
}

/// Forty connections of one source that try passwords without a pause, at one name or at ever new ones.
struct Flood {
    tasks: JoinSet<()>,
    refused: Arc<AtomicU64>,
}

impl Flood {
    async fn start(pair: &TestPair, name: Option<&'static str>) -> Self {
        let (refused, sent) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (mut tasks, http) = (JoinSet::new(), client_from(FLOOD));
        for _ in 0..40 {
            let (refused, sent, http) = (Arc::clone(&refused), Arc::clone(&sent), http.clone());
            let url = format!("{}/api/auth/login", pair.auth);
            tasks.spawn(async move {
                loop {
                    let number = sent.fetch_add(1, Ordering::Relaxed);
                    let name = name.map_or_else(|| format!("nobody{number}"), str::to_owned);
                    let body = json!({ "username": name, "password": "a wrong password" });
                    let answer = http.post(&url).json(&body).send().await;
                    if answer.is_ok_and(|answer| answer.status() == 503) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let flood = Self { tasks, refused };
        flood.has_its_share().await;
        flood
    }

    /// Waits until some of it were refused.
    async fn has_its_share(&self) {
        let before = self.refused.load(Ordering::Relaxed);
        eventually("the flood is not refused", async || {
            self.refused.load(Ordering::Relaxed) >= before + 5
        })
        .await;
    }

    /// Ends it; it was refused until the end.
    async fn end(mut self) {
        self.has_its_share().await;
        self.tasks.shutdown().await;
    }
}

#[on_both]
async fn beside_a_flood_from_one_source_all_others_sign_in_and_register(pair: TestPair) {
    for number in 0..4 {
        pair.register(&format!("user{number}")).await;
    }
    let pair = with_few_places(pair).await;
    let flood = Flood::start(&pair, None).await;
    let pair = Arc::new(pair);
    let mut others = JoinSet::new();
    for number in 0..4 {
        let pair = Arc::clone(&pair);
        others.spawn(async move {
            let http = client_from(OTHERS + number);
            for _ in 0..3 {
                login(&http, &pair, &format!("user{number}"), PASSWORD).await.ok(200);
            }
            let name = format!("new{number}");
            let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
            Answer::of(http.post(format!("{}/api/auth/register", pair.auth)).json(&body)).await.ok(201);
        });
    }
    while let Some(other) = others.join_next().await {
        other.unwrap();
    }
    flood.end().await;
}

#[on_both]
async fn beside_guesses_at_one_account_its_owner_signs_in_from_elsewhere(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_places(pair).await;
    let flood = Flood::start(&pair, Some("ana")).await;
    let http = client_from(OTHERS);
    for _ in 0..5 {
        login(&http, &pair, "ana", PASSWORD).await.ok(200);
    }
    flood.end().await;
}

#[on_both]
async fn beside_a_flood_from_its_own_source_a_session_gives_its_password_again_and_changes_it(
    pair: TestPair,
) {
    pair.register("ana").await;
    let pair = with_few_places(pair).await;
    let http = client_from(FLOOD);
    let session = login(&http, &pair, "ana", PASSWORD).await.ok(200);
    let access = session.string("access_token");
    let flood = Flood::start(&pair, None).await;
    let send = async |method: &str, path: &str, token: &str, body: &Value| {
        let url = format!("{}{path}", pair.auth);
        let call = http.request(method.parse().unwrap(), url).bearer_auth(token).json(body);
        Answer::of(call).await
    };
    let again = json!({ "password": PASSWORD });
    let answer = send("POST", "/api/auth/reauthenticate", &access, &again).await.ok(200);
    let fresh = answer.string("access_token");
    let changed = json!({ "current_password": PASSWORD, "new_password": "another long password" });
    send("PUT", "/api/auth/password", &fresh, &changed).await.ok(200);
    flood.end().await;
}

#[on_both]
async fn beside_a_flood_from_its_own_source_a_service_account_gets_its_tokens(pair: TestPair) {
    let state = pair.pair().auth().state();
    let (row, secret) = new_account(None, &"users:read".parse().unwrap(), state.now()).unwrap();
    let id = row.id.clone();
    let made = state.database.write(move |connection| store::clients::insert(connection, &row));
    made.await.unwrap();
    let pair = with_few_places(pair).await;
    let flood = Flood::start(&pair, None).await;
    let http = client_from(FLOOD);
    for _ in 0..10 {
        let call = http.post(format!("{}/oauth2/token", pair.auth));
        let call = call.basic_auth(&id, Some(secret.expose()));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        Answer::of(call.body("grant_type=client_credentials")).await.ok(200);
    }
    flood.end().await;
}

/// A connection from `127.0.0.NUMBER` that has sent a log-in but for its body.
/// A connection from this source that has sent the head of a log-in, and keeps its body back.
async fn without_body(pair: &TestPair, number: u8) -> TcpStream {
    without_body_at(pair, number, "POST /api/auth/login", "").await
}

/// The same for another route, with further header lines.
async fn without_body_at(pair: &TestPair, number: u8, route: &str, headers: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, number], 0))).unwrap();
    let address = pair.auth.trim_start_matches("http://").parse().unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let head = format!(
        "{route} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What a connection answers within this time, if anything.
async fn answered(stream: &mut TcpStream, within: Duration) -> Option<String> {
    let mut bytes = [0; 4_096];
    let read = timeout(within, stream.read(&mut bytes)).await.ok()?.unwrap();
    Some(String::from_utf8_lossy(&bytes[..read]).into_owned())
}

#[on_both]
async fn a_source_with_its_share_of_tries_under_way_is_refused_before_it_has_sent_a_body(
    pair: TestPair,
) {
    pair.register("ana").await;
    let pair = with_few_places(pair).await;
    let flood = Party::Source(Source::of(Some([127, 0, 0, FLOOD].into())));
    let hasher = &pair.pair().auth().state().hasher;
    let under_way: Vec<_> = (0..8).map(|_| hasher.admit(flood).unwrap()).collect();

    let mut stream = without_body(&pair, FLOOD).await;
    // Less than the time after which a missing body is answered with 408.
    let refused = answered(&mut stream, Duration::from_secs(8)).await.expect("an answer");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("\"overloaded\"") && refused.contains("retry-after: 2"), "{refused}");
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.expect(503, "overloaded");
    login(&client_from(OTHERS), &pair, "ana", PASSWORD).await.ok(200);

    drop(under_way);
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.ok(200);
}

#[on_both]
async fn connections_that_send_no_body_keep_nobody_from_signing_in(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_places(pair).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(without_body(&pair, FLOOD).await);
    }
    login(&client_from(FLOOD), &pair, "ana", PASSWORD).await.ok(200);
    assert_eq!(
        answered(&mut silent[0], Duration::from_millis(100)).await,
        None,
        "its body is still awaited"
    );
}

#[on_both]
async fn silent_connections_with_a_stolen_token_keep_no_owner_from_a_new_password(pair: TestPair) {
    let (_, stolen) = pair.newcomer("ana").await;
    let pair = with_few_places(pair).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        let head = format!("authorization: Bearer {}\r\n", stolen.access);
        silent.push(without_body_at(&pair, FLOOD, "POST /api/auth/reauthenticate", &head).await);
    }
    let own = login(&client_from(OTHERS), &pair, "ana", PASSWORD).await.ok(200);
    let call = pair.http.put(format!("{}/api/auth/password", pair.auth));
    let call = call.bearer_auth(own.string("access_token"));
    let body = json!({ "current_password": PASSWORD, "new_password": "a new password of ana" });
    Answer::of(call.json(&body)).await.ok(200);
}

#[on_both]
async fn a_client_that_hangs_up_gives_its_place_back_once_its_password_is_hashed(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_places(pair).await;
    let body = r#"{"username":"nobody","password":"wrong"}"#;
    for _ in 0..30 {
        let mut stream = without_body(&pair, FLOOD).await;
        stream.write_all(body.as_bytes()).await.unwrap();
    }
    eventually_signs_in(&client_from(FLOOD), &pair).await;
    assert_eq!(pair.pair().auth().state().hasher.queue_depth(), 0);
}

async fn eventually_signs_in(http: &Client, pair: &TestPair) {
    eventually("no place is free", async || {
        login(http, pair, "ana", PASSWORD).await.with_status(200)
    })
    .await;
}
