//! SQLite on a disk that is full or read-only, and on a damaged file: 503 or no start, and no lost data.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use authpair_testkit::{
    Answer, Fleet, FleetPlan, PASSWORD, Service, authpair_command, eventually, missing::skip,
    output_of,
};
use database::{Access, AnyConnection, Database, DatabaseUrl};
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::databases::assert_sound;

/// Registrations that fill the disk surely.
const MORE_THAN_FITS: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_writes_are_503_and_reads_work_and_writes_work_again_when_there_is_room() {
    let Some(disk) = Disk::mount("16m") else { return };
    let url = format!("sqlite://{}/pair.db", disk.path().display());
    let fleet = Fleet::start(FleetPlan::pair(crate::program(), &url)).await;
    let (auth, users) = (&fleet.auth[0], &fleet.users[0]);
    auth.register("ana").await;
    let session = auth.login("ana").await;
    disk.fill();
    let kept = register_until_503(auth).await;
    auth.get("/healthz", "").await.ok(200);
    auth.get("/api/auth/me", &session.access).await.ok(200);
    assert_eq!(total(users, &session.access).await, kept + 1);
    log_in_until_503(auth).await;
    auth.logout(&session.access).await.expect(503, "unavailable");
    disk.empty();
    works_again(auth).await;
    assert_eq!(total(users, &session.access).await, kept + 2);
    auth.try_login(&format!("user{}", kept - 1)).await.ok(200);
    assert!(kept > 10, "{kept} users fit");
    drop(fleet);
    assert_sound(disk.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_does_not_start_on_a_file_it_cannot_use_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("text.db"), "no database ".repeat(1_000)).unwrap();
    std::fs::create_dir(file("folder.db")).unwrap();
    std::fs::write(file("file"), "").unwrap();
    damaged(&file("damaged.db")).await;
    for (path, reason) in [
        (file("text.db"), "file is not a database"),
        (file("damaged.db"), "malformed"),
        (file("folder.db"), "unable to open database file"),
        (file("file").join("pair.db"), "folder"),
    ] {
        does_not_start(&path, reason).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_does_not_start_on_a_read_only_disk_and_says_why() {
    let Some(disk) = Disk::mount("4m") else { return };
    let path = disk.path().join("pair.db");
    // Present or absent, it cannot be written.
    disk.make_read_only();
    does_not_start(&path, "unable to open database file").await;
    disk.make_writable();
    drop(Fleet::start(FleetPlan::pair(crate::program(), &url_of(&path))).await);
    disk.make_read_only();
    does_not_start(&path, "readonly").await;
}

/// A log-in writes fewer pages than a registration, so some may still fit.
async fn log_in_until_503(auth: &Service) {
    for _ in 0..1_000 {
        let answer = auth.try_login("ana").await;
        if answer.status != 200 {
            answer.expect(503, "unavailable");
            return;
        }
    }
    panic!("the disk is never full");
}

async fn register_until_503(auth: &Service) -> usize {
    for number in 0..MORE_THAN_FITS {
        let answer = try_register(auth, &format!("user{number}")).await;
        if answer.status == 503 {
            assert!(!answer.header("retry-after").is_empty());
            answer.expect(503, "unavailable");
            return number;
        }
        answer.ok(201);
    }
    panic!("the disk is never full");
}

async fn try_register(auth: &Service, name: &str) -> Answer {
    let email = format!("{name}@example.com");
    let body = json!({ "username": name, "email": email, "password": PASSWORD });
    auth.post("/api/auth/register", &body).await
}

async fn total(users: &Service, access: &str) -> usize {
    let answer = users.get("/api/users?per_page=1", access).await.ok(200);
    answer.body["total"].as_u64().unwrap().try_into().unwrap()
}

async fn works_again(auth: &Service) {
    eventually("a registration fails although there is room again", async || {
        try_register(auth, "late").await.status == 201
    })
    .await;
}

/// A database whose first page is good and whose others are not.
async fn damaged(path: &Path) {
    let plan = FleetPlan::pair(crate::program(), &url_of(path));
    drop(Fleet::start(FleetPlan { users: 0, ..plan }).await);
    let url = DatabaseUrl::Sqlite(path.to_owned());
    let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
    let into_the_file = |connection: &mut AnyConnection| {
        Ok(connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
    };
    database.read(into_the_file).await.unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    bytes.iter_mut().skip(4_096).for_each(|byte| *byte ^= 0x5a);
    std::fs::write(path, bytes).unwrap();
}

async fn does_not_start(path: &Path, reason: &str) {
    let plan = FleetPlan::pair(crate::program(), &url_of(path));
    let fleet = Fleet::start(FleetPlan { auth: 0, users: 0, ..plan }).await;
    let settings = fleet.auth_settings("http://127.0.0.1:0");
    let arguments = ["auth-service", "serve"];
    let command = authpair_command(crate::program(), &arguments, &settings, fleet.folder.path());
    let done = output_of(command);
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("AUTH_DATABASE_URL") && said.contains(reason), "{said}");
}

fn url_of(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// A small disk in memory; gone when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where this user may not mount one; the output says so.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let option = format!("size={size}");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(folder.path())
            .output();
        if done.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        skip("small disk that this user may mount");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves room for about a megabyte: a registration writes some ten pages.
    fn fill(&self) {
        let _ = std::fs::write(self.ballast(), vec![0; 64 << 20]);
        let ballast = File::options().write(true).open(self.ballast()).unwrap();
        let written = ballast.metadata().unwrap().len();
        ballast.set_len(written - 1_024 * 1_024).unwrap();
    }

    fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn make_read_only(&self) {
        self.remount("ro");
    }

    fn make_writable(&self) {
        self.remount("rw");
    }

    fn remount(&self, how: &str) {
        let option = format!("remount,{how}");
        let done = Command::new("mount").args(["-o", &option]).arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "remount {how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // `-l` works while a file on it is still open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
