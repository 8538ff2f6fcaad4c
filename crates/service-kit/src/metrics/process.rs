//! The process itself, under the names that Prometheus' own client libraries use.

use super::Sample;

/// Resources of the process. Values that the system does not report are left out (most of them outside Linux).
pub(super) fn samples(started: i64) -> Vec<Sample> {
    #[expect(clippy::cast_precision_loss, reason = "a sample to look at")]
    let number = |value: u64| value as f64;
    let started = number(u64::try_from(started).unwrap_or(0));
    let help = "When the process began, in seconds since the epoch";
    let mut samples = vec![Sample::gauge("process_start_time_seconds", help, started)];
    samples.extend(resident_memory().map(|bytes| {
        let help = "Memory in use, in bytes";
        Sample::gauge("process_resident_memory_bytes", help, number(bytes))
    }));
    samples.extend(std::fs::read_dir("/proc/self/fd").ok().map(|entries| {
        // The folder that is being read is one of them.
        let open = entries.count().saturating_sub(1);
        Sample::count("process_open_fds", "Files and connections open", open)
    }));
    samples.extend(rlimit::Resource::NOFILE.get_soft().ok().map(|most| {
        let help = "How many files and connections may be open";
        Sample::gauge("process_max_fds", help, number(most))
    }));
    samples
}

/// (`statm` counts in pages, whose size differs between machines.)
fn resident_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
