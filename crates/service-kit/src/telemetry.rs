//! Logs: for people on a terminal, JSON otherwise.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::settings::FromSetting;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// One readable line an event.
    Human,
    /// One JSON object an event.
    Json,
}

impl FromSetting for LogFormat {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(format!("{text:?} is none of auto, human, json")),
        }
    }
}

/// Which events are logged: a level, or directives such as `info,auth_service=debug`.
#[derive(Clone, Debug)]
pub struct LogFilter(pub String);

impl FromSetting for LogFilter {
    fn from_setting(text: &str) -> Result<Self, String> {
        EnvFilter::try_new(text).map_err(|error| format!("{text:?}: {error}"))?;
        Ok(Self(text.to_owned()))
    }
}

/// Starts logging to standard error. A second call, as in tests, changes nothing.
pub fn start(filter: &LogFilter, format: LogFormat) {
    let filter = EnvFilter::try_new(&filter.0).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let registry = tracing_subscriber::registry().with(filter);
    let human = format == LogFormat::Human || (format == LogFormat::Auto && terminal);
    let started = if human {
        let layer =
            fmt::layer().with_writer(std::io::stderr).with_ansi(terminal).with_target(false);
        registry.with(layer).try_init()
    } else {
        let layer = fmt::layer().with_writer(std::io::stderr).json();
        let layer = layer.flatten_event(true).with_span_list(false);
        registry.with(layer).try_init()
    };
    drop(started);
}
