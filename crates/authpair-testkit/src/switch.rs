//! A TCP proxy to one address, which a test can switch to another one.

use std::sync::{Arc, Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A running proxy. It ends when dropped.
pub struct Switch {
    /// Where it listens.
    pub url: String,
    target: Arc<Mutex<String>>,
    switches: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Switch {
    /// Starts a proxy to this service.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = format!("http://{}", listener.local_addr().expect("an address"));
        let target = Arc::new(Mutex::new(address(url)));
        let switches = watch::Sender::new(0);
        let task =
            tokio::spawn(forward_connections(listener, Arc::clone(&target), switches.clone()));
        Self { url: own, target, switches, task }
    }

    /// Switches to another service, and ends the connections to the previous one.
    pub fn switch_to(&self, url: &str) {
        *self.target.lock().expect("a target") = address(url);
        self.switches.send_modify(|count| *count += 1);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

async fn forward_connections(
    listener: TcpListener,
    target: Arc<Mutex<String>>,
    switches: watch::Sender<u64>,
) {
    while let Ok((mut here, _)) = listener.accept().await {
        let mut cut = switches.subscribe();
        let to = target.lock().expect("a target").clone();
        tokio::spawn(async move {
            let Ok(mut there) = TcpStream::connect(to).await else { return };
            tokio::select! {
                _ = copy_bidirectional(&mut here, &mut there) => {}
                _ = cut.changed() => {}
            }
        });
    }
}
