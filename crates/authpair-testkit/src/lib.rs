//! Running pairs for tests: real services over HTTP on free ports, each pair with its own database, a key that tests
//! can sign with, cheap password hashing, and a clock that only the test moves.
//!
//! # Layout
//!
//! | module | its job |
//! |---|---|
//! | `lib.rs` | [`TestPair`]: both services inside the test's process |
//! | `fleet.rs` | [`Fleet`]: several processes of each service |
//! | `service.rs`, `processes.rs` | [`Service`]: calls to one of them; [`Process`]: how it starts and ends |
//! | `users.rs` | users of a test and their calls |
//! | `client.rs`, `answer.rs` | HTTP clients; [`Answer`]: a response that was read |
//! | `folder.rs`, `key_file.rs` | temporary folders, in memory where there is room; the key in them |
//! | `mail_server/`, `received_mail.rs` | [`MailServer`]: receives mails by SMTP, or misbehaves; [`ReceivedMail`] |
//! | `cluster.rs`, `postgres.rs`, `postgres_programs.rs`, `pgbouncer.rs` | throw-away PostgreSQL servers and poolers |
//! | `missing.rs` | [`missing`]: what the output says where the machine lacks what some tests need |
//! | `transaction.rs` | [`OpenTransaction`]: holds locks for which the services must wait |
//! | `switch.rs` | [`Switch`]: a proxy that a test switches to another service |
//! | `statistics.rs` | [`median`] and [`percentile`], for the measurements |
//! | `wait.rs` | [`eventually`] and [`within`]: the one polling loop |

mod answer;
mod client;
mod cluster;
mod fleet;
mod folder;
mod key_file;
mod mail_server;
pub mod missing;
mod pgbouncer;
pub mod postgres;
mod postgres_programs;
mod processes;
mod received_mail;
mod service;
mod statistics;
mod switch;
mod transaction;
mod users;
mod wait;

use std::net::TcpListener;

use auth_service::settings::AuthSettings;
use authpair::{both::Both, pair::Pair};
use claims::testing::TestKey;
use reqwest::{Client, RequestBuilder};
use service_kit::{clock::Clock, settings::Settings};
use tempfile::TempDir;
use users_api::settings::UsersSettings;

use self::{client::call, key_file::write_key};
pub use authpair_testkit_macros::on_both;

pub use self::{
    answer::Answer,
    client::{client, client_from},
    cluster::Cluster,
    fleet::{Fleet, FleetPlan},
    folder::temporary_folder,
    mail_server::{MailBehaviour, MailServer},
    pgbouncer::PgBouncer,
    processes::{Process, authpair_command, free_port, output_of},
    received_mail::ReceivedMail,
    service::{Service, log_line},
    statistics::{median, percentile},
    switch::Switch,
    transaction::OpenTransaction,
    users::{LOGOUT_LIMIT, PASSWORD, Session, User},
    wait::{CheckOutcome, eventually, eventually_blocking, within},
};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in the pair's own folder.
    Sqlite,
    /// A new database in a throw-away cluster.
    Postgres,
}

/// The key every test pair signs with.
pub const KEY: TestKey = TestKey::FIRST;

/// Settings that make tests cheap: weak password hashing, no limits by source or account, one thread of each kind, no
/// delay at a stop, no metrics.
const CHEAP: [(&str, &str); 11] = [
    ("AUTH_METRICS_LISTEN", "off"),
    ("USERS_METRICS_LISTEN", "off"),
    // Tests of limits turn them on.
    ("AUTH_RATE_LIMITS", "off"),
    ("AUTH_ALLOW_WEAK_HASHING", "on"),
    ("AUTH_ARGON2_MEMORY_KIB", "32"),
    ("AUTH_ARGON2_ITERATIONS", "1"),
    ("AUTH_HASH_THREADS", "1"),
    ("AUTH_WORKERS", "1"),
    ("USERS_WORKERS", "1"),
    ("AUTH_DRAIN_DELAY", "0s"),
    ("USERS_DRAIN_DELAY", "0s"),
];

/// A pair for one test.
pub struct TestPair {
    /// auth-service's address, which is its issuer too.
    pub auth: String,
    /// users-api's address.
    pub users: String,
    /// The clock of both. It stands still until a test moves it. Processes of a test use the clock of the machine.
    pub clock: Clock,
    /// A client that keeps connections and follows no redirect.
    pub http: Client,
    /// Where keys and, on SQLite, the data are.
    pub folder: TempDir,
    /// The database's URL.
    pub database_url: String,
    extra: Vec<(String, String)>,
    pair: Option<Pair>,
}

impl TestPair {
    /// Starts a pair with the defaults of tests. `None` where there is no PostgreSQL.
    pub async fn start(backend: Backend) -> Option<Self> {
        Self::start_with(backend, &[]).await
    }

