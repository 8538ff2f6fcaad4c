//! A PgBouncer in transaction mode in front of a test's PostgreSQL server.

use std::{
    ffi::OsStr,
    net::TcpStream,
    process::{Child, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    Cluster, eventually_blocking, free_port, missing::program_of_the_check,
    postgres_programs::as_server_user,
};

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A running PgBouncer. It ends, and its folder is removed, when it is dropped or the test process ends.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    guard: Child,
}

impl PgBouncer {
    /// Starts one in front of the cluster. `None` where there is no PgBouncer, which the output says once. `settings`
    /// are further lines of its configuration.
    ///
    /// It uses its server connections in turn, so that two transactions of one client run in different ones.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(cluster: &Cluster, settings: &str) -> Option<Self> {
        let program = program_of_the_check("pgbouncer")?;
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("authpair-pgbouncer-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let port = free_port();
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 4\nserver_round_robin = 1\nmax_client_conn = 200\n{settings}\n",
            cluster.port(),
        );
        let file = folder.join("pgbouncer.ini");
        std::fs::write(&file, text).expect("a configuration");
        let script = format!(
            "'{program}' '{file}' >/dev/null 2>&1 & pooler=$!; read -r order; kill -TERM $pooler; wait $pooler",
            program = program.display(),
            file = file.display(),
        );
        let mut command = as_server_user(OsStr::new("sh"));
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null());
        let guard = command.stderr(Stdio::null()).spawn().expect("a PgBouncer process");
        eventually_blocking("PgBouncer does not start", || {
            TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())
        });
        // PgBouncer has read its configuration.
        let _ = std::fs::remove_dir_all(&folder);
        Some(Self { port, guard })
    }

    /// The URL of a database behind it, as a setting of either service.
    pub fn url(&self, database: &str) -> String {
        format!("{}?pool_mode=transaction", self.plain_url(database))
    }

    /// The same without the parameter that says that there is a pooler.
    pub fn plain_url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
