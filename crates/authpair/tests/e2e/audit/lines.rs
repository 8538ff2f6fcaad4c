//! Entries in the log of the process and at the command line.

use std::process::Stdio;

use authpair_testkit::{Backend, Fleet, FleetPlan, authpair_command};
use serde_json::Value;

use crate::support::child::{KilledOnDrop, Lines};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_json_lines_with_the_target_audit_at_every_level_of_the_log() {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let mut plan = plan.with("AUTH_LOG", "error").with("AUTH_LOG_FORMAT", "human");
    plan.users = 0;
    let fleet = Fleet::start(plan).await;
    let ana = fleet.auth[0].register("ana").await;
    let session = fleet.auth[0].login("ana").await;
    let line_of = |event: &str| {
        let log = std::fs::read_to_string(&fleet.auth[0].log).unwrap();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["target"] == "audit" && line["event"] == event)
    };
    authpair_testkit::eventually("no audit line", async || line_of("user.login").is_some()).await;
    let line = line_of("user.login").unwrap();
    assert_eq!(line["subject"]["id"], ana.id.as_str());
    assert_eq!(line["session_id"], session.id.as_str());
    assert_eq!((&line["level"], &line["timestamp"]), (&Value::from("INFO"), &line["at"]));
    assert!(line_of("key.created").is_some() && line_of("user.registered").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_follows_the_log() {
    let mut plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    plan.users = 0;
    let fleet = Fleet::start(plan).await;
    let auth = &fleet.auth[0];
    auth.register("ana").await;
    let arguments = ["auth-service", "audit", "list", "--follow", "--event", "user.*"];
    let settings = fleet.auth_settings(&auth.url);
    let folder = fleet.folder.path();
    let mut command = authpair_command(crate::program(), &arguments, &settings, folder);
    let mut child = KilledOnDrop(command.stdout(Stdio::piped()).spawn().unwrap());
    let lines = Lines::of(child.0.stdout.take().unwrap());
    let next = || serde_json::from_str::<Value>(&lines.next()).unwrap();
    assert_eq!(next()["event"], "user.registered");
    auth.login("ana").await;
    assert_eq!(next()["event"], "user.login");
    auth.register("bob").await;
    assert_eq!(next()["event"], "user.registered");
}
