//! The drain: the time between the signal to stop and the end.

use tokio::sync::watch;

/// Whether the service is stopping, and how far the drain has come. Clones share one state.
#[derive(Clone, Debug)]
pub struct Drain {
    sender: watch::Sender<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// Not ready, but requests are still accepted.
    Draining,
    /// Long polls are answered now, without waiting for their event.
    LongPollsReleased,
}

impl Default for Drain {
    fn default() -> Self {
        Self { sender: watch::Sender::new(Stage::Serving) }
    }
}

impl Drain {
    /// From now on `/readyz` answers 503, and every response closes its connection.
    pub fn begin(&self) {
        self.sender.send_replace(Stage::Draining);
    }

    /// From now on long polls are answered at once.
    pub fn release(&self) {
        self.sender.send_replace(Stage::LongPollsReleased);
    }

    /// Whether the service is stopping.
    pub fn is_draining(&self) -> bool {
        *self.sender.borrow() >= Stage::Draining
    }

    /// Waits until long polls must be answered.
    pub async fn released(&self) {
        let mut receiver = self.sender.subscribe();
        // An error means that every sender is gone: then long polls must end, too.
        let _ = receiver.wait_for(|stage| *stage == Stage::LongPollsReleased).await;
    }
}
