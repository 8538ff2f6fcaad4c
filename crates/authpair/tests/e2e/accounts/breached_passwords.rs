//! `AUTH_BREACHED_PASSWORDS`: passwords known from breaches cannot be chosen.

use authpair_testkit::{PASSWORD, Session, TestPair, free_port, temporary_folder};
use serde_json::json;

use crate::{
    accounts::own_password::{change_password, reauthenticate},
    on_both,
    support::command_line::run_authpair,
};

/// The SHA-1 hashes of [`PASSWORD`] and of the password that [`change_password`] sets, sorted, as Have I Been Pwned has
/// them.
const LIST: &str = "98DECC62ECE399A22ED30D490EF333BE7FDE7385:3\n\
                    E67B0BDAAA7A7E084E89E2EB5D9B74C742825FD6:1\n";

#[on_both]
async fn a_breached_password_is_refused_at_registration_and_change_and_accepted_at_log_in(
    mut pair: TestPair,
) {
    pair.register("ana").await;
    let list = pair.folder.path().join("breached.txt");
    std::fs::write(&list, LIST).unwrap();
    pair.set("AUTH_BREACHED_PASSWORDS", &list.display().to_string());
    pair.halt().await;
    pair.resume().await;
    let body = json!({ "username": "ben", "email": "ben@example.com", "password": PASSWORD });
    let refused = pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
    let why = "known from a breach: attackers try it";
    assert_eq!(refused.body["fields"], json!({ "password": [why] }));
    let session = pair.login("ana").await;
    let fresh = reauthenticate(&pair, &session.access, PASSWORD).await.ok(200);
    let fresh = fresh.string("access_token");
    let refused = change_password(&pair, &fresh, PASSWORD).await.expect(400, "invalid_request");
    assert_eq!(refused.body["fields"], json!({ "new_password": [why] }));
    // Nothing was changed, and another password is accepted.
    pair.refresh(&session.refresh).await.ok(200);
    let body = json!({ "current_password": PASSWORD, "new_password": "another new horse" });
    let changed = pair.send("PUT", "/api/auth/password", &fresh, &body).await.ok(200);
    pair.refresh(&Session::of(&changed).refresh).await.ok(200);
    // A list that cannot be read any more: the password may be in it.
    std::fs::write(&list, "").unwrap();
    let body =
        json!({ "username": "ben", "email": "ben@example.com", "password": "a third horse" });
    pair.post("/api/auth/register", &body).await.expect(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_not_a_sorted_list_stops_the_start_and_the_message_names_the_setting() {
    let folder = temporary_folder();
    let (list, data) = (folder.path().join("breached.txt"), folder.path().join("pair.db"));
    std::fs::write(&list, "password\n").unwrap();
    let (list, data) = (list.display().to_string(), format!("sqlite://{}", data.display()));
    let keys = folder.path().join("keys").display().to_string();
    let listen = format!("127.0.0.1:{}", free_port());
    for (list, reason) in [(list.as_str(), "sorted list of SHA-1"), ("/missing", "No such file")] {
        let (done, said) = run_authpair(
            &["auth-service", "serve"],
            &[
                ("AUTH_DATABASE_URL", data.as_str()),
                ("AUTH_KEYS_DIR", keys.as_str()),
                ("AUTH_LISTEN", listen.as_str()),
                ("AUTH_METRICS_LISTEN", "off"),
                ("AUTH_BREACHED_PASSWORDS", list),
            ],
        );
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains("AUTH_BREACHED_PASSWORDS") && said.contains(reason), "{said}");
    }
}
