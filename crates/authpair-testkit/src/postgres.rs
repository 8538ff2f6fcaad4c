//! One throw-away PostgreSQL cluster for the whole test process, or the one that `TEST_POSTGRES_URL` names.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use auth_service::store::MIGRATIONS;
use database::{DatabaseUrl, migrate};
use service_kit::settings::FromSetting;

use super::{Cluster, eventually, postgres_programs::bin_folder};

static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

enum Shared {
    /// Never dropped. It ends with the process.
    Own(Cluster),
    Given(String),
}

/// A new, empty database. `None` where there is no PostgreSQL, which the output says once.
pub async fn new_database() -> Option<String> {
    create_database(|_| String::new()).await
}

/// A new database with the schema of the newest version: a copy of one that was migrated once, which is faster.
pub async fn new_migrated_database() -> Option<String> {
    create_database(|shared| format!("TEMPLATE {}", shared.migrated_template())).await
}

async fn create_database(options: impl Fn(&Shared) -> String + Send + 'static) -> Option<String> {
    let made = tokio::task::spawn_blocking(move || {
        let shared = SHARED.get_or_init(shared).as_ref()?;
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("pair_{}_{number}", std::process::id());
        let options = options(shared);
        execute(&shared.url("postgres"), &format!("CREATE DATABASE {name} {options}"));
        Some(shared.url(&name))
    });
    // Only a machine without PostgreSQL may go without: a statement that fails must not look like one.
    made.await.expect("a new database")
}

impl Shared {
    fn url(&self, database: &str) -> String {
        match self {
            Self::Own(cluster) => cluster.url(database),
            Self::Given(base) => format!("{base}/{database}"),
        }
    }

    /// The name of the database that is copied.
    fn migrated_template(&self) -> &'static str {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        TEMPLATE.get_or_init(|| {
            let name = format!("pair_{}_template", std::process::id());
            execute(&self.url("postgres"), &format!("CREATE DATABASE {name}"));
            let url = DatabaseUrl::from_setting(&self.url(&name)).expect("a URL");
            migrate(&url, MIGRATIONS).expect("migrations");
            name
        })
    }
}

fn shared() -> Option<Shared> {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        return Some(Shared::Given(url.trim_end_matches('/').to_owned()));
    }
    Cluster::start_new(&["max_connections=400"]).map(Shared::Own)
}

/// Runs one statement as the role that the URL names.
///
/// # Panics
/// When it fails.
pub fn execute(url: &str, sql: &str) -> String {
    let done = psql(url, sql);
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// Runs one statement that has to fail, and returns PostgreSQL's error.
///
/// # Panics
/// When it does not fail.
pub fn expect_error(url: &str, sql: &str) -> String {
    let done = psql(url, sql);
    assert!(!done.status.success(), "{sql} does not fail");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

/// Waits until a query has this answer.
///
/// # Panics
/// When it does not within a minute.
pub async fn wait_for(url: &str, sql: &str, wanted: &str) {
    eventually(sql, async || {
        let answer = execute(url, sql);
        if answer == wanted { Ok(()) } else { Err(answer) }
    })
    .await;
}

fn psql(url: &str, sql: &str) -> Output {
    psql_command(url).args(["-A", "-t", "-c", sql]).output().expect("psql")
}

/// `psql`, which stops at the first error. (Debian's `psql` on the `PATH` is a script that first looks for the
/// version.)
pub fn psql_command(url: &str) -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let own = bin_folder().map(|bin| bin.join("psql"));
        own.filter(|program| program.exists()).unwrap_or_else(|| "psql".into())
    });
    let mut command = Command::new(program);
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
    command
}
