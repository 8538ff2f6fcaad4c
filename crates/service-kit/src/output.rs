//! The standard output of commands.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{FileTypeExt, MetadataExt},
};

/// Writes one line to standard output and flushes it, so that an error is returned here and not lost in a buffer.
///
/// # Errors
/// When it cannot be written. [`is_closed_pipe`] distinguishes a reader that has left from a real failure.
pub fn print_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Whether printed text is lost: standard output is `/dev/null`. (A program whose standard output was closed before its
/// start has `/dev/null` there, too.)
pub fn is_discarded() -> bool {
    let device =
        |path: &str| fs::metadata(path).ok().filter(|file| file.file_type().is_char_device());
    match (device("/dev/stdout"), device("/dev/null")) {
        (Some(output), Some(null)) => output.rdev() == null.rdev(),
        _ => false,
    }
}

/// Whether the error says that the reader of a pipe has left, as `head` does. A command that only lists
/// then ends without an error.
pub fn is_closed_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
