//! Clients that do the same, at the same time.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{http::Connection, latency::LatencySamples, plan::StreamPlan, session::Session};

/// The longest wait for the last answers.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// The time in which calls count.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// Clients that are ready to begin.
pub(crate) struct Ready {
    address: SocketAddr,
    every: Option<Duration>,
    /// Used in turn by all callers.
    calls: Arc<Turns>,
    clients: Vec<(Connection, Option<Session>)>,
}

struct Turns {
    calls: Vec<Vec<u8>>,
    taken: AtomicUsize,
}

/// Clients that have begun.
pub(crate) struct RunningStream(JoinSet<Result<LatencySamples, String>>, Window);

/// Connects, and signs in the clients that refresh.
pub(crate) async fn prepare(address: SocketAddr, plan: StreamPlan) -> Result<Ready, String> {
    if plan.calls.is_empty() {
        return Err(format!("{}: no calls", plan.name));
    }
    let calls = plan.calls.iter().map(|call| call.wire(address)).collect();
    let calls = Arc::new(Turns { calls, taken: AtomicUsize::new(0) });
    let mut clients = Vec::new();
    for _ in 0..plan.clients {
        let mut connection = Connection::to(address);
        let session = match &plan.refresh {
            Some(path) => Some(Session::begin(&mut connection, calls.take(), path).await?),
            None => None,
        };
        clients.push((connection, session));
    }
    Ok(Ready { address, every: plan.every_ms.map(Duration::from_millis), calls, clients })
}

impl Ready {
    /// Lets all clients begin. Each ends the call that it is in when the window closes.
    pub(crate) fn start(self, window: Window) -> RunningStream {
        let Self { address, every, calls, clients } = self;
        let mut tasks = JoinSet::new();
        for (connection, session) in clients {
            let work = Work { address, calls: Arc::clone(&calls), session };
            tasks.spawn(work.run(connection, every, window));
        }
        RunningStream(tasks, window)
    }
}

impl RunningStream {
    /// Waits for the end.
    pub(crate) async fn end(self) -> Result<LatencySamples, String> {
        let Self(mut tasks, window) = self;
        let mut all = LatencySamples::default();
        let left = window.to.saturating_duration_since(Instant::now()) + RESPONSE_TIMEOUT;
        let collect = async {
            while let Some(ended) = tasks.join_next().await {
                all.add(ended.map_err(|error| error.to_string())??);
            }
            Ok::<(), String>(())
        };
        timeout(left, collect).await.map_err(|_| "no answer in a minute".to_owned())??;
        Ok(all)
    }
}

impl Turns {
    fn take(&self) -> &[u8] {
        &self.calls[self.taken.fetch_add(1, Ordering::Relaxed) % self.calls.len()]
    }
}

struct Work {
    address: SocketAddr,
    calls: Arc<Turns>,
    session: Option<Session>,
}

impl Work {
    async fn run(
        mut self,
        mut connection: Connection,
        every: Option<Duration>,
        window: Window,
    ) -> Result<LatencySamples, String> {
        let mut latencies = LatencySamples::default();
        let mut ticks = every.map(interval);
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        }
        loop {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            let refresh = self.session.as_ref().map(|session| session.next().wire(self.address));
            let begun = Instant::now();
            if begun >= window.to {
                return Ok(latencies);
            }
            let request = refresh.as_deref().unwrap_or_else(|| self.calls.take());
            let answer = connection.call(request).await?;
            let ended = Instant::now();
            // A rate counts what is done in the window; a probe must not lose the answers that come late.
            let counts = if every.is_some() { begun } else { ended };
            if counts >= window.from && counts < window.to {
                latencies.record(ended - begun);
            }
            if let Some(session) = &mut self.session {
                session.take(answer)?;
            }
        }
    }
}
