//! A throw-away PostgreSQL cluster for one test process, or the one that `TEST_POSTGRES_URL` names.
//!
//! The cluster is the machine's own `initdb` and `postgres`, run as another user where the tests run as root. It ends
//! with the test process, however that ends: a shell waits for the end of a pipe that only the process holds.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::free_port;

static CLUSTER: OnceLock<Option<String>> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// A new, empty database; `None`, told once, where there is no PostgreSQL.
pub async fn new_database() -> Option<String> {
    let base =
        tokio::task::spawn_blocking(|| CLUSTER.get_or_init(cluster).clone()).await.ok()??;
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("pair_{}_{number}", std::process::id());
    let admin = format!("{base}/postgres");
    let sql = format!("CREATE DATABASE {name}");
    tokio::task::spawn_blocking(move || execute(&admin, &sql)).await.ok()?;
    Some(format!("{base}/{name}"))
}

/// Runs one statement as the cluster's owner.
///
/// # Panics
/// When it fails.
pub fn execute(url: &str, sql: &str) {
    let done = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .output();
    let done = done.expect("psql");
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
}

fn cluster() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let Some(bin) = bin_folder() else {
        tell("skipped: no PostgreSQL found");
        return None;
    };
    let port = free_port();
    start(&bin, port);
    let base = format!("postgres://postgres@127.0.0.1:{port}");
    let started = Instant::now();
    while !is_up(&format!("{base}/postgres")) {
        assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(base)
}

/// The newest `initdb` of this machine.
fn bin_folder() -> Option<PathBuf> {
    let mut folders: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    folders.sort_by_key(|bin| {
        bin.parent()
            .and_then(Path::file_name)
            .and_then(OsStr::to_str)
            .and_then(|name| name.parse::<u32>().ok())
    });
    folders.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
    })
}

fn start(bin: &Path, port: u16) {
    let folder = std::env::temp_dir().join(format!("authpair-postgres-{}", std::process::id()));
    let script = format!(
        "set -e; '{bin}/initdb' -D '{folder}' -U postgres -A trust -E UTF8 --locale=C -N >/dev/null; \
         '{bin}/postgres' -D '{folder}' -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
           -c max_connections=400 -c logging_collector=off >'{folder}.log' 2>&1 & server=$!; \
         set +e; cat >/dev/null; kill -INT $server; wait $server; rm -rf '{folder}' '{folder}.log'",
        bin = bin.display(),
        folder = folder.display(),
    );
    // PostgreSQL does not run as root.
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh", "-c", &script]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command
    };
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    // The pipe stays open as long as this process lives.
    std::mem::forget(child.expect("a PostgreSQL process"));
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.starts_with(b"0"))
}

fn is_up(url: &str) -> bool {
    let asked = Command::new("psql").args(["-X", "-q", "-d", url, "-c", "SELECT 1"]).output();
    asked.is_ok_and(|output| output.status.success())
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests shall see what did not run")]
fn tell(line: &str) {
    eprintln!("{line}");
}
