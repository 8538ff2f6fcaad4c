//! Mails: what they prove, what their links do, and that none is lost.

mod address_change;
mod audit;
mod commands;
mod first_proof;
mod forgotten_password;
mod hostile_input;
mod invites;
mod limits;
mod links;
mod notices;
mod outages;
mod processes;
mod proven_addresses;
mod required_proof;
mod reverts;
mod simultaneous;

use std::time::Duration;

use auth_service::store::outbox::{OutboxCounts, counts};
use authpair_testkit::{Answer, Backend, MailServer, PASSWORD, Session, TestPair, eventually};
use serde_json::{Value, json};

use crate::{
    administration::administrator,
    backends::Started,
    support::passwords::{reset, try_login},
};

/// The front end's address in the tests.
const FRONT: &str = "https://app.example.com";

const NEW: &str = "a whole new horse";

/// Subjects in English.
const VERIFY: &str = "Confirm your e-mail address";
const RESET: &str = "Set a new password";
const CHANGE: &str = "Confirm your new e-mail address";
const ADDRESS_CHANGED: &str = "Your e-mail address was changed";
const ADDRESS_REVERTED: &str = "Your e-mail address is back";
const PASSWORD_CHANGED: &str = "Your password was changed";
const NEW_DEVICE: &str = "New sign-in to your account";
const INVITED: &str = "You are invited to app.example.com";
const TAKEN: &str = "You have an account already";

/// The settings that send mail to this server.
fn settings_for(server: &MailServer) -> Vec<(String, String)> {
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        owned("AUTH_MAIL", &format!("smtp://127.0.0.1:{}", server.port)),
        owned("AUTH_MAIL_ALLOW_PLAINTEXT", "on"),
        owned("AUTH_MAIL_FROM", "Our Service <no-reply@example.com>"),
        owned("AUTH_FRONT_URL", FRONT),
        // So that a server that hangs holds a test up for a second.
        owned("AUTH_MAIL_TIMEOUT", "1s"),
    ]
}

/// The pair with mail and a mail server of its own.
pub(crate) struct Mailing(pub(crate) TestPair, pub(crate) MailServer);

impl Started for Mailing {
    async fn on_sqlite() -> Self {
        let server = MailServer::start().await;
        let settings = settings_for(&server);
        let pair = TestPair::start_with(Backend::Sqlite, &borrowed(&settings)).await;
        Self(pair.expect("a pair"), server)
    }

    async fn on_postgres(url: String) -> Self {
        let server = MailServer::start().await;
        let settings = settings_for(&server);
        Self(TestPair::start_on_with(url, &borrowed(&settings)).await, server)
    }
}

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The same for a pair that is running: with users from before, or with further settings.
pub(crate) async fn with_mail(
    mut pair: TestPair,
    settings: &[(&str, &str)],
) -> (TestPair, MailServer) {
    let server = MailServer::start().await;
    for (name, value) in settings_for(&server) {
        pair.set(&name, &value);
    }
    for (name, value) in settings {
        pair.set(name, value);
    }
    pair.halt().await;
    pair.resume().await;
    (pair, server)
}

/// The pair with mail and these settings, and an administrator's session.
async fn with_administrator(
    pair: TestPair,
    settings: &[(&str, &str)],
) -> (TestPair, MailServer, Session) {
    let admin = administrator(&pair).await;
    let (pair, server) = with_mail(pair, settings).await;
    (pair, server, admin)
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

async fn verify(pair: &TestPair, token: &str) -> Answer {
    pair.post("/api/auth/email/verify", &json!({ "token": token })).await
}

async fn revert(pair: &TestPair, token: &str) -> Answer {
    pair.post("/api/auth/email/revert", &json!({ "token": token })).await
}

async fn forgot(pair: &TestPair, email: &str) -> Answer {
    let answer = pair.post("/api/auth/password/forgot", &json!({ "email": email })).await;
    // The service looks the user up up to a second later, so that the answer's time does not tell. Tests do not wait.
    pair.pair().auth().state().mailer.wake();
    answer
}

/// A user whose address is proven, with a session.
async fn proven(pair: &TestPair, server: &MailServer, name: &str) -> Session {
    pair.register(name).await;
    let mail = server.mail(&address(name), VERIFY, 1).await;
    verify(pair, &mail.token()).await.ok(204);
    pair.login(name).await
}

/// The numbers of mails in the outbox that wait and that are dead.
async fn counted(pair: &TestPair) -> OutboxCounts {
    pair.pair().auth().state().database.read(counts).await.unwrap()
}

/// Waits until no mail waits in the outbox: each is noted as sent, with the clock's present time.
async fn all_noted(pair: &TestPair) {
    eventually("a mail waits", async || counted(pair).await.waiting == 0).await;
}

/// Moves the clock, and makes the service look for mails that are due now.
fn later(pair: &TestPair, seconds: u64) {
    pair.clock.advance(Duration::from_secs(seconds));
    pair.pair().auth().state().mailer.wake();
}

async fn change_address(pair: &TestPair, access: &str, email: &str) -> Answer {
    let body = json!({ "email": email, "current_password": PASSWORD });
    pair.send("PATCH", "/api/auth/me", access, &body).await
}

/// The session with new tokens: a proof of the address has made the old ones stale.
async fn refreshed(pair: &TestPair, session: &Session) -> Session {
    Session::of(&pair.refresh(&session.refresh).await.ok(200))
}

/// One member of the caller's own user.
async fn own(pair: &TestPair, access: &str, member: &str) -> Value {
    pair.me(access).await.ok(200).body[member].clone()
}
