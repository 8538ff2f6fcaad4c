//! Services as processes of their own: for `kill -9`, signals, exit codes and the command line.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use super::{Answer, eventually, eventually_blocking, within};

/// The longest time that a service may take to stop, as README and Kubernetes expect.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// Ports of tests begin here. They are below the range of outgoing connections: a connection of another test could take
/// such a port before the service listens.
const FIRST_PORT: u16 = 10_000;

/// How many ports there are.
const PORTS: u16 = 20_000;

/// A port that was free a moment ago. This process returns each port once before it starts again.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time begin at different ports.
    let start = std::process::id().wrapping_mul(2_053) % u32::from(PORTS);
    let start = u16::try_from(start).expect("less than the number of ports");
    loop {
        let number = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST_PORT + start.wrapping_add(number) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The program's command line with exactly these settings, in this folder.
pub fn authpair_command(
    program: &Path,
    arguments: &[&str],
    settings: &[(String, String)],
    folder: &Path,
) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    command
}

/// Runs a command that must end by itself, such as a service whose start fails.
///
/// # Panics
/// When it does not end within a minute. It is killed then.
pub fn output_of(mut command: Command) -> Output {
    struct Killed(Option<Child>);
    impl Drop for Killed {
        fn drop(&mut self) {
            let _ = self.0.as_mut().map(Child::kill);
        }
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = Killed(Some(child.expect("a process")));
    eventually_blocking("the command does not end", || {
        child.0.as_mut().is_some_and(|child| child.try_wait().expect("a child").is_some())
    });
    child.0.take().and_then(|child| child.wait_with_output().ok()).expect("its output")
}

/// A running process; killed when dropped.
pub struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts a service and waits until it answers `/healthz`.
    ///
    /// # Panics
    /// When it does not within a minute.
    pub async fn start(mut command: Command, url: &str) -> Self {
        command.stderr(Stdio::null());
        let process = Self::spawn(command, url);
        process.wait_for("/healthz").await;
        process
    }

    /// [`Process::start`] with its log in a file, new lines at the end.
    ///
    /// # Panics
    /// When it does not answer within a minute.
    pub async fn start_logged(command: Command, url: &str, log: &Path) -> Self {
        let process = Self::spawn_logged(command, url, log);
        process.wait_for("/healthz").await;
        process
    }

    /// [`Process::start_logged`] without waiting for the first answer.
    pub(super) fn spawn_logged(mut command: Command, url: &str, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        command.stderr(log);
        Self::spawn(command, url)
    }

    /// [`Process::start`] with its log in a pipe, which the caller may read or not.
    ///
    /// # Panics
    /// When it does not answer within a minute.
    pub async fn start_piped(mut command: Command, url: &str) -> (Self, ChildStderr) {
        command.stderr(Stdio::piped());
        let mut process = Self::spawn(command, url);
        process.wait_for("/healthz").await;
        let log = process.child.stderr.take().expect("a pipe");
        (process, log)
    }

    fn spawn(mut command: Command, url: &str) -> Self {
        let child = command.stdout(Stdio::null()).spawn().expect("a process");
        Self { child, url: url.to_owned() }
    }

    /// Waits until the path answers with success.
    ///
    /// # Panics
    /// When it does not within a minute: on a busy machine a start takes long.
    pub async fn wait_for(&self, path: &str) {
        let (http, url) = (super::client(), format!("{}{path}", self.url));
        eventually(&format!("{url} does not answer with 200"), async || {
            let answer = Answer::try_of(http.get(&url)).await;
            answer.map_err(|error| error.to_string())?.with_status(200)
        })
        .await;
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id();
        // The `kill` of the shell, because a machine need not have the program.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {id}");
    }

    /// Waits for the end and returns the exit code.
    ///
    /// # Panics
    /// When it does not end within 30 s.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let ended = async || self.child.try_wait().expect("a child");
        within(STOPS_WITHIN, "the process does not end", ended).await.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
