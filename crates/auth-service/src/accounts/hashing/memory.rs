//! The memory limit of this process, from Linux's control groups: in a container, the container's limit.

use std::path::Path;

use super::HashParameters;

/// All threads together may use the limit divided by this number for stored hashes.
const STORED_HASH_DIVISOR: u64 = 2;

/// The limit in bytes; `None` if there is none, or it cannot be read.
pub(super) fn limit() -> Option<u64> {
    read_limit_with(&|path| std::fs::read_to_string(path).ok())
}

/// Bytes that all hashing threads together keep.
fn bytes_needed(parameters: HashParameters, threads: usize) -> u64 {
    u64::from(parameters.memory_kib).saturating_mul(1024).saturating_mul(threads as u64)
}

/// Checks that the limit is high enough for the hashing threads.
///
/// # Errors
/// A text with both numbers, if the limit is too low.
pub fn check(parameters: HashParameters, threads: usize) -> Result<(), String> {
    let (needed, limit) = (bytes_needed(parameters, threads), limit());
    let Some(limit) = limit.filter(|limit| needed > *limit) else { return Ok(()) };
    let mib = |bytes| bytes / (1024 * 1024);
    let (needed, limit) = (mib(needed), mib(limit));
    Err(format!("all threads together take {needed} MiB, and this process may use {limit} MiB"))
}

/// Maximum parameters of a stored hash on this machine. With a memory limit, all threads together must stay well below
/// it; otherwise an expensive stored hash could make the kernel end the process.
pub(super) fn stored_cap(
    current: HashParameters,
    threads: usize,
    limit: Option<u64>,
) -> HashParameters {
    let cap = HashParameters::CAP;
    let Some(limit) = limit else { return cap };
    let share = limit / STORED_HASH_DIVISOR / (threads.max(1) as u64) / 1024;
    let memory_kib = u32::try_from(share).unwrap_or(u32::MAX);
    HashParameters { memory_kib: memory_kib.clamp(current.memory_kib, cap.memory_kib), ..cap }
}

/// The smallest limit of the process's control group and of the groups above it, in version 2 and version 1.
fn read_limit_with(read: &dyn Fn(&Path) -> Option<String>) -> Option<u64> {
    let groups = read(Path::new("/proc/self/cgroup"))?;
    let group = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (root, file) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            return None;
        };
        // A path above the root belongs to a group outside of the container: only our own group is mounted.
        let inside = path.trim_start_matches('/');
        let inside = if inside.split('/').any(|part| part == "..") { "" } else { inside };
        let own = Path::new(root).join(inside);
        let above = own.ancestors().take_while(|folder| folder.starts_with(root));
        above.filter_map(|folder| read(&folder.join(file))?.trim().parse::<u64>().ok()).min()
    };
    groups.lines().filter_map(group).min()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{HashParameters, bytes_needed, read_limit_with, stored_cap};

    const MIB: u64 = 1024 * 1024;

    fn limit(files: &[(&str, &str)]) -> Option<u64> {
        read_limit_with(&|path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn the_limit_is_the_smallest_of_the_group_and_those_above_it() {
        for (files, expected) in [
            (&[][..], None),
            (&[("/proc/self/cgroup", "0::/\n")], None),
            (&[("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "max\n")], None),
            (
                &[("/proc/self/cgroup", "0::/\n"), ("/sys/fs/cgroup/memory.max", "1000\n")],
                Some(1000),
            ),
            (
                &[
                    ("/proc/self/cgroup", "0::/pod/box\n"),
                    ("/sys/fs/cgroup/pod/box/memory.max", "max\n"),
                    ("/sys/fs/cgroup/pod/memory.max", "2000\n"),
                ],
                Some(2000),
            ),
            (
                &[("/proc/self/cgroup", "0::/../other\n"), ("/sys/fs/cgroup/memory.max", "3000\n")],
                Some(3000),
            ),
            (
                &[
                    ("/proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n0::/a\n"),
                    ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4000\n"),
                ],
                Some(4000),
            ),
        ] {
            assert_eq!(limit(files), expected, "{files:?}");
        }
    }

    #[test]
    fn all_threads_keep_the_memory_of_one_hash_each() {
        let parameters = HashParameters { memory_kib: 19_456, ..HashParameters::default() };
        assert_eq!(bytes_needed(parameters, 4), 76 * MIB);
    }

    #[test]
    fn stored_hashes_of_all_threads_stay_below_half_of_the_limit() {
        let current = HashParameters::default();
        for (threads, limit, expected) in [
            (2, None, 256 * 1024),
            (2, Some(4096 * MIB), 256 * 1024),
            (2, Some(256 * MIB), 64 * 1024),
            (8, Some(256 * MIB), current.memory_kib),
        ] {
            assert_eq!(
                stored_cap(current, threads, limit).memory_kib,
                expected,
                "{threads} {limit:?}"
            );
        }
    }
}
