//! The command line of auth-service on a running pair: which account a command means, and what it prints.

use authpair_testkit::{Answer, PASSWORD, TestPair};
use serde_json::json;

use crate::{
    on_both,
    support::{
        command_line::{done, refused, run},
        databases::{execute, store_name},
        passwords::try_login,
    },
};

/// Whether the account of this name is refused with its right password; otherwise it is logged in.
async fn is_disabled(pair: &TestPair, name: &str) -> bool {
    let answer = try_login(pair, name, PASSWORD).await;
    if answer.status == 200 {
        return false;
    }
    answer.expect(401, "invalid_credentials");
    // Wrong passwords and unknown names have the same answer.
    let list = done(pair, &["list", "--status", "disabled"]);
    let is_listed = list.lines().any(|line| line.split("  ").nth(1) == Some(name));
    assert!(is_listed, "{name} is refused, and not because it is disabled: {list}");
    true
}

const ID: &str = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";

#[on_both]
async fn names_that_look_like_ids_options_or_reserved_words_cannot_be_chosen(pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    let names = [
        ana.id.clone(),
        ana.id.to_uppercase(),
        ana.id.replace('-', ""),
        format!("{{{}}}", ana.id),
        format!("urn:uuid:{}", ana.id),
        ana.id.replace('1', "１"),
        "--help".to_owned(),
        "-x".to_owned(),
        "Me".to_owned(),
        "all".to_owned(),
        "ADMIN".to_owned(),
        "аdmin".to_owned(),
        "root".to_owned(),
        "<b>bob".to_owned(),
        "..".to_owned(),
    ];
    for name in &names {
        let body = json!({ "username": name, "email": "new@example.com", "password": PASSWORD });
        let answer = pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
        assert!(answer.body["fields"]["username"].is_array(), "{name}: {}", answer.text);
        let change = json!({ "username": name });
        let answer = pair.send("PATCH", "/api/auth/me", &session.access, &change).await;
        let answer = answer.expect(400, "invalid_request");
        assert!(answer.body["fields"]["username"].is_array(), "{name}: {}", answer.text);
        let create = run(&pair, &["users", "create", "--", name, "new@example.com"], PASSWORD);
        assert_eq!(create.status.code(), Some(1), "{name}");
    }
    let page = pair.get_users("/api/users", &session.access).await.ok(200);
    assert_eq!(
        (&page.body["total"], &page.body["users"][0]["username"]),
        (&json!(1), &json!("ana"))
    );
}

#[on_both]
async fn a_command_takes_no_name_for_an_id_and_prints_the_account_that_it_changed(pair: TestPair) {
    let (ana, _) = pair.new_user("ana").await;
    // She becomes an administrator, and the last one cannot be disabled.
    done(&pair, &["create", "chief", "chief@example.com", "--admin", "--no-password"]);
    for spelling in
        [ana.id.clone(), ana.id.to_uppercase(), ana.id.replace('-', ""), format!("{{{}}}", ana.id)]
    {
        let decoy = pair.register("decoy").await;
        store_name(&pair, &decoy.id, &spelling, &spelling.to_lowercase()).await;
        // The id, with hyphens and in any letter case, means the account of that id and never the decoy.
        for id in [ana.id.clone(), ana.id.to_uppercase()] {
            for arguments in [vec!["disable", &id], vec!["disable", "--id", &id]] {
                assert_eq!(done(&pair, &arguments), format!("{}  ana  disabled\n", ana.id));
                assert!(is_disabled(&pair, "ana").await && !is_disabled(&pair, &spelling).await);
                assert_eq!(done(&pair, &["enable", &id]), format!("{}  ana  enabled\n", ana.id));
                assert!(!is_disabled(&pair, "ana").await);
            }
            assert_eq!(
                done(&pair, &["scopes", &id, "users:read users:admin"]),
                format!("{}  ana  [users:read users:admin]\n", ana.id)
            );
        }
        // The decoy is found by its own id, and by its name with `--name`.
        let by_name = ["disable", &format!("--name={spelling}")];
        assert_eq!(done(&pair, &by_name), format!("{}  {spelling}  disabled\n", decoy.id));
        assert!(is_disabled(&pair, &spelling).await && !is_disabled(&pair, "ana").await);
        assert_eq!(
            done(&pair, &["enable", &decoy.id]),
            format!("{}  {spelling}  enabled\n", decoy.id)
        );
        store_name(&pair, &decoy.id, &format!("old{}", decoy.id), &format!("old{}", decoy.id))
            .await;
        execute(&pair, format!("DELETE FROM users WHERE id = '{}'", decoy.id)).await;
    }
}

