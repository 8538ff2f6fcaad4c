//! The audit log: an entry for each change and each refused call, who may read it, and that nothing changes it.

mod append_only;
mod entries;
mod lines;
mod reading;
mod refused_calls;
mod secrets;

use authpair_testkit::{Answer, Session, TestPair, eventually};
use serde_json::Value;

use crate::support::command_line::done;

/// A session of an administrator.
async fn administrator(pair: &TestPair) -> Session {
    pair.register("chief").await;
    done(pair, &["scopes", "chief", "users:read users:admin"]);
    pair.login("chief").await
}

/// The entries that a query finds, newest first.
async fn entries(pair: &TestPair, admin: &Session, query: &str) -> Vec<Value> {
    let path = format!("/api/admin/audit?per_page=100&{query}");
    let answer = Answer::of(pair.auth_call("GET", &path).bearer_auth(&admin.access)).await.ok(200);
    answer.body["entries"].as_array().unwrap().clone()
}

/// Waits until the query finds at least so many entries, and returns them.
async fn at_least(pair: &TestPair, admin: &Session, query: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    eventually("the entries are not written", async || {
        found = entries(pair, admin, query).await;
        found.len() >= count
    })
    .await;
    found
}

/// The events of entries, in their order.
fn events(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["event"].as_str().unwrap()).collect()
}

/// Makes every entry from now on fail.
async fn refuse_entries(pair: &TestPair) {
    let sql = if pair.database_url.starts_with("sqlite") {
        "CREATE TRIGGER audit_log_full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"
    } else {
        "CREATE FUNCTION audit_log_full() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$; \
         CREATE TRIGGER audit_log_full BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_full()"
    };
    crate::support::databases::execute(pair, sql).await;
}

/// Lets entries be written again.
async fn accept_entries(pair: &TestPair) {
    let on = if pair.database_url.starts_with("sqlite") { "" } else { " ON audit_log" };
    crate::support::databases::execute(pair, format!("DROP TRIGGER audit_log_full{on}")).await;
}
