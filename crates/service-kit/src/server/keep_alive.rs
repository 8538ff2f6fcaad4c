//! How long a kept connection may be idle.

use std::time::Duration;

use crate::settings::FromSetting;

/// How long a kept connection may be idle before this side closes it: 1 s to 1 h.
///
/// A balancer in front must close its idle connections first. If this side does, a request that is on its way at that
/// moment is lost, and its client gets 502.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive(pub Duration);

impl KeepAlive {
    /// Longer than the 60 s of nginx, HAProxy and AWS load balancers.
    pub const DEFAULT: &'static str = "75s";
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self(Duration::from_secs(75))
    }
}

impl FromSetting for KeepAlive {
    fn from_setting(text: &str) -> Result<Self, String> {
        let time = Duration::from_setting(text)?;
        if (Duration::from_secs(1)..=Duration::from_secs(3_600)).contains(&time) {
            Ok(Self(time))
        } else {
            Err("is not from 1s to 1h".to_owned())
        }
    }
}
