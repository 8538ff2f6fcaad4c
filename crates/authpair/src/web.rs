//! The example front end (`deploy/web`) beside the pair: a small server of static files.
//!
//! The files are read when they are asked for, so a build that ends while the pair runs is served at once.

mod files;
mod server;
mod service_addresses;

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use service_kit::settings::{EffectiveSetting, OrOff, Settings, SettingsError};

use self::files::Files;
use crate::both::Both;

pub use self::{server::WebServer, service_addresses::ServiceAddress};

/// The command that builds the files.
pub const BUILD_COMMAND: &str = "npm --prefix deploy/web ci && npm --prefix deploy/web run build";

/// The front end's settings, from `.env` and the environment.
#[derive(Debug)]
pub struct WebSettings {
    /// `AUTHPAIR_WEB_LISTEN`: `None` for `off`.
    listen: Option<SocketAddr>,
    /// `AUTHPAIR_WEB_DIST`: the folder with the built files.
    dist: PathBuf,
    /// Both as text.
    pub effective: Vec<EffectiveSetting>,
}

impl WebSettings {
    /// Takes the settings.
    ///
    /// # Errors
    /// When one is unknown or cannot be used.
    pub fn take(mut given: Settings) -> Result<Self, SettingsError> {
        let OrOff(listen) = given.take(
            "WEB_LISTEN",
            "127.0.0.1:3000",
            "where the example front end is served; `off`. A port that is taken stops neither service",
        )?;
        let dist = given.take("WEB_DIST", "deploy/web/dist", "the folder with its built files")?;
        Ok(Self { listen, dist, effective: given.finish()? })
    }

    /// The full names of the settings.
    pub fn names() -> Vec<String> {
        ["AUTHPAIR_WEB_LISTEN", "AUTHPAIR_WEB_DIST"].map(str::to_owned).to_vec()
    }
}

/// The front end before it is served.
#[derive(Debug)]
pub struct FrontEnd {
    listener: Result<TcpListener, String>,
    files: Files,
}

impl FrontEnd {
    /// Binds its address. A port that is in use does not stop the pair: then there is no front end.
    pub fn bind(settings: WebSettings) -> Self {
        let listener = match settings.listen {
            None => Err("off (AUTHPAIR_WEB_LISTEN)".to_owned()),
            Some(address) => TcpListener::bind(address).map_err(|error| {
                format!("not served: AUTHPAIR_WEB_LISTEN: cannot listen on {address}: {error}")
            }),
        };
        Self { listener, files: Files::at(settings.dist) }
    }

    /// The origins of its pages, in the form of the setting `…_CORS_ORIGINS`.
    pub fn origins(&self) -> Option<String> {
        let address = self.address()?;
        let port = address.port();
        if address.ip().is_loopback() || address.ip().is_unspecified() {
            Some(format!("http://localhost:{port},http://127.0.0.1:{port}"))
        } else {
            Some(format!("http://{address}"))
        }
    }

    /// Its address, or why it is not served, in one line.
    pub fn status_line(&self) -> String {
        let address = match (&self.listener, self.address()) {
            (Err(reason), _) => return reason.clone(),
            (Ok(_), Some(at)) if at.ip().is_loopback() || at.ip().is_unspecified() => {
                format!("http://localhost:{}", at.port())
            }
            (Ok(_), Some(address)) => format!("http://{address}"),
            (Ok(_), None) => return "not served".to_owned(),
        };
        if self.files.is_built() {
            address
        } else {
            format!("{address}   not built yet: {BUILD_COMMAND}")
        }
    }

    /// Serves it, if its address could be bound.
    pub fn serve(self, addresses: Both<ServiceAddress>) -> Option<WebServer> {
        WebServer::start(self.listener.ok()?, self.files, addresses)
    }

    fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().ok()?.local_addr().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front_end(listen: &str, dist: &str) -> FrontEnd {
        let pairs = [("AUTHPAIR_WEB_LISTEN", listen), ("AUTHPAIR_WEB_DIST", dist)];
        FrontEnd::bind(WebSettings::take(Settings::from_pairs("AUTHPAIR", pairs)).unwrap())
    }

    #[test]
    fn a_port_in_use_is_reported_in_one_line_and_adds_no_origin() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let front_end = front_end(&address, "/nowhere");
        assert!(
            front_end.status_line().contains("AUTHPAIR_WEB_LISTEN"),
            "{}",
            front_end.status_line()
        );
        assert!(
            front_end.status_line().contains(&address) && !front_end.status_line().contains('\n')
        );
        assert_eq!(front_end.origins(), None);
    }

    #[test]
    fn the_status_line_says_off_or_how_to_build_the_files() {
        let off = front_end("off", "/nowhere");
        assert_eq!(
            (off.status_line().as_str(), off.origins()),
            ("off (AUTHPAIR_WEB_LISTEN)", None)
        );
        let unbuilt = front_end("127.0.0.1:0", "/nowhere");
        let port = unbuilt.address().unwrap().port();
        assert!(unbuilt.status_line().ends_with(BUILD_COMMAND));
        let origins = format!("http://localhost:{port},http://127.0.0.1:{port}");
        assert_eq!(unbuilt.origins(), Some(origins));
    }

    #[test]
    fn an_unknown_setting_is_rejected() {
        let given = Settings::from_pairs("AUTHPAIR", [("AUTHPAIR_WEB_LISTN", "off")]);
        assert!(WebSettings::take(given).unwrap_err().to_string().contains("AUTHPAIR_WEB_LISTN"));
    }
}