    /// Starts a pair with further settings, by full name.
    pub async fn start_with(backend: Backend, extra: &[(&str, &str)]) -> Option<Self> {
        let folder = temporary_folder();
        let database_url = match backend {
            Backend::Sqlite => format!("sqlite://{}/pair.db", folder.path().display()),
            Backend::Postgres => postgres::new_migrated_database().await?,
        };
        Some(Self::start_in(folder, database_url, extra).await)
    }

    /// Starts a pair on a database of the test's own.
    pub async fn start_on(database_url: String) -> Self {
        Self::start_on_with(database_url, &[]).await
    }

    /// The same with further settings, by full name.
    pub async fn start_on_with(database_url: String, extra: &[(&str, &str)]) -> Self {
        Self::start_in(temporary_folder(), database_url, extra).await
    }

    async fn start_in(folder: TempDir, database_url: String, extra: &[(&str, &str)]) -> Self {
        write_key(folder.path());
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut pair = Self {
            auth: format!("http://127.0.0.1:{}", free_port()),
            users: format!("http://127.0.0.1:{}", free_port()),
            clock: Clock::frozen(),
            http: client(),
            folder,
            database_url,
            extra: extra.collect(),
            pair: None,
        };
        pair.resume().await;
        pair
    }

    /// Starts both services again after [`TestPair::halt`], on the same addresses and data.
    pub async fn resume(&mut self) {
        let auth =
            AuthSettings::take(Settings::from_pairs("AUTH", self.settings())).expect("settings");
        let users =
            UsersSettings::take(Settings::from_pairs("USERS", self.settings())).expect("settings");
        let listeners = Both { auth: listen(&self.auth), users: listen(&self.users) };
        let pair = Pair::start_on(listeners, auth, users, self.clock.clone()).await;
        self.pair = Some(pair.expect("a pair that starts"));
    }

    /// Sets a setting, by full name, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.extra.retain(|(other, _)| other != name);
        self.extra.push((name.to_owned(), value.to_owned()));
    }

    /// Stops both services.
    pub async fn halt(&mut self) {
        // The drain would wait for connections that this client keeps.
        self.http = client();
        if let Some(pair) = self.pair.take() {
            pair.stop().await;
        }
    }

    /// Stops auth-service alone.
    pub async fn halt_auth(&mut self) {
        self.http = client();
        let pair = self.pair.as_mut().expect("a running pair");
        pair.stop_auth().await;
    }

    /// Starts auth-service again.
    pub async fn resume_auth(&mut self) {
        let auth =
            AuthSettings::take(Settings::from_pairs("AUTH", self.settings())).expect("settings");
        let (listener, clock) = (listen(&self.auth), self.clock.clone());
        let pair = self.pair.as_mut().expect("a running pair");
        pair.start_auth(auth, listener, clock).await.expect("an auth-service that starts");
    }

    /// The settings of one service: those whose names begin like this.
    pub fn settings_of(&self, prefix: &str) -> Vec<(String, String)> {
        self.settings().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect()
    }

    /// The running pair.
    pub fn pair(&self) -> &Pair {
        self.pair.as_ref().expect("a running pair")
    }

    /// Every setting of both services, by full name; processes take them as environment.
    pub fn settings(&self) -> Vec<(String, String)> {
        let address = |url: &str| url.trim_start_matches("http://").to_owned();
        let own = [
            ("AUTH_LISTEN", address(&self.auth)),
            ("USERS_LISTEN", address(&self.users)),
            ("AUTH_ISSUER", self.auth.clone()),
            ("USERS_ISSUER", self.auth.clone()),
            ("AUTH_DATABASE_URL", self.database_url.clone()),
            ("USERS_DATABASE_URL", self.database_url.clone()),
            // The address of the issuer may be one that only a proxy serves.
            ("USERS_JWKS_URL", format!("{}/.well-known/jwks.json", self.auth)),
            ("USERS_REVOCATIONS_URL", format!("{}/.well-known/revoked-sessions", self.auth)),
            ("AUTH_KEYS_DIR", self.folder.path().join("keys").display().to_string()),
        ];
        let cheap = CHEAP.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let own = own.into_iter().chain(cheap).map(|(name, value)| (name.to_owned(), value));
        let kept = own.filter(|(name, _)| !self.extra.iter().any(|(other, _)| other == name));
        kept.chain(self.extra.iter().cloned()).collect()
    }

    /// A call to auth-service.
    pub fn auth_call(&self, method: &str, path: &str) -> RequestBuilder {
        call(&self.http, method, &format!("{}{path}", self.auth))
    }

    /// A call to users-api.
    pub fn users_call(&self, method: &str, path: &str) -> RequestBuilder {
        call(&self.http, method, &format!("{}{path}", self.users))
    }
}

fn listen(url: &str) -> TcpListener {
    TcpListener::bind(url.trim_start_matches("http://")).expect("a free port")
}