#[on_both]
async fn one_argument_means_one_account_or_is_an_error(pair: TestPair) {
    let ana = pair.register("ana").await;
    let decoy = pair.register("decoy").await;
    store_name(&pair, &decoy.id, ID, ID).await;
    for same in ["ana", "ANA", " ana ", "ana@example.com", "ANA@Example.com"] {
        assert_eq!(done(&pair, &["enable", same]), format!("{}  ana  enabled\n", ana.id), "{same}");
    }
    assert_eq!(
        done(&pair, &["enable", "--email", "ana@example.com"]),
        format!("{}  ana  enabled\n", ana.id)
    );
    assert!(
        refused(&pair, &["disable", ID]).contains(&decoy.id),
        "the account of that name is told"
    );
    let simple = ana.id.replace('-', "");
    for arguments in [
        vec!["disable", "nobody"],
        vec!["disable", "00000000-0000-4000-8000-000000000000"],
        vec!["disable", &simple],
        vec!["disable", "--id", &simple],
        vec!["disable", "--id", "ana"],
        vec!["disable", "--email", "ana"],
        vec!["disable", "--name", "ana@example.com"],
        vec!["disable"],
        vec!["disable", "ana", "--name", "decoy"],
        vec!["disable", "ana", "decoy"],
        vec!["disable", ""],
    ] {
        refused(&pair, &arguments);
    }
    assert!(!is_disabled(&pair, "ana").await && !is_disabled(&pair, ID).await);
}

#[on_both]
async fn irregular_names_of_older_releases_are_listed_and_log_in(pair: TestPair) {
    pair.register("ana").await;
    for (name, reason) in [
        (ID, "looks like an id"),
        ("--help", "begins with a hyphen"),
        ("admin", "reserved word"),
        ("a&b", "one of the characters"),
        ("__", "no letter"),
    ] {
        let user = pair.register("ben").await;
        store_name(&pair, &user.id, name, name).await;
        let session = pair.login(name).await;
        assert_eq!(pair.me(&session.access).await.ok(200).body["username"], name);
        let list = done(&pair, &["list", "--irregular"]);
        let lines: Vec<_> = list.lines().collect();
        assert_eq!(lines.len(), 1, "{list}");
        assert!(lines[0].starts_with(&user.id) && lines[0].contains(reason), "{list}");
        assert_eq!(done(&pair, &["list"]).lines().count(), 2);
        Answer::of(pair.auth_call("DELETE", "/api/auth/me").bearer_auth(&session.access))
            .await
            .ok(204);
    }
    assert_eq!(done(&pair, &["list", "--irregular"]), "");
}

#[on_both]
async fn one_command_changes_a_scope_of_all_users_and_keeps_their_other_scopes(pair: TestPair) {
    let mut ids = Vec::new();
    for (name, scope) in [
        ("ana", "users:read users:email"),
        ("bob", "users:email"),
        ("cid", "users:read users:email users:admin old:scope"),
        ("dan", "users:read"),
        ("eve", ""),
    ] {
        let user = pair.register(name).await;
        execute(&pair, format!("UPDATE users SET scope = '{scope}' WHERE id = '{}'", user.id))
            .await;
        ids.push(user.id);
    }
    let session = pair.login("ana").await;
    assert_eq!(done(&pair, &["scopes", "--all", "--remove", "users:email"]), "3 users changed\n");
    let expected = ["users:read", "", "users:read users:admin old:scope", "users:read", ""];
    let scopes = || {
        let list = done(&pair, &["list"]);
        let scope =
            |line: &str| line.split_once('[').unwrap().1.split_once(']').unwrap().0.to_owned();
        list.lines().map(scope).collect::<Vec<_>>()
    };
    assert_eq!(scopes(), expected);
    assert_eq!(done(&pair, &["scopes", "--all", "--remove", "users:email"]), "0 users changed\n");
    let refreshed = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(refreshed.string("scope"), "users:read");
    let both = ["scopes", "--all", "--add", "users:read users:email", "--remove", "old:scope"];
    assert_eq!(done(&pair, &both), "5 users changed\n");
    assert_eq!(
        scopes(),
        [
            "users:read users:email",
            "users:read users:email",
            "users:read users:admin users:email",
            "users:read users:email",
            "users:read users:email"
        ]
    );
    assert_eq!(
        done(&pair, &["scopes", "ana", "--remove", "users:read"]),
        format!("{}  ana  [users:email]\n", ids[0])
    );
}

#[on_both]
async fn an_unknown_scope_or_a_comma_is_refused_and_stored_ones_keep_working(mut pair: TestPair) {
    let (ana, session) = pair.new_user("ana").await;
    for scopes in [
        "users:raed",
        "users:read,users:email",
        "users:read, users:email",
        "users\"read",
        "reports:read",
    ] {
        refused(&pair, &["scopes", "ana", scopes]);
        refused(&pair, &["scopes", "ana", "--add", scopes]);
        refused(&pair, &["scopes", "--all", "--add", scopes]);
        let create = run(&pair, &["clients", "create", "--scope", scopes], "");
        assert!(!create.status.success() && create.stdout.is_empty(), "{scopes}");
    }
    assert!(run(&pair, &["clients", "list"], "").stdout.is_empty());
    execute(
        &pair,
        format!("UPDATE users SET scope = 'users:read old:scope' WHERE id = '{}'", ana.id),
    )
    .await;
    let refreshed = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(refreshed.string("scope"), "users:read old:scope");
    assert_eq!(
        done(&pair, &["scopes", "ana", "--add", "users:email"]),
        format!("{}  ana  [users:read old:scope users:email]\n", ana.id)
    );
    pair.set("AUTH_SCOPES", "reports:read reports:write");
    assert_eq!(
        done(&pair, &["scopes", "ana", "users:read reports:read"]),
        format!("{}  ana  [users:read reports:read]\n", ana.id)
    );
    let create = run(&pair, &["clients", "create", "--scope", "reports:write"], "");
    assert!(create.status.success());
}
