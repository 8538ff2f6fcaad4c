//! The same verbs at the command line.

use authpair_testkit::{PASSWORD, Session, TestPair};
use serde_json::json;

use crate::{
    on_both,
    support::command_line::{done, refused, run},
};

#[on_both]
async fn the_first_administrator_is_made_at_the_command_line(pair: TestPair) {
    let arguments = ["users", "create", "chief", "chief@example.org", "--admin"];
    let made = run(&pair, &arguments, "a long password\n");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let login = json!({ "username": "chief", "password": "a long password" });
    let session = Session::of(&pair.post("/api/auth/login", &login).await.ok(200));
    let list = pair.auth_call("GET", "/api/admin/users").bearer_auth(&session.access);
    let list = authpair_testkit::Answer::of(list).await.ok(200);
    assert_eq!(list.body["users"][0]["scope"], "users:read users:admin");
}

#[on_both]
async fn users_are_shown_renamed_disabled_and_deleted_at_the_command_line(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let moved = format!("{}  anna  renamed\n", ana.id);
    assert_eq!(done(&pair, &["rename", "ana", "anna"]), moved);
    done(&pair, &["email", "anna", "anna@example.org"]);
    assert!(refused(&pair, &["rename", "anna", "<b>"]).contains("user name"));
    assert!(refused(&pair, &["email", "anna", "nowhere"]).contains("address"));
    done(&pair, &["ext", "anna", r#"{"plan":"pro"}"#]);
    done(&pair, &["disable", "anna", "--reason", "unpaid"]);
    let shown = done(&pair, &["show", "anna@example.org"]);
    for line in [
        "username: anna\n",
        "email: anna@example.org\n",
        "ext: {\"plan\":\"pro\"}\n",
        "(unpaid)\n",
        "password: set\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    pair.me(&session.access).await.expect(401, "token_revoked");
    done(&pair, &["enable", "anna"]);
    let login = json!({ "username": "anna", "password": PASSWORD });
    let again = Session::of(&pair.post("/api/auth/login", &login).await.ok(200));
    done(&pair, &["delete", "anna"]);
    pair.wait_until_revoked(&again.access).await;
    assert!(refused(&pair, &["show", &ana.id]).contains("no such user"));
}

#[on_both]
async fn sessions_are_listed_and_ended_one_by_one_at_the_command_line(pair: TestPair) {
    let (_, first) = pair.new_user("ana").await;
    let second = pair.login("ana").await;
    let list = run(&pair, &["sessions", "list", "ana"], "");
    let list = String::from_utf8(list.stdout).unwrap();
    assert_eq!(list.lines().count(), 2);
    assert!(list.contains(&first.id) && list.contains(&second.id), "{list}");
    let end = ["sessions", "end", "ana", "--session", &first.id];
    assert!(run(&pair, &end, "").status.success());
    assert!(!run(&pair, &end, "").status.success(), "it has ended already");
    pair.wait_until_revoked(&first.access).await;
    pair.me(&second.access).await.ok(200);
}
