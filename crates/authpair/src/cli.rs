//! `authpair [--config FILE]` runs both services; `authpair auth-service …` and `authpair users-api …` are the
//! services' own command lines.

use std::{ffi::OsString, future::pending, process::ExitCode};

use auth_service::settings::AuthSettings;
use clap::Parser;
use service_kit::{
    cli::{self, CommandError, ConfigFile},
    clock::Clock,
    output,
    settings::Settings,
};
use users_api::settings::UsersSettings;

use crate::{
    both::Both,
    pair::Pair,
    walkthrough::{Places, walkthrough},
    web::{FrontEnd, ServiceAddress, WebServer, WebSettings},
};

/// The scopes of a new user, unless a setting says otherwise. auth-service alone gives `users:read`.
const TUTORIAL_SCOPES: &str = "users:read users:email";

/// Where mails go, unless a setting says otherwise: into files, so that their links can be tried.
const TRIAL_MAIL: &str = "file:data/mail";

/// Both services on one machine. (For one service alone, see `authpair auth-service --help` and `authpair users-api
/// --help`.)
#[derive(Debug, Parser)]
#[command(name = "authpair", version = service_kit::version())]
struct Arguments {
    #[command(flatten)]
    file: ConfigFile,
}

/// Both services and the front end, running.
struct Demo {
    pair: Pair,
    /// Stops when it is dropped.
    _front_end: Option<WebServer>,
}

impl cli::Service for Demo {
    async fn stop(self) {
        self.pair.stop().await;
    }
}

/// Runs the command line; see [`cli::main`].
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    match arguments.get(1).and_then(|name| name.to_str()) {
        Some("auth-service") => auth_service::cli::main(arguments.split_off(1)),
        Some("users-api") => users_api::cli::main(arguments.split_off(1)),
        _ => cli::main("authpair", arguments, load, |_, loaded| run(loaded)),
    }
}

/// The settings of both services, and the front end's address, bound.
struct Loaded {
    front_end: FrontEnd,
    auth: AuthSettings,
    users: UsersSettings,
}

/// Settings of both; auth-service's settings are the defaults of users-api. The front end's address is bound here,
/// because its origin may be allowed only if this process serves its pages.
fn load(arguments: &Arguments) -> Result<Loaded, CommandError> {
    let file = arguments.file.config.as_deref();
    let web = Settings::load("AUTHPAIR", &[], None, &WebSettings::names)?;
    let front_end = FrontEnd::bind(WebSettings::take(web)?);
    let mut auth = Settings::load("AUTH", &["USERS"], file, &AuthSettings::names)?;
    // The tutorials that this pair follows show every user's address, so a trial on one machine does too.
    auth.set_default("DEFAULT_SCOPES", TUTORIAL_SCOPES);
    auth.set_default("MAIL", TRIAL_MAIL);
    let origins = front_end.origins();
    if let Some(origins) = &origins {
        auth.set_default("CORS_ORIGINS", origins);
        auth.set_default("FRONT_URL", origins.split(',').next().unwrap_or_default());
    }
    let auth = AuthSettings::take_for_trial(auth)?;
    let mut users = Settings::load("USERS", &["AUTH"], file, &UsersSettings::names)?;
    if let Some(origins) = origins {
        users.set_default("CORS_ORIGINS", origins);
    }
    users.set_default("ISSUER", auth.issuer.as_str());
    users.set_default("DATABASE_URL", auth.database.url.to_uri());
    let local = format!("http://{}", auth.http.listen);
    users.set_default("JWKS_URL", format!("{local}/.well-known/jwks.json"));
    users.set_default("REVOCATIONS_URL", format!("{local}/.well-known/revoked-sessions"));
    Ok(Loaded { front_end, auth, users: UsersSettings::take(users)? })
}

fn run(Loaded { front_end, auth, users }: Loaded) -> Result<(), CommandError> {
    let log = auth.log.clone();
    let start = async {
        let front_end_line = front_end.status_line();
        let addresses = Both {
            auth: ServiceAddress::new(Some(&auth.public_url), auth.http.listen),
            users: ServiceAddress::new(users.public.url.as_ref(), users.http.listen),
        };
        let (default_scopes, is_limited) = (auth.default_scopes.clone(), auth.limits.is_on);
        let mail_line = auth.mail.transport.description();
        let pair = Pair::start(auth, users, Clock::system()).await?;
        let _front_end = front_end.serve(addresses);
        let urls = Both { auth: pair.auth_url(), users: pair.users_url() };
        let places = Places { front_end: &front_end_line, mail: &mail_line };
        print(&walkthrough(&urls, places, &default_scopes, is_limited));
        Ok(Demo { pair, _front_end })
    };
    cli::serve(&log, start, pending())
}

/// Prints for the person at the terminal. An output that is closed does not stop the pair.
fn print(text: &str) {
    let _ = output::print_line(text);
}
