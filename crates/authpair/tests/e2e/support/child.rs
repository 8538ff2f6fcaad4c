//! Processes that a test reads from, with a limit for each wait.

use std::{
    io::{BufRead, BufReader, Read},
    process::Child,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

/// How long a test waits for a line. It is long because a busy machine is not a failure.
const LINE_WITHIN: Duration = Duration::from_secs(60);

/// A process that ends with the test.
pub(crate) struct KilledOnDrop(pub(crate) Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of an output, as they come.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    /// Starts to read.
    pub(crate) fn of(output: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        // A read cannot be interrupted, so a thread of its own does it. It ends with the output.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(lines)
    }

    /// The next line.
    #[track_caller]
    pub(crate) fn next(&self) -> String {
        self.0.recv_timeout(LINE_WITHIN).expect("a further line within a minute")
    }
}
