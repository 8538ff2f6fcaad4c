//! Audit lines: JSON with the target `audit`, in a queue of their own. So neither a flood of ordinary lines nor the log
//! level makes an audit line disappear.

use std::{sync::OnceLock, time::Duration};

use serde::Serialize;

use super::writer::LogWriter;
use crate::metrics::Sample;

/// Set where the process writes a log and `AUTH_LOG` does not turn audit lines off.
static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// The members that every line of the log has, with those of the entry beside them.
#[derive(Serialize)]
struct Line<'a, T> {
    timestamp: &'a str,
    level: &'static str,
    target: &'static str,
    #[serde(flatten)]
    entry: &'a T,
}

/// Writes an entry with its time (RFC 3339) as one line of JSON. The format and the level of other log lines do not
/// matter. Commands have no log, because their standard error is for the person who typed them; there it does nothing.
pub fn audit(timestamp: &str, entry: &impl Serialize) {
    let Some(writer) = WRITER.get() else { return };
    match line(timestamp, entry) {
        Ok(line) => writer.send(&line),
        Err(error) => tracing::error!(%error, "an audit entry could not be written to the log"),
    }
}

fn line(timestamp: &str, entry: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line { timestamp, level: "INFO", target: "audit", entry })?;
    line.push(b'\n');
    Ok(line)
}

pub(super) fn start(writer: LogWriter) {
    // A second start, as in tests, changes nothing.
    let _ = WRITER.set(writer);
}

pub(super) fn flush(within: Duration) {
    if let Some(writer) = WRITER.get() {
        writer.flush(within);
    }
}

pub(super) fn sample() -> Sample {
    let lost = WRITER.get().map_or(0, LogWriter::lost);
    let help = "Audit lines that were dropped because the log's reader did not read";
    Sample::counter("audit_lines_lost", help, lost)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_one_object_with_its_target_and_the_members_of_the_entry() {
        let entry = json!({ "event": "user.login", "user_agent": "two\nlines" });
        let line = line("2026-11-26T14:00:00.000000Z", &entry).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let expected = json!({
            "timestamp": "2026-11-26T14:00:00.000000Z", "level": "INFO", "target": "audit",
            "event": "user.login", "user_agent": "two\nlines",
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
    }
}
