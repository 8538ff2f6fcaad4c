//! A PostgreSQL server that a test may stop, freeze, kill and start again.
//!
//! The server is the machine's own `initdb` and `postgres`, run as another user where the tests run as root. It
//! ends with the test process, however that ends: a shell waits for the end of a pipe that only the process holds.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    eventually_blocking,
    folder::base_folder,
    free_port,
    missing::skip_or_fail,
    postgres::psql_command,
    postgres_programs::{as_server_user, bin_folder, guard, new_data_folder, run},
};

/// How much has to be free in memory for the databases of all tests, in KiB.
const NEEDED_KIB: u64 = 8 << 20;

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A server with a data folder of its own. When it is dropped, it stops and its folder is removed.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    guard: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it. `None` where there is no PostgreSQL, which the output says once. The options are
    /// configuration parameters, such as `max_connections=20`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_new(options: &[&str]) -> Option<Self> {
        let mut cluster = Self::new(options)?;
        cluster.start();
        Some(cluster)
    }

    /// The same without starting it: for tests that change its files first.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(options: &[&str]) -> Option<Self> {
        let Some(bin) = bin_folder() else {
            skip_or_fail("PostgreSQL");
            return None;
        };
        let cluster = Self::at(bin, options);
        new_data_folder(&cluster.bin, &cluster.folder);
        Some(cluster)
    }

    /// A streaming replica of this cluster, which must run; started.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn start_replica(&self) -> Self {
        let mut replica = Self::at(self.bin.clone(), &[]);
        let mut copy = replica.command("pg_basebackup");
        copy.arg("-D").arg(&replica.folder).args(["-R", "-X", "stream", "--checkpoint=fast", "-N"]);
        run(copy.arg("-d").arg(self.url("postgres")));
        replica.start();
        replica
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its data and configuration are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command as the user that the server runs as.
    pub fn command(&self, program: &str) -> Command {
        let own = self.bin.join(program);
        as_server_user(if own.exists() { own.as_os_str() } else { OsStr::new(program) })
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    /// When it does not.
    pub fn start(&mut self) {
        if self.guard.is_none() {
            self.guard = Some(guarded_server(&self.bin, &self.folder, &self.server()));
        }
        let url = self.url("postgres");
        eventually_blocking("PostgreSQL does not start", || is_up(&url));
    }

    /// Stops the server at once, as a crash does.
    pub fn stop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            // Without this line the shell removes the folder, too.
            let _ = guard.stdin.take().map(|mut pipe| pipe.write_all(b"stop\n"));
            let _ = guard.wait();
        }
    }

    /// Stops and starts.
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// Kills each process of the server with SIGKILL.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.stop();
    }

    /// Stops each process of the server with SIGSTOP: connections stay open, and queries get no answer.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen server continue.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn at(bin: PathBuf, options: &[&str]) -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("authpair-postgres-{}-{number}", std::process::id());
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let folder = base_folder(NEEDED_KIB).join(name);
        Self { bin, folder, port: free_port(), options, guard: None }
    }

    fn server(&self) -> String {
        let port = self.port.to_string();
        // Without fsync commits survive the end of the server. Only a crash of the machine would lose them.
        let fixed = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
        let options = fixed.iter().copied().chain(self.options.iter().map(String::as_str));
        let options: String = options.map(|option| format!(" -c '{option}'")).collect();
        format!("-p {port}{options}")
    }

    /// The postmaster gets the signal first, so that it starts no other process.
    fn signal(&self, name: &str) {
        let file = self.folder.join("postmaster.pid");
        let text = std::fs::read_to_string(file).expect("a running server");
        let postmaster = text.lines().next().expect("a process id").trim().to_owned();
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = || std::fs::read_to_string(&children).unwrap_or_default();
        // After the postmaster is dead its children cannot be found any more.
        let before = children();
        let send = |ids: &str| {
            let signal = format!("-{name}");
            let _ = Command::new("sh")
                .args([
                    "-c",
                    &format!(
                        "kill {signal} {}",
                        ids.split_whitespace().collect::<Vec<_>>().join(" ")
                    ),
                ])
                .output();
        };
        send(&postmaster);
        send(&format!("{before} {}", children()));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.guard.take() {
            Some(mut guard) => {
                drop(guard.stdin.take());
                let _ = guard.wait();
            }
            None => drop(std::fs::remove_dir_all(&self.folder)),
        }
    }
}

/// The server under a shell that stops it when this process ends.
fn guarded_server(bin: &Path, folder: &Path, arguments: &str) -> Child {
    let script = format!(
        "'{bin}/postgres' -D '{folder}' {arguments} >>'{folder}/server.log' 2>&1 & server=$!; \
         read -r order; \
         kill -CONT $server $(cat /proc/$server/task/$server/children) 2>/dev/null; \
         kill -QUIT $server 2>/dev/null; wait $server; \
         [ \"$order\" = stop ] || rm -rf '{folder}'",
        bin = bin.display(),
        folder = folder.display(),
    );
    guard(&script)
}

fn is_up(url: &str) -> bool {
    let asked = psql_command(url).args(["-c", "SELECT 1"]).output();
    asked.is_ok_and(|output| output.status.success())
}
