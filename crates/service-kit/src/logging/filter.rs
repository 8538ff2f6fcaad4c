//! Which events are logged.

use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::settings::FromSetting;

/// The level of targets that no directive names. A misspelt target must not silence the others.
const DEFAULT: LevelFilter = LevelFilter::INFO;

/// The target of audit lines.
const AUDIT: &str = "audit";

/// Which events are logged: directives between commas, each a level (`info`) or `target=level`
/// (`my_service=debug`). The level applies to all targets without a directive; without one it is `info`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter {
    targets: Targets,
    passes_audit: bool,
}

impl LogFilter {
    /// The filter as `tracing` takes it.
    pub(super) fn targets(&self) -> Targets {
        self.targets.clone()
    }

    /// Whether audit lines are written: at every level but `off`, unless the target `audit` has its own.
    pub(super) fn passes_audit(&self) -> bool {
        self.passes_audit
    }
}

impl FromSetting for LogFilter {
    const SEPARATOR: Option<char> = Some(',');

    fn from_setting(text: &str) -> Result<Self, String> {
        let mut default = None;
        let mut named: Vec<(&str, LevelFilter)> = Vec::new();
        for directive in text.split(',').map(str::trim) {
            match directive.split_once('=') {
                None => {
                    let level = level(directive)?;
                    if default.replace(level).is_some() {
                        return Err("has two levels for all targets".to_owned());
                    }
                }
                Some((target, name)) => {
                    let (target, level) = (self::target(target)?, level(name)?);
                    if named.iter().any(|(other, _)| *other == target) {
                        return Err("has a target twice".to_owned());
                    }
                    named.push((target, level));
                }
            }
        }
        let default = default.unwrap_or(DEFAULT);
        let own = named.iter().find(|(target, _)| *target == AUDIT).map(|(_, level)| *level);
        let passes_audit =
            own.map_or(default != LevelFilter::OFF, |level| level >= LevelFilter::INFO);
        let targets = Targets::new().with_default(default).with_targets(named);
        Ok(Self { targets, passes_audit })
    }
}

fn level(name: &str) -> Result<LevelFilter, String> {
    match name.trim().to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err("has a part that is neither a level (off, error, warn, info, debug, trace) nor \
                  target=level, such as info,my_service=debug"
            .to_owned()),
    }
}

/// A module path, such as `actix_http::h1`. Anything else would silently match nothing.
fn target(text: &str) -> Result<&str, String> {
    let text = text.trim();
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    if text.split("::").all(is_part) {
        Ok(text)
    } else {
        Err("has a target that is not a module path, such as my_service or actix_http::h1"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn passes(filter: &str, target: &str, level: Level) -> bool {
        LogFilter::from_setting(filter).unwrap().targets.would_enable(target, &level)
    }

    #[test]
    fn a_level_stands_for_all_targets_and_a_named_target_has_its_own() {
        assert!(passes("warn", "anything", Level::WARN));
        assert!(!passes("warn", "anything", Level::INFO));
        assert!(passes("info,my_service=debug", "my_service::store", Level::DEBUG));
        assert!(!passes("info, my_service=debug", "other_service", Level::DEBUG));
        assert!(passes("INFO,actix_http::h1=off", "other_service", Level::INFO));
        assert!(!passes("info,actix_http::h1=off", "actix_http::h1::dispatcher", Level::ERROR));
        assert!(!passes("off", "anything", Level::ERROR));
    }

    #[test]
    fn audit_lines_are_written_at_every_level_unless_they_are_turned_off() {
        for (filter, expected) in [
            ("error", true),
            ("warn,auth_service=debug", true),
            ("auth_service=debug", true),
            ("off", false),
            ("info,audit=off", false),
            ("info,audit=warn", false),
            ("off,audit=info", true),
        ] {
            assert_eq!(
                LogFilter::from_setting(filter).unwrap().passes_audit(),
                expected,
                "{filter}"
            );
        }
    }

    #[test]
    fn a_misspelt_target_does_not_silence_the_others() {
        assert!(passes("my_servcie=debug", "my_service", Level::INFO));
    }

    #[test]
    fn what_is_neither_a_level_nor_a_target_with_a_level_is_rejected_without_its_text() {
        for bad in [
            "",
            " ",
            ",",
            "info,",
            ",info",
            "warning",
            "WARNING",
            "information",
            "inf",
            "verbose",
            "3",
            "1",
            "all",
            "true",
            "my_service:debug",
            "my_service",
            "my_service=",
            "=debug",
            "my_service=warning",
            "my_service=3",
            "my_service==debug",
            "a=b=info",
            "info debug",
            "info;debug",
            "info,debug",
            "a=info,a=debug",
            "[request]=debug",
            "my_service[request{id}]=debug",
            "auth service=debug",
            "my_service:=debug",
            "my_service:::x=debug",
            "::=info",
            "info,my_service=debug=",
            "\"info\"",
        ] {
            let error = LogFilter::from_setting(bad).unwrap_err();
            assert!(error.starts_with("has "), "{bad}: {error}");
        }
    }
}
