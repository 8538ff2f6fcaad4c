//! The drain: the time between the signal to stop and the end.

use tokio::sync::watch;

/// Whether the service has been told to stop. Cheap to clone; clones agree.
#[derive(Clone, Debug)]
pub struct Drain {
    sender: watch::Sender<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// Not ready any more; calls are still taken.
    Begun,
    /// Held calls are answered now.
    Released,
}

impl Default for Drain {
    fn default() -> Self {
        Self { sender: watch::Sender::new(Stage::Serving) }
    }
}

impl Drain {
    /// From now on `/readyz` answers 503, and every response closes its connection.
    pub fn begin(&self) {
        self.sender.send_replace(Stage::Begun);
    }

    /// From now on held calls are answered.
    pub fn release(&self) {
        self.sender.send_replace(Stage::Released);
    }

    /// Whether the service is stopping.
    pub fn has_begun(&self) -> bool {
        *self.sender.borrow() >= Stage::Begun
    }

    /// Waits until held calls must be answered.
    pub async fn released(&self) {
        let mut receiver = self.sender.subscribe();
        // An error means that every sender is gone, which is an end as well.
        let _ = receiver.wait_for(|stage| *stage == Stage::Released).await;
    }
}
