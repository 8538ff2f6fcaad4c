//! Only the user of auth-service can read its files, also under a permissive umask and after an older release.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::{Command, Stdio},
};

use authpair_testkit::{Process, free_port, missing::skip, output_of};

/// A user that owns nothing here.
const STRANGER: u32 = 54_321;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// auth-service with its defaults in this folder, under the umask that most systems have.
fn command(folder: &Path, address: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 022 && exec \"$0\" auth-service serve"])
        .arg(crate::program())
        .current_dir(folder)
        .env_clear()
        .env("AUTH_LISTEN", address)
        .env("AUTH_METRICS_LISTEN", "off")
        .env("AUTH_DRAIN_DELAY", "0s")
        .stdin(Stdio::null());
    command
}

async fn runs(folder: &Path) -> Process {
    let address = format!("127.0.0.1:{}", free_port());
    Process::start(command(folder, &address), &format!("http://{address}")).await
}

/// What it says when it does not start.
fn refuses(folder: &Path) -> String {
    let address = format!("127.0.0.1:{}", free_port());
    let output = output_of(command(folder, &address));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

fn assert_private(folder: &Path) {
    for path in ["data", "keys"] {
        assert_eq!(mode(&folder.join(path)), 0o700, "{path}");
    }
    let keys = fs::read_dir(folder.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let data = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = keys.chain(data).collect();
    assert!(files.len() >= 4, "a key, the database, its log and its index: {files:?}");
    files.iter().for_each(|file| assert_eq!(mode(file), 0o600, "{file:?}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_made_under_umask_022_are_private_and_those_of_an_older_release_are_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let process = runs(folder.path()).await;
    assert_private(folder.path());
    // `kill -9` leaves the log and the index.
    drop(process);
    for path in ["data", "keys"] {
        fs::set_permissions(folder.path().join(path), Permissions::from_mode(0o755)).unwrap();
    }
    for name in ["authpair.db", "authpair.db-wal", "authpair.db-shm"] {
        let file = folder.path().join("data").join(name);
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }
    let _process = runs(folder.path()).await;
    assert_private(folder.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_or_a_key_of_another_user_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    drop(runs(folder.path()).await);
    let database = folder.path().join("data/authpair.db");
    let keys = folder.path().join("keys");
    let mut files = fs::read_dir(&keys).unwrap().map(|file| file.unwrap().path());
    let key = files.find(|file| file.extension().is_some_and(|kind| kind == "pem")).unwrap();
    for (path, name) in [
        (database, "AUTH_DATABASE_URL"),
        (folder.path().join("data"), "AUTH_DATABASE_URL"),
        (key, "AUTH_KEYS_DIR"),
        (keys.join("secrets.key"), "AUTH_SECRETS_KEY"),
    ] {
        if chown(&path, Some(STRANGER), None).is_err() {
            // Only root can give files away.
            skip("user who may give files away");
            return;
        }
        let said = refuses(folder.path());
        assert!(said.contains(name) && said.contains("belongs to user 54321"), "{said}");
        let shown = path.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(shown), "{said}");
        chown(&path, Some(0), None).unwrap();
    }
    // A checkout of another user's, without keys of theirs: root makes it its own.
    chown(folder.path().join("keys"), Some(STRANGER), None).unwrap();
    drop(runs(folder.path()).await);
    assert_eq!(fs::metadata(folder.path().join("keys")).unwrap().uid(), 0);
}
