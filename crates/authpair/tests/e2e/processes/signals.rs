//! Stop signals, and how long a service keeps idle connections.

use std::{path::Path, process::Command, time::Duration};

use authpair_testkit::{Answer, Backend, Process, TestPair, client, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

/// auth-service under a shell that first sets how signals are taken.
async fn started(folder: &Path, how: &str) -> (Process, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{how} \"$0\" auth-service serve")])
        .arg(crate::program())
        .current_dir(folder)
        .env_clear()
        .env("AUTH_LISTEN", &address)
        .env("AUTH_METRICS_LISTEN", "off")
        .env("AUTH_DRAIN_DELAY", "0s");
    let process = Process::start(command, &format!("http://{address}")).await;
    (process, address)
}

/// A connection on which one call was answered, and which is kept.
async fn kept(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    call(&mut stream).await;
    stream
}

async fn call(stream: &mut TcpStream) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 1_024];
    let read = timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "{read} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stop_signal_ends_the_service_although_a_connection_is_kept() {
    for signal in ["TERM", "INT", "HUP", "QUIT"] {
        let folder = tempfile::tempdir().unwrap();
        // The process that runs the tests may ignore some signals, as under `nohup`.
        let default = format!("exec env --default-signal={signal}");
        let (mut process, address) = started(folder.path(), &default).await;
        let _kept = kept(&address).await;
        let asked = Instant::now();
        process.signal(signal);
        assert_eq!(process.exit_code().await, Some(0), "{signal}");
        assert!(asked.elapsed() < Duration::from_secs(8), "{signal}: {:?}", asked.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_under_nohup_ignores_sighup() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, address) = started(folder.path(), "trap '' HUP && exec").await;
    process.signal("HUP");
    sleep(Duration::from_millis(300)).await;
    Answer::of(client().get(format!("http://{address}/readyz"))).await.ok(200);
    process.signal("TERM");
    assert_eq!(process.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_ended_after_the_keep_alive_time() {
    let pair = TestPair::start_with(Backend::Sqlite, &[("USERS_KEEP_ALIVE", "2s")]).await.unwrap();
    let mut short = kept(pair.users.trim_start_matches("http://")).await;
    let begun = Instant::now();
    let end = timeout(Duration::from_secs(10), short.read(&mut [0; 16])).await;
    assert!(matches!(end, Ok(Ok(0))), "{end:?}");
    assert!(begun.elapsed() > Duration::from_millis(1_500), "{:?}", begun.elapsed());
}
