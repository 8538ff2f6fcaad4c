//! Mail servers that do not listen, hang, or reject or drop mails: no request fails, and no mail is lost.

use std::time::Duration;

use authpair_testkit::{MailBehaviour, MailServer, TestPair, eventually, free_port};

use super::{Mailing, VERIFY, address, all_noted, counted, later, settings_for, with_mail};
use crate::{
    on_both,
    support::metrics::{read, value},
};

/// Waits until the mail in the outbox was tried this often.
pub(super) async fn tried(pair: &TestPair, times: i64) {
    eventually("the mail is not tried", async || {
        let state = pair.pair().auth().state();
        let later = state.clock.now() + Duration::from_secs(30 * 86_400);
        let kinds = auth_service::mail::MailKind::names();
        let read = move |connection: &mut _| {
            auth_service::store::outbox::due(connection, &kinds, later, 1)
        };
        let first = state.database.read(read).await.unwrap().into_iter().next();
        let waits = first.as_ref().is_some_and(|mail| {
            // No pause is as long as a lease, so another time than a lease's end means that the try has been noted.
            mail.tries == times && mail.due_at.seconds_since(state.clock.now()) != LEASE
        });
        waits.then_some(()).ok_or_else(|| format!("{first:?}"))
    })
    .await;
}

/// Seconds of a lease with `AUTH_MAIL_TIMEOUT=1s`.
const LEASE: i64 = 8;

#[on_both]
async fn a_mail_waits_for_a_server_that_hangs_or_drops_it_and_then_arrives_once(
    Mailing(pair, server): Mailing,
) {
    for (name, behaviour) in [("ana", MailBehaviour::Hang), ("bob", MailBehaviour::DropInData)] {
        server.behave(behaviour);
        pair.register(name).await;
        tried(&pair, 1).await;
        server.behave(MailBehaviour::Accept);
        later(&pair, 10);
        server.mail(&address(name), VERIFY, 1).await;
        all_noted(&pair).await;
        assert_eq!(server.find(&address(name), VERIFY).len(), 1);
    }
}

/// Waits until a run of the job that sends mails has ended at the clock's present time.
async fn outbox_job_has_run(pair: &TestPair, metrics: &str) {
    let last_run = "authpair_job_last_run_timestamp_seconds{task=\"outbox\"}";
    let now = f64::from(u32::try_from(pair.clock.seconds()).unwrap());
    eventually("the job does not run", async || value(&read(pair, metrics).await, last_run) == now)
        .await;
}

/// How many tries failed and are repeated, and how many mails are dead.
fn results(shown: &str) -> [f64; 2] {
    ["failed", "dead"]
        .map(|result| value(shown, &format!("authpair_mails_total{{result=\"{result}\"}}")))
}

#[on_both]
async fn a_mail_that_is_refused_five_times_is_dead_and_metrics_show_it(pair: TestPair) {
    let metrics = format!("127.0.0.1:{}", free_port());
    let (pair, server) = with_mail(pair, &[("AUTH_METRICS_LISTEN", &metrics)]).await;
    let metrics = format!("http://{metrics}/metrics");
    server.behave(MailBehaviour::RejectRecipients);
    pair.register("ana").await;
    for (tries, pause) in [(1, 10), (2, 60), (3, 600), (4, 3_600)] {
        tried(&pair, tries.into()).await;
        let before = server.connections();
        // Two waits: the run that ends the second one began after the end of the first one, so it has surely looked for
        // mails at most two seconds before the pause ends.
        for seconds in [pause - 2, 1] {
            later(&pair, seconds);
            outbox_job_has_run(&pair, &metrics).await;
        }
        assert_eq!(server.connections(), before, "try {tries} is repeated too soon");
        assert_eq!(results(&read(&pair, &metrics).await), [f64::from(tries), 0.0]);
        later(&pair, 1);
    }
    eventually("the mail is not dead", async || counted(&pair).await.dead == 1).await;
    assert_eq!(counted(&pair).await.waiting, 0);
    eventually("the metrics do not show the dead mail", async || {
        // Each fifth run counts the mails.
        pair.pair().auth().state().mailer.wake();
        let shown = read(&pair, &metrics).await;
        let counts =
            ["authpair_mails_dead", "authpair_mails_waiting"].map(|name| value(&shown, name));
        if counts == [1.0, 0.0] { Ok(()) } else { Err(format!("{counts:?}")) }
    })
    .await;
    assert_eq!(results(&read(&pair, &metrics).await), [4.0, 1.0]);
    assert!(server.received().is_empty());
    pair.clock.advance(Duration::from_secs(86_400));
    // Other mails are sent.
    server.behave(MailBehaviour::Accept);
    pair.register("bob").await;
    server.mail(&address("bob"), VERIFY, 1).await;
    assert!(server.find(&address("ana"), VERIFY).is_empty());
}

