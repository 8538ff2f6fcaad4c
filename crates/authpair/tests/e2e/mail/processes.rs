//! Processes that share the outbox, and one that is killed.

use authpair_testkit::{Backend, Fleet, FleetPlan, MailBehaviour, MailServer, eventually};
use database::{Access, AnyConnection, Database, DatabaseUrl};
use diesel::connection::SimpleConnection;
use serde_json::json;
use service_kit::settings::FromSetting;

use super::{RESET, VERIFY, address, settings_for};
use crate::{on_both, program};

async fn fleet(backend: Backend, server: &MailServer, processes: usize) -> Fleet {
    let mut plan = FleetPlan::pair_on(program(), backend).await.unwrap();
    (plan.auth, plan.users) = (processes, 0);
    for (name, value) in settings_for(server) {
        plan = plan.with(&name, &value);
    }
    Fleet::start(plan).await
}

/// Ends the lease of every mail, which lasts 8 s here, so that another process may send it.
async fn end_leases(fleet: &Fleet) {
    let settings = fleet.auth_settings(&fleet.auth[0].url);
    let url = settings.iter().find(|(name, _)| name == "AUTH_DATABASE_URL").unwrap();
    let url = DatabaseUrl::from_setting(&url.1).unwrap();
    let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
    let end = |connection: &mut AnyConnection| {
        Ok(connection.batch_execute("UPDATE outbox SET due_at = 0")?)
    };
    database.write(end).await.unwrap();
}

#[on_both]
async fn two_processes_send_each_mail_once(backend: Backend) {
    let server = MailServer::start().await;
    let fleet = fleet(backend, &server, 2).await;
    for number in 0..20 {
        fleet.auth[number % 2].register(&format!("user{number}")).await;
    }
    for number in 0..20 {
        server.mail(&address(&format!("user{number}")), VERIFY, 1).await;
    }
    // The mails that were asked for last are there, so a second copy of an earlier one would be too.
    fleet.auth[0].post("/api/auth/password/forgot", &json!({ "email": address("user0") })).await;
    server.mail(&address("user0"), RESET, 1).await;
    assert_eq!(server.received().len(), 21);
}

#[on_both]
async fn a_process_that_is_killed_while_it_sends_loses_no_mail(backend: Backend) {
    let server = MailServer::start().await;
    // Killed before the server has the mail: after the commit of the token, in the middle of sending.
    server.behave(MailBehaviour::Hang);
    let mut fleet = fleet(backend, &server, 1).await;
    fleet.auth[0].register("ana").await;
    eventually("nothing is sent", async || server.connections() > 0).await;
    fleet.auth[0].process.kill();
    server.behave(MailBehaviour::Accept);
    let url = fleet.auth[0].url.clone();
    end_leases(&fleet).await;
    let again = fleet.start_auth(&url).await;
    let mail = server.mail(&address("ana"), VERIFY, 1).await;
    let body = json!({ "token": mail.token() });
    again.post("/api/auth/email/verify", &body).await.ok(204);
    // Killed after the server has the mail and before that is noted: it may come twice, and comes at least once.
    server.behave(MailBehaviour::HangAfterData);
    again.post("/api/auth/password/forgot", &json!({ "email": address("ana") })).await.ok(202);
    server.mail(&address("ana"), RESET, 1).await;
    drop(again);
    server.behave(MailBehaviour::Accept);
    end_leases(&fleet).await;
    let third = fleet.start_auth(&url).await;
    let mail = server.mail(&address("ana"), RESET, 2).await;
    let body = json!({ "token": mail.token(), "new_password": "a whole new horse" });
    third.post("/api/auth/password/reset", &body).await.ok(204);
}
