//! SIGTERM while clients call.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use authpair_testkit::{Backend, Process, TestPair, authpair_command, eventually};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// Calls over one kept connection until an answer says `connection: close`.
async fn call_until_closed(
    address: String,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
) -> Result<(), String> {
    let stream = TcpStream::connect(&address).await.map_err(|error| error.to_string())?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.map_err(|error| format!("write: {error}"))?;
        let (mut length, mut closes, mut line) = (0, false, String::new());
        loop {
            line.clear();
            let read =
                stream.read_line(&mut line).await.map_err(|error| format!("head: {error}"))?;
            if read == 0 {
                return Err("the connection ended in place of an answer".to_owned());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            closes |= line.trim_end() == "connection: close";
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.map_err(|error| format!("body: {error}"))?;
        calls.fetch_add(1, Ordering::Relaxed);
        if closes || stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}

/// Whether an answer has its whole head, and after it as many bytes as the head says.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| length.parse() == Ok(body.len()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_breaks_no_answer_on_kept_or_new_connections() {
    let settings = [("AUTH_DRAIN_DELAY", "100ms")];
    let mut pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
    pair.halt().await;
    let address = pair.auth.trim_start_matches("http://").to_owned();
    for round in 0..20 {
        let command = authpair_command(
            crate::program(),
            &["auth-service", "serve"],
            &pair.settings_of("AUTH_"),
            pair.folder.path(),
        );
        let mut process = Process::start(command, &pair.auth).await;
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let kept: Vec<_> = (0..4)
            .map(|_| {
                tokio::spawn(call_until_closed(
                    address.clone(),
                    Arc::clone(&stop),
                    Arc::clone(&calls),
                ))
            })
            .collect();
        let (new_stop, new_address) = (Arc::clone(&stop), address.clone());
        let new = tokio::spawn(async move {
            let mut broken = Vec::new();
            while !new_stop.load(Ordering::Relaxed) {
                let Ok(mut stream) = TcpStream::connect(&new_address).await else { break };
                let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                let mut answer = Vec::new();
                let whole = stream.write_all(request).await.is_ok()
                    && stream.read_to_end(&mut answer).await.is_ok()
                    && is_whole(&answer);
                // The service may close its port before it accepts a connection that the kernel has made. It has not
                // read such a call, so a proxy can try it at another replica.
                if !whole && !answer.is_empty() {
                    broken.push(String::from_utf8_lossy(&answer).into_owned());
                }
            }
            broken
        });
        eventually("no load", async || calls.load(Ordering::Relaxed) > 20).await;
        process.signal("TERM");
        for kept in kept {
            assert_eq!(kept.await.unwrap(), Ok(()), "round {round}");
        }
        assert_eq!(process.exit_code().await, Some(0));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(new.await.unwrap(), Vec::<String>::new(), "round {round}");
    }
}
