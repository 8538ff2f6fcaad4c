//! Log-ins and logouts that go on while the database is replaced.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authpair_testkit::{Answer, Fleet, PASSWORD, Session, client};
use serde_json::json;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Four clients that log in and out at both processes.
pub(super) struct Load {
    stopping: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Vec<Session>>>,
}

impl Load {
    pub(super) fn start(fleet: &Fleet) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let one = |number: usize| {
            let (stopping, url) = (Arc::clone(&stopping), fleet.auth[number % 2].url.clone());
            tokio::spawn(log_in_and_out(url, stopping))
        };
        let tasks = (0..4).map(one).collect();
        Self { stopping, tasks }
    }

    /// Stops, one second from now, and returns the sessions whose logout was acknowledged in the last 0.9 seconds. The
    /// database may have lost earlier ones before any other process had read them.
    pub(super) async fn stop(self) -> Vec<Session> {
        // The second is part of the check: only logouts after the restore count.
        sleep(Duration::from_secs(1)).await;
        self.stopping.store(true, Ordering::Relaxed);
        let mut ended = Vec::new();
        for task in self.tasks {
            ended.extend(task.await.unwrap());
        }
        ended
    }
}

async fn log_in_and_out(auth: String, stopping: Arc<AtomicBool>) -> Vec<Session> {
    let (http, mut ended) = (client(), Vec::new());
    let body = json!({ "username": "ana", "password": PASSWORD });
    while !stopping.load(Ordering::Relaxed) {
        let login = http.post(format!("{auth}/api/auth/login")).json(&body);
        if let Ok(answer) = Answer::try_of(login).await
            && answer.status == 200
        {
            let session = Session::of(&answer);
            let logout = http.post(format!("{auth}/api/auth/logout")).bearer_auth(&session.access);
            if Answer::try_of(logout).await.is_ok_and(|answer| answer.status == 204) {
                ended.push((Instant::now(), session));
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    let recent = ended.into_iter().filter(|(at, _)| at.elapsed() < Duration::from_millis(900));
    recent.map(|(_, session)| session).collect()
}
