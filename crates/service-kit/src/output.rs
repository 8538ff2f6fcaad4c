//! What a command prints on standard output.

use std::io::{self, Write};

/// Writes one line to standard output and flushes it, so that a failure is told here and not lost in a buffer.
///
/// # Errors
/// When it cannot be written. [`is_closed_pipe`] tells a reader that left from a real failure.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Whether the error says that the reader of a pipe has left, as `head` does. It has read enough, so a command that
/// only lists ends quietly.
pub fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
