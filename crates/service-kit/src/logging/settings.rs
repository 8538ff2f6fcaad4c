//! The settings of logs and traces.

use std::io;

use super::{LogFilter, LogFormat};
use crate::{
    settings::{Settings, SettingsError},
    trace::OtlpSettings,
};

/// The settings of logs and traces.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `…_LOG`: a level, or directives such as `info,my_crate=debug`.
    pub filter: LogFilter,
    /// `…_LOG_FORMAT`: how a line looks.
    pub format: LogFormat,
    /// `…_OTLP_ENDPOINT`, `…_OTLP_SAMPLE_RATIO`: where spans go.
    pub otlp: OtlpSettings,
}

impl LogSettings {
    /// Takes these settings from `given`.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn take(given: &mut Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            filter: given.take(
                "LOG",
                "info,actix_server=warn,actix_http::h1=off",
                "log levels, see above",
            )?,
            format: given.take(
                "LOG_FORMAT",
                "auto",
                "`json`, `human`, or `auto`: `human` on a terminal, `json` otherwise",
            )?,
            otlp: OtlpSettings::take(given)?,
        })
    }

    /// Starts logging.
    ///
    /// # Errors
    /// When the thread that writes cannot be started.
    pub fn start(&self) -> io::Result<()> {
        super::start(&self.filter, self.format)
    }
}
