//! Several processes of each service on one database and one folder of keys, as behind a load balancer.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{
    Backend, CHEAP, Process, Service, authpair_command, client, free_port, postgres,
    temporary_folder, write_key,
};

/// A file in the fleet's own folder.
const SQLITE: &str = "sqlite://{folder}/pair.db";

/// The processes and settings of a fleet. `{folder}` in a setting stands for the fleet's own folder.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    /// The program `authpair`.
    pub program: PathBuf,
    /// auth-service's database.
    pub auth_database: String,
    /// users-api's database.
    pub users_database: String,
    /// How many processes of auth-service.
    pub auth: usize,
    /// How many processes of users-api. Each polls the feed of one auth-service, in turn.
    pub users: usize,
    /// Further settings of either, by full name.
    pub extra: Vec<(String, String)>,
}

impl FleetPlan {
    /// One process of each on one database.
    pub fn pair(program: &Path, database: &str) -> Self {
        Self {
            program: program.to_owned(),
            auth_database: database.to_owned(),
            users_database: database.to_owned(),
            auth: 1,
            users: 1,
            extra: Vec::new(),
        }
    }

    /// One process of each on a new database; `None` where there is no PostgreSQL.
    pub async fn pair_on(program: &Path, backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => Some(Self::pair(program, SQLITE)),
            Backend::Postgres => {
                Some(Self::pair(program, &postgres::new_migrated_database().await?))
            }
        }
    }

    /// Two processes of each.
    #[must_use]
    pub fn doubled(self) -> Self {
        Self { auth: 2, users: 2, ..self }
    }

    /// With one more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The running processes; killed when dropped.
pub struct Fleet {
    /// auth-service.
    pub auth: Vec<Service>,
    /// users-api.
    pub users: Vec<Service>,
    /// Where the keys and the logs are.
    pub folder: TempDir,
    plan: FleetPlan,
    issuer: String,
}

impl Fleet {
    /// Starts all of it; each users-api is ready.
    pub async fn start(plan: FleetPlan) -> Self {
        let folder = temporary_folder();
        write_key(folder.path());
        let issuer = format!("http://127.0.0.1:{}", free_port());
        let mut fleet = Self { auth: Vec::new(), users: Vec::new(), folder, plan, issuer };
        for number in 0..fleet.plan.auth {
            let url = if number == 0 { fleet.issuer.clone() } else { free_url() };
            let service = fleet.spawn_auth(&url);
            if number == 0 {
                // It runs the migrations, so that the others need not wait for each other.
                service.process.wait_for("/healthz").await;
            }
            fleet.auth.push(service);
        }
        for number in 0..fleet.plan.users {
            let feed = fleet.auth[number % fleet.auth.len()].url.clone();
            let service = fleet.spawn_users(&free_url(), &feed);
            fleet.users.push(service);
        }
        for auth in &fleet.auth {
            auth.process.wait_for("/healthz").await;
        }
        for users in &fleet.users {
            users.process.wait_for("/readyz").await;
        }
        fleet
    }

    /// One more auth-service at this address.
    pub async fn start_auth(&self, url: &str) -> Service {
        let service = self.spawn_auth(url);
        service.process.wait_for("/healthz").await;
        service
    }

    fn spawn_auth(&self, url: &str) -> Service {
        self.spawn("auth-service", url, &self.auth_settings(url))
    }

    /// One more users-api at this address, which gets keys and revocations from `feed`. May not be ready yet.
    pub async fn start_users(&self, url: &str, feed: &str) -> Service {
        let service = self.spawn_users(url, feed);
        service.process.wait_for("/healthz").await;
        service
    }

    fn spawn_users(&self, url: &str, feed: &str) -> Service {
        let own = [
            ("USERS_LISTEN", address(url)),
            ("USERS_ISSUER", &self.issuer),
            ("USERS_DATABASE_URL", &self.plan.users_database),
            ("USERS_JWKS_URL", &format!("{feed}/.well-known/jwks.json")),
            ("USERS_REVOCATIONS_URL", &format!("{feed}/.well-known/revoked-sessions")),
        ];
        self.spawn("users-api", url, &self.settings("USERS_", &own))
    }

    /// Runs a command of auth-service's command line; its exit code and what it printed: its output, then its errors.
    pub fn auth_command(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let arguments: Vec<_> = [&["auth-service"], arguments].concat();
        let settings = self.auth_settings(&self.issuer);
        let output =
            authpair_command(&self.plan.program, &arguments, &settings, self.folder.path())
                .output()
                .expect("a command line");
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&printed).into_owned())
    }

    /// The settings of an auth-service at this address.
    pub fn auth_settings(&self, url: &str) -> Vec<(String, String)> {
        let own = [
            ("AUTH_LISTEN", address(url)),
            ("AUTH_ISSUER", &self.issuer),
            ("AUTH_DATABASE_URL", &self.plan.auth_database),
            ("AUTH_KEYS_DIR", "{folder}/keys"),
        ];
        self.settings("AUTH_", &own)
    }

    fn settings(&self, prefix: &str, own: &[(&str, &str)]) -> Vec<(String, String)> {
        let extra = self.plan.extra.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let folder = self.folder.path().display().to_string();
        let mut settings: Vec<(String, String)> = Vec::new();
        // The later ones win.
        for (name, value) in CHEAP.into_iter().chain(own.iter().copied()).chain(extra) {
            if name.starts_with(prefix) {
                settings.retain(|(other, _)| other != name);
                settings.push((name.to_owned(), value.replace("{folder}", &folder)));
            }
        }
        settings
    }

    fn spawn(&self, name: &str, url: &str, settings: &[(String, String)]) -> Service {
        let arguments = [name, "serve"];
        let command =
            authpair_command(&self.plan.program, &arguments, settings, self.folder.path());
        let log = self.folder.path().join(format!("{name}-{}.log", address(url).replace(':', "-")));
        let process = Process::spawn_logged(command, url, &log);
        Service { url: url.to_owned(), log, http: client(), process }
    }
}

fn free_url() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

/// The host and the port.
fn address(url: &str) -> &str {
    url.trim_start_matches("http://")
}
