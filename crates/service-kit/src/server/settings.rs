//! The settings of the HTTP server.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use crate::{
    http::Origin,
    settings::{List, OrOff, Settings, SettingsError, described},
    start::{StartError, start_error},
};

/// The longest drain delay: the calls in flight have 15 s after it, and the whole stop takes less than 30 s.
pub(super) const MAX_DRAIN_DELAY: Duration = Duration::from_secs(8);

const MIN_KEEP_ALIVE: Duration = Duration::from_secs(1);

const MAX_KEEP_ALIVE: Duration = Duration::from_secs(3_600);

/// The settings of a service's HTTP server.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `…_LISTEN`: where it serves the API.
    pub listen: SocketAddr,
    /// `…_METRICS_LISTEN`: where it serves `/metrics`; `None` for nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// `…_CORS_ORIGINS`: origins whose pages may call it.
    pub cors_origins: Vec<Origin>,
    /// `…_WORKERS`: threads that serve HTTP.
    pub workers: usize,
    /// `…_DRAIN_DELAY`: how long calls are still taken after SIGTERM.
    pub drain_delay: Duration,
    /// `…_KEEP_ALIVE`: how long a kept connection may be idle before this side closes it.
    ///
    /// A balancer in front must close its idle connections first. If this side does, a request that is on its way at
    /// that moment is lost, and its client gets 502.
    pub keep_alive: Duration,
}

/// The ports at which a service listens by default, on the loopback address.
#[derive(Clone, Copy, Debug)]
pub struct DefaultPorts {
    /// Of the API.
    pub api: u16,
    /// Of `/metrics`.
    pub metrics: u16,
}

impl HttpSettings {
    /// Takes these settings from `given`.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn take(given: &mut Settings, ports: DefaultPorts) -> Result<Self, SettingsError> {
        let default = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string();
        let listen = given.take(
            "LISTEN",
            default(ports.api),
            "address and port of the API; port 0 takes a free one",
        )?;
        let OrOff(metrics_listen) = given.take(
            "METRICS_LISTEN",
            default(ports.metrics),
            "address and port of `/metrics`, or `off`",
        )?;
        let List(cors_origins) = given.take(
            "CORS_ORIGINS",
            "none",
            "origins of pages that may call it, such as `https://app.example.com`",
        )?;
        let workers = given.take_within(
            "WORKERS",
            described(cores().to_string(), "one a core"),
            1..=256,
            "threads that serve HTTP",
        )?;
        let drain_delay = given.take_within(
            "DRAIN_DELAY",
            "1s",
            Duration::ZERO..=MAX_DRAIN_DELAY,
            "how long calls are still taken after SIGTERM",
        )?;
        let keep_alive = given.take_within(
            "KEEP_ALIVE",
            "75s",
            MIN_KEEP_ALIVE..=MAX_KEEP_ALIVE,
            "how long a kept connection may be idle",
        )?;
        Ok(Self { listen, metrics_listen, cors_origins, workers, drain_delay, keep_alive })
    }

    /// Binds the address of the API. Call it before anything else is opened, so that an address in use changes nothing.
    ///
    /// # Errors
    /// When it cannot be bound. The error names `setting`, the setting's full name.
    pub fn bind(&self, setting: &'static str) -> Result<TcpListener, StartError> {
        TcpListener::bind(self.listen).map_err(|error| {
            start_error(setting)(format!("cannot listen on {}: {error}", self.listen))
        })
    }
}

/// The cores that this process may use; one where that is unknown.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(pairs: &[(&'static str, &'static str)]) -> Result<HttpSettings, SettingsError> {
        let mut given = Settings::from_pairs("APP", pairs.iter().copied());
        let settings = HttpSettings::take(&mut given, DefaultPorts { api: 8080, metrics: 9080 })?;
        given.finish()?;
        Ok(settings)
    }

    #[test]
    fn by_default_a_service_listens_on_the_loopback_address_alone() {
        let settings = take(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.metrics_listen.unwrap().to_string(), "127.0.0.1:9080");
        assert_eq!(take(&[("APP_METRICS_LISTEN", "off")]).unwrap().metrics_listen, None);
    }

    #[test]
    fn values_out_of_bounds_are_rejected_by_name() {
        for (name, value) in [
            ("APP_WORKERS", "0"),
            ("APP_WORKERS", "257"),
            ("APP_DRAIN_DELAY", "9s"),
            ("APP_KEEP_ALIVE", "999ms"),
            ("APP_KEEP_ALIVE", "2h"),
            ("APP_CORS_ORIGINS", "*"),
        ] {
            let error = take(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{name}={value}: {error}");
        }
        for (name, value) in
            [("APP_DRAIN_DELAY", "0s"), ("APP_DRAIN_DELAY", "8s"), ("APP_KEEP_ALIVE", "1h")]
        {
            take(&[(name, value)]).unwrap();
        }
    }

    #[test]
    fn an_address_in_use_is_reported_with_the_name_of_its_setting() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = take(&[]).unwrap();
        settings.listen = taken.local_addr().unwrap();
        let error = settings.bind("APP_LISTEN").unwrap_err().to_string();
        assert!(error.starts_with("APP_LISTEN: cannot listen on 127.0.0.1:"), "{error}");
    }
}
