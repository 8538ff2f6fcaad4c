//! `authpair [--config FILE]` runs both services; `authpair auth-service …` and `authpair users-api …` are the
//! services' own command lines.

use std::{error::Error, ffi::OsString, path::PathBuf, process::ExitCode};

use auth_service::settings::AuthSettings;
use clap::Parser;
use service_kit::{clock::Clock, logging, output, server::stop_signal, settings::Settings};
use users_api::settings::UsersSettings;

use crate::{
    pair::Pair,
    walkthrough::walkthrough,
    web::{Backend, FrontEnd, WebSettings},
};

/// What a new user may do where nothing else is set. auth-service alone gives `users:read`.
const TUTORIAL_SCOPES: &str = "users:read users:email";

/// Both services on one machine. (`authpair auth-service --help` and `authpair users-api --help` tell of each alone.)
#[derive(Debug, Parser)]
#[command(name = "authpair", version = service_kit::version())]
struct Arguments {
    /// A TOML file with settings of both; the environment overrides it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command line and says how it ended: 2 for settings or arguments that cannot be used.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    match arguments.get(1).and_then(|name| name.to_str()) {
        Some("auth-service") => return auth_service::cli::main(arguments.split_off(1)),
        Some("users-api") => return users_api::cli::main(arguments.split_off(1)),
        _ => {}
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let (front_end, settings) = match load(&arguments) {
        Ok(loaded) => loaded,
        Err(error) => return complain(&*error, 2),
    };
    let code =
        run(front_end, settings).map_or_else(|error| complain(&*error, 1), |()| ExitCode::SUCCESS);
    logging::finish();
    code
}

/// Settings of both; users-api follows auth-service in what it is not told itself. The front end's address is bound
/// here, because its pages are listed as an origin only if they are ours.
fn load(
    arguments: &Arguments,
) -> Result<(FrontEnd, (AuthSettings, UsersSettings)), Box<dyn Error>> {
    let file = arguments.config.as_deref();
    let web = Settings::load("AUTHPAIR", &[], None, &WebSettings::names)?;
    let front_end = FrontEnd::bind(WebSettings::take(web)?);
    let mut auth = Settings::load("AUTH", &["USERS"], file, &AuthSettings::names)?;
    // The tutorials that this pair follows show every user's address, so a trial on one machine does too.
    auth.fall_back("DEFAULT_SCOPES", TUTORIAL_SCOPES);
    let origins = front_end.origins();
    if let Some(origins) = &origins {
        auth.fall_back("CORS_ORIGINS", origins);
    }
    let auth = AuthSettings::take_for_trial(auth)?;
    let mut users = Settings::load("USERS", &["AUTH"], file, &UsersSettings::names)?;
    if let Some(origins) = origins {
        users.fall_back("CORS_ORIGINS", origins);
    }
    users.fall_back("ISSUER", auth.issuer.as_str());
    users.fall_back("DATABASE_URL", auth.database_url.to_uri());
    let local = format!("http://{}", auth.listen);
    users.fall_back("JWKS_URL", format!("{local}/.well-known/jwks.json"));
    users.fall_back("REVOCATIONS_URL", format!("{local}/.well-known/revoked-sessions"));
    Ok((front_end, (auth, UsersSettings::take(users)?)))
}

fn run(
    front_end: FrontEnd,
    (auth, users): (AuthSettings, UsersSettings),
) -> Result<(), Box<dyn Error>> {
    logging::start(&auth.log, auth.log_format)?;
    let told = front_end.told();
    let backends = (
        Backend::new(Some(&auth.public_url), auth.listen),
        Backend::new(users.http.public_url.as_ref(), users.http.listen),
    );
    let (default_scopes, is_limited) = (auth.default_scopes.clone(), auth.limits.is_on);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(async {
        let mut stop = tokio::spawn(stop_signal());
        let pair = tokio::select! {
            started = Pair::start(auth, users, Clock::system()) => started?,
            asked = &mut stop => return Ok(asked??),
        };
        let _front_end = front_end.serve(backends);
        let urls = (&*pair.auth_url(), &*pair.users_url());
        print(&walkthrough(urls, &told, &default_scopes, is_limited));
        stop.await??;
        pair.stop().await;
        Ok(())
    });
    runtime.shutdown_background();
    served
}

/// Prints for the person at the terminal. An output that is closed does not stop the pair.
fn print(text: &str) {
    let _ = output::line(text);
}

fn complain(error: &dyn Error, code: u8) -> ExitCode {
    logging::complain("authpair", error);
    ExitCode::from(code)
}
