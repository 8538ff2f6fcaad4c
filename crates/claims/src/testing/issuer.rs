//! An issuer that answers over real HTTP; the test chooses its answers.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::server::{read_request, write_answer};
use super::state::IssuerState;
use super::{Answer, RecordedRequest, TestKey};

/// A small HTTP server on a free port of the loopback interface with a key set, a revocation feed
/// and a token endpoint. A test can replace each answer. The server stops when this value is dropped.
#[derive(Debug)]
pub struct FakeIssuer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<IssuerState>,
    /// The number of revocations; long polls wait for it to change.
    revoked: watch::Sender<usize>,
}

impl FakeIssuer {
    /// Starts one that serves [`TestKey::FIRST`] with a `max-age` of 600 s, and nothing revoked.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let shared = Arc::new(Shared { state: Mutex::default(), revoked: watch::Sender::new(0) });
        let task = Some(tokio::spawn(accept(listener, Arc::clone(&shared))));
        Self { address, shared, task }
    }

    /// Its URL, which is also its issuer name.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Publishes these keys from now on.
    pub fn serve_keys(&self, keys: &[TestKey]) {
        self.state().keys = keys.to_vec();
    }

    /// The `max-age` of the key set, in seconds.
    pub fn set_max_age(&self, seconds: u64) {
        self.state().max_age = seconds;
    }

    /// How the key set is answered from now on.
    pub fn answer_keys(&self, answer: Answer) {
        self.state().keys_answer = answer;
    }

    /// How the revocation feed is answered from now on.
    pub fn answer_feed(&self, answer: Answer) {
        self.state().feed_answer = answer;
    }

    /// How the token endpoint is answered from now on.
    pub fn answer_tokens(&self, answer: Answer) {
        self.state().token_answer = answer;
    }

    /// The lifetime of tokens from the token endpoint, in seconds.
    pub fn set_expires_in(&self, seconds: u64) {
        self.state().expires_in = seconds;
    }

    /// How many revocations one page of the feed holds.
    pub fn set_page_size(&self, entries: usize) {
        self.state().page_size = entries;
    }

    /// Revokes a session, or a service account, until `until` (Unix seconds).
    pub fn revoke(&self, id: &str, until: i64) {
        self.publish(json!({"sid": id, "until": until}));
    }

    /// Changes the rights of a user: tokens whose `ver` is lower than `version` are rejected until `until` (Unix
    /// seconds).
    pub fn raise_rights(&self, user: &str, version: i64, until: i64) {
        self.publish(json!({"sub": user, "min_ver": version, "until": until}));
    }

    /// Adds an entry of any form to the feed.
    pub fn publish(&self, entry: Value) {
        let mut state = self.state();
        state.revocations.push(entry);
        self.shared.revoked.send_replace(state.revocations.len());
    }

    /// Forgets all revocations and all cursors, as a restart with an empty database would.
    pub fn forget_revocations(&self) {
        let mut state = self.state();
        state.epoch += 1;
        state.revocations.clear();
        self.shared.revoked.send_replace(0);
    }

    /// The requests so far whose target begins with `prefix`.
    #[must_use]
    pub fn requests(&self, prefix: &str) -> Vec<RecordedRequest> {
        let state = self.state();
        state.requests.iter().filter(|r| r.target.starts_with(prefix)).cloned().collect()
    }

    /// How often the key set was asked for.
    #[must_use]
    pub fn key_requests(&self) -> usize {
        self.requests("/.well-known/jwks.json").len()
    }

    /// Closes the port and all connections.
    pub async fn go_down(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Opens the same port again.
    ///
    /// # Panics
    /// When another process has bound it since [`FakeIssuer::go_down`].
    pub async fn come_back(&mut self) {
        self.go_down().await;
        let listener = TcpListener::bind(self.address).await.expect("the same port");
        self.task = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
    }

    fn state(&self) -> MutexGuard<'_, IssuerState> {
        self.shared.state()
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// Accepts connections. Each is a task of a set that is dropped, and so ended, with this one.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move { shared.serve(stream).await });
        while connections.try_join_next().is_some() {}
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, IssuerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = read_request(&mut stream).await?;
        self.state().requests.push(request.clone());
        let answer = self.answer(&request).await;
        write_answer(&mut stream, answer).await
    }

    async fn answer(&self, request: &RecordedRequest) -> Answer {
        let path = request.target.split('?').next().unwrap_or_default();
        let configured = {
            let state = self.state();
            match path {
                "/.well-known/jwks.json" => state.keys_answer.clone(),
                "/.well-known/revoked-sessions" => state.feed_answer.clone(),
                "/oauth2/token" => state.token_answer.clone(),
                _ => Answer::status(404),
            }
        };
        self.proper(configured, path, request).await
    }

    /// Replaces [`Answer::Proper`] by the proper answer.
    async fn proper(&self, configured: Answer, path: &str, request: &RecordedRequest) -> Answer {
        match (configured, path) {
            (Answer::Slow(delay, inner), _) => {
                Box::pin(self.proper(*inner, path, request)).await.slow(delay)
            }
            (Answer::Proper, "/.well-known/jwks.json") => self.state().key_set(request),
            (Answer::Proper, "/oauth2/token") => self.state().token(),
            (Answer::Proper, _) => self.feed(request).await,
            (other, _) => other,
        }
    }

    async fn feed(&self, request: &RecordedRequest) -> Answer {
        let wait = request.query("wait").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut revoked = self.revoked.subscribe();
        let known = self.state().position(request.query("after"));
        if known == Some(self.state().revocations.len()) {
            // Either there is something new, or the time is up: both are answered.
            let _ = timeout(Duration::from_secs(wait), revoked.changed()).await;
        }
        self.state().page(request.query("after"))
    }
}