#[on_both]
async fn requests_succeed_while_no_mail_server_listens(mut pair: TestPair) {
    let gone = MailServer::start().await;
    let settings = settings_for(&gone);
    drop(gone);
    for (name, value) in settings {
        pair.set(&name, &value);
    }
    pair.halt().await;
    pair.resume().await;
    let (_, session) = pair.new_user("ana").await;
    super::change_address(&pair, &session.access, "new@example.com").await.ok(200);
    super::forgot(&pair, &address("ana")).await.ok(202);
    eventually("not all mails wait", async || {
        let waiting = counted(&pair).await.waiting;
        if waiting == 3 { Ok(()) } else { Err(format!("{waiting}")) }
    })
    .await;
    // The server comes back at another address.
    let (pair, server) = with_mail(pair, &[]).await;
    later(&pair, 3_600);
    server.mail(&address("ana"), VERIFY, 1).await;
    server.mail("new@example.com", super::CHANGE, 1).await;
    server.mail(&address("ana"), super::RESET, 1).await;
}

#[on_both]
async fn mail_goes_over_starttls_with_a_checked_certificate(mut pair: TestPair) {
    let Some(server) = MailServer::start_with_starttls().await else { return };
    for (name, value) in settings_for(&server) {
        pair.set(&name, &value);
    }
    pair.set("AUTH_MAIL_ALLOW_PLAINTEXT", "off");
    pair.set("AUTH_MAIL_USER", "us");
    pair.set("AUTH_MAIL_PASSWORD", "correct-horse");
    pair.halt().await;
    pair.resume().await;
    // Its authority is unknown so far.
    pair.register("ana").await;
    tried(&pair, 1).await;
    assert!(server.received().is_empty() && server.connections() > 0);
    pair.set("AUTH_MAIL_AUTHORITIES", &server.authority().display().to_string());
    pair.halt().await;
    pair.resume().await;
    later(&pair, 3_600);
    let mail = server.mail(&address("ana"), VERIFY, 1).await;
    assert!(mail.is_encrypted);
    assert_eq!(
        mail.login.as_deref(),
        Some("AHVzAGNvcnJlY3QtaG9yc2U="),
        "base64 of \\0us\\0correct-horse"
    );
}

#[on_both]
async fn a_server_without_starttls_gets_no_mail(mut pair: TestPair) {
    let server = MailServer::start().await;
    for (name, value) in settings_for(&server) {
        pair.set(&name, &value);
    }
    pair.set("AUTH_MAIL_ALLOW_PLAINTEXT", "off");
    pair.set("AUTH_MAIL_USER", "us");
    pair.set("AUTH_MAIL_PASSWORD", "correct-horse");
    pair.halt().await;
    pair.resume().await;
    pair.register("ana").await;
    tried(&pair, 1).await;
    assert!(server.received().is_empty() && server.connections() > 0);
}

/// The pair with a mail server that speaks TLS from the first byte and is called `host`; its authority is known. `None`
/// where there is no `openssl`.
async fn with_smtps(pair: &mut TestPair, host: &str) -> Option<MailServer> {
    let server = MailServer::start_with_tls().await?;
    for (name, value) in settings_for(&server) {
        pair.set(&name, &value);
    }
    pair.set("AUTH_MAIL", &format!("smtps://{host}:{}", server.port));
    pair.set("AUTH_MAIL_ALLOW_PLAINTEXT", "off");
    pair.set("AUTH_MAIL_AUTHORITIES", &server.authority().display().to_string());
    pair.halt().await;
    pair.resume().await;
    Some(server)
}

#[on_both]
async fn mail_goes_over_smtps_with_a_checked_certificate(mut pair: TestPair) {
    let Some(server) = with_smtps(&mut pair, "127.0.0.1").await else { return };
    pair.register("ana").await;
    assert!(server.mail(&address("ana"), VERIFY, 1).await.is_encrypted);
}

#[on_both]
async fn mail_waits_where_the_certificate_of_smtps_is_for_another_host(mut pair: TestPair) {
    // The certificate is for the address.
    let Some(server) = with_smtps(&mut pair, "localhost").await else { return };
    pair.register("ana").await;
    tried(&pair, 1).await;
    assert!(server.received().is_empty() && server.connections() > 0);
    assert_eq!(counted(&pair).await.waiting, 1);
}
