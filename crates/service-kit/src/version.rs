//! Which build of the program this is.

use std::sync::LazyLock;

/// Characters of the commit that are shown: enough to be unique, short enough to read.
const COMMIT_LEN: usize = 12;

static VERSION: LazyLock<String> =
    LazyLock::new(|| describe(env!("CARGO_PKG_VERSION"), option_env!("AUTHPAIR_COMMIT")));

/// The version, such as `0.1.0+3f2a1b9c0d12`. The commit is build metadata (SemVer §10); it is absent if the build
/// had no `AUTHPAIR_COMMIT`. The image's build sets it.
pub fn version() -> &'static str {
    &VERSION
}

fn describe(version: &str, commit: Option<&str>) -> String {
    let is_hash =
        |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match commit.filter(is_hash) {
        Some(commit) => format!("{version}+{}", &commit[..commit.len().min(COMMIT_LEN)]),
        None => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn the_version_names_the_commit_where_it_is_known() {
        let commit = "3f2a1b9c0d12e4f5a6b7c8d9e0f1a2b3c4d5e6f7";
        assert_eq!(describe("0.1.0", Some(commit)), "0.1.0+3f2a1b9c0d12");
        assert_eq!(describe("0.1.0", Some("abc")), "0.1.0+abc");
        for unknown in [None, Some(""), Some("unknown"), Some("über")] {
            assert_eq!(describe("0.1.0", unknown), "0.1.0");
        }
    }
}
