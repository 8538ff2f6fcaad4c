//! Registration while it is closed.

use authpair_testkit::{PASSWORD, TestPair, eventually};
use serde_json::json;

use super::{administrator, call};
use crate::on_both;

#[on_both]
async fn where_registration_is_closed_only_administrators_make_users(mut pair: TestPair) {
    administrator(&pair).await;
    pair.set("AUTH_REGISTRATION", "closed");
    pair.halt().await;
    pair.resume().await;
    let admin = pair.login("chief").await;
    let body = json!({ "username": "ana", "email": "ana@example.org", "password": PASSWORD });
    pair.post("/api/auth/register", &body).await.expect(403, "registration_closed");
    // Whether a name is free is not told either.
    let taken = json!({ "username": "chief", "email": "x@example.org", "password": PASSWORD });
    pair.post("/api/auth/register", &taken).await.expect(403, "registration_closed");
    pair.post("/api/auth/register", &json!({})).await.expect(403, "registration_closed");
    let body = json!({ "username": "ana", "email": "ana@example.org" });
    pair.send("POST", "/api/admin/users", &admin.access, &body).await.ok(201);
    eventually("the refused calls are not audited", async || {
        let path = "/api/admin/audit?event=user.registered&outcome=refused";
        let answer = call(&pair, "GET", path, &admin.access).await.ok(200);
        let entries = answer.body["entries"].as_array().unwrap();
        entries.iter().filter(|entry| entry["reason"] == "registration_closed").count() == 3
    })
    .await;
}
