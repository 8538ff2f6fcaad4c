//! The process itself, under the names that Prometheus' own client libraries use.

use super::Figure;

/// What the process takes. What the system does not tell, as outside Linux, is left out.
pub(super) fn figures(started: i64) -> Vec<Figure> {
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let number = |value: u64| value as f64;
    let started = number(u64::try_from(started).unwrap_or(0));
    let help = "When the process began, in seconds since the epoch";
    let mut figures = vec![Figure::gauge("process_start_time_seconds", help, started)];
    figures.extend(resident_memory().map(|bytes| {
        let help = "Memory in use, in bytes";
        Figure::gauge("process_resident_memory_bytes", help, number(bytes))
    }));
    figures.extend(std::fs::read_dir("/proc/self/fd").ok().map(|entries| {
        // The folder that is being read is one of them.
        let open = entries.count().saturating_sub(1);
        Figure::count("process_open_fds", "Files and connections open", open)
    }));
    figures.extend(rlimit::Resource::NOFILE.get_soft().ok().map(|most| {
        let help = "How many files and connections may be open";
        Figure::gauge("process_max_fds", help, number(most))
    }));
    figures
}

/// (`statm` counts in pages, whose size differs between machines.)
fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
