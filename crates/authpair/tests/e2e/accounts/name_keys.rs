//! One name, one account: case folding, names that look alike, and rows of older releases.

use std::time::Duration;

use auth_service::{accounts::name_keys::update_name_keys, store::names};
use authpair_testkit::{Answer, PASSWORD, Session, TestPair};
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{command_line::run, databases::execute, passwords::try_login},
};

fn registration(username: &str, email: &str) -> Value {
    json!({ "username": username, "email": email, "password": PASSWORD })
}

const ONE_NAME: [[&str; 3]; 4] = [
    ["νίκος", "ΝΊΚΟΣ", "Νίκοσ"],
    ["straße", "STRASSE", "STRAẞE"],
    ["ılgaz", "ILGAZ", "Ilgaz"],
    ["ᾳδης", "ΑΙΔΗΣ", "αιδης"],
];

#[on_both]
async fn names_that_differ_only_in_case_are_one_account(pair: TestPair) {
    for (index, [name, other, third]) in ONE_NAME.into_iter().enumerate() {
        let body = registration(name, &format!("{name}@example.com"));
        let answer = pair.post("/api/auth/register", &body).await.ok(201);
        assert_eq!(answer.body["user"]["username"], name);
        for same in [other, third] {
            let body = registration(same, &format!("free{index}@example.com"));
            let answer = pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
            assert_eq!(answer.body["fields"], json!({ "username": ["is taken"] }), "{same}");
            let body = registration(&format!("free{index}"), &format!("{same}@Example.com"));
            let answer = pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
            assert_eq!(answer.body["fields"], json!({ "email": ["is taken"] }), "{same}");
        }
        for typed in [name, other, third] {
            let session = Session::of(&try_login(&pair, typed, PASSWORD).await.ok(200));
            try_login(&pair, &format!("{typed}@example.com"), PASSWORD).await.ok(200);
            // users-api finds the user by a prefix in any spelling.
            let begin: String = typed.chars().take(4).collect();
            let begin: String = form_urlencoded::byte_serialize(begin.as_bytes()).collect();
            let path = format!("/api/users?username={begin}");
            let list = pair.get_users(&path, &session.access).await.ok(200);
            assert_eq!(list.body["users"][0]["username"], name, "{begin}: {}", list.text);
        }
    }
}

#[on_both]
async fn a_name_that_looks_like_another_is_taken_but_similar_ascii_names_are_free(pair: TestPair) {
    for name in ["paypal", "Modern", "hello"] {
        pair.register(name).await;
    }
    let (_, session) = pair.new_user("bob").await;
    for (index, alike) in
        ["pаypal", "Рaypal", "раураӏ", "rnоdern", "ΗELLO", "һello", "bоb", "Воb"].iter().enumerate()
    {
        let body = registration(alike, &format!("new{index}@example.com"));
        let answer = pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
        assert_eq!(answer.body["fields"], json!({ "username": ["is taken"] }), "{alike}");
        let create = run(&pair, &["users", "create", alike, "new@example.com"], PASSWORD);
        assert_eq!(create.status.code(), Some(1), "{alike}");
    }
    let change = json!({ "username": "pаypal" });
    pair.send("PATCH", "/api/auth/me", &session.access, &change).await.expect(409, "user_exists");
    // The user's own name in letters that look alike is a change like any other.
    let change = json!({ "username": "bоb" });
    pair.send("PATCH", "/api/auth/me", &session.access, &change).await.ok(200);
    let body = registration("bob", "bob2@example.com");
    pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    for ascii in ["rnodern", "paypa1", "he11o"] {
        pair.register(ascii).await;
    }
}

#[on_both]
async fn names_that_look_alike_registered_at_once_make_one_account(pair: TestPair) {
    for round in 0..8 {
        let names = [format!("scope{round}"), format!("ѕсоре{round}"), format!("scоpe{round}")];
        let calls = names.iter().enumerate().map(|(index, name)| {
            let body = registration(name, &format!("round{round}and{index}@example.com"));
            tokio::spawn(Answer::of(pair.auth_call("POST", "/api/auth/register").json(&body)))
        });
        let mut statuses = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            statuses.push(call.await.unwrap().status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409], "round {round}");
    }
}

/// Stores a name and an address as an older release did.
async fn store_as_before(pair: &TestPair, id: &str, (name, key): (&str, &str)) {
    let sql = format!(
        "UPDATE users SET username = '{name}', username_key = '{key}', email = '{name}@example.com', \
         email_key = '{key}@example.com', username_look = NULL, username_look_shown = NULL WHERE id = '{id}'"
    );
    execute(pair, sql).await;
}

async fn restart(pair: &mut TestPair) {
    pair.halt().await;
    pair.resume().await;
}

async fn count_with_previous_canonical(pair: &TestPair) -> i64 {
    let database = &pair.pair().auth().state().database;
    database.read(names::count_with_previous_canonical).await.unwrap()
}

#[on_both]
async fn name_keys_of_an_older_release_are_updated_at_the_next_start(mut pair: TestPair) {
    let before = [
        ("Νίκος", "νίκος", "ΝΊΚΟΣ"),
        ("Straße", "straße", "STRASSE"),
        ("ılgaz", "ılgaz", "ILGAZ"),
        ("Ana", "ana", "ANA"),
        ("René", "rené", "RENÉ"),
    ];
    for (index, (name, key, _)) in before.iter().enumerate() {
        let user = pair.register(&format!("user{index}")).await;
        store_as_before(&pair, &user.id, (name, key)).await;
    }
    restart(&mut pair).await;
    for (name, _, other) in before {
        for typed in [name, other] {
            try_login(&pair, typed, PASSWORD).await.ok(200);
            try_login(&pair, &format!("{typed}@example.com"), PASSWORD).await.ok(200);
        }
        let taken = registration(other, "new@example.com");
        pair.post("/api/auth/register", &taken).await.expect(409, "user_exists");
    }
    // What the names look like is stored, too.
    let alike = registration("аna", "new@example.com");
    pair.post("/api/auth/register", &alike).await.expect(409, "user_exists");
    assert_eq!(count_with_previous_canonical(&pair).await, 0);
    let done = update_name_keys(&pair.pair().auth().state().database).await.unwrap();
    assert_eq!((done.rows, done.with_previous_canonical), (0, 0), "once is enough");
    assert!(run(&pair, &["users", "list", "--irregular"], "").stdout.is_empty());
}

#[on_both]
async fn accounts_whose_names_have_become_equal_both_log_in_and_are_both_listed(
    mut pair: TestPair,
) {
    let mut ids = Vec::new();
    for (name, stored) in [("first", ("ΝΊΚΟΣ", "νίκοσ")), ("second", ("νίκος", "νίκος"))]
    {
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": format!("the password of {name}") });
        let answer = pair.post("/api/auth/register", &body).await.ok(201);
        let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
        store_as_before(&pair, &id, stored).await;
        pair.clock.advance(Duration::from_millis(1));
        ids.push(id);
    }
    restart(&mut pair).await;
    assert_eq!(count_with_previous_canonical(&pair).await, 1);
    for typed in ["νίκος", "Νίκος", "νίκος@example.com"] {
        for (name, id) in ["first", "second"].iter().zip(&ids) {
            let answer = try_login(&pair, typed, &format!("the password of {name}")).await.ok(200);
            assert_eq!(answer.string("user_id"), *id, "{typed} with the password of {name}");
        }
        try_login(&pair, typed, "another password").await.expect(401, "invalid_credentials");
    }
    let first = try_login(&pair, "ΝΊΚΟΣ", "the password of first").await.ok(200);
    try_login(&pair, "ΝΊΚΟΣ", "the password of second").await.expect(401, "invalid_credentials");
    let list = run(&pair, &["users", "list", "--irregular"], "").stdout;
    let list = String::from_utf8(list).unwrap();
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(
        lines[0].starts_with(&ids[0]) && lines[0].contains(&format!("also that of {}", ids[1])),
        "{list}"
    );
    assert!(
        lines[1].starts_with(&ids[1]) && lines[1].contains(&format!("also that of {}", ids[0])),
        "{list}"
    );
    // A command does not guess which account is meant.
    let guess = run(&pair, &["users", "disable", "νίκος"], "");
    let said = String::from_utf8(guess.stderr).unwrap();
    assert!(!guess.status.success() && ids.iter().all(|id| said.contains(id)), "{said}");
    // The name stays taken while one of them has it.
    let token = first.string("access_token");
    Answer::of(pair.auth_call("DELETE", "/api/auth/me").bearer_auth(&token)).await.ok(204);
    for body in [registration("νίκος", "new@example.com"), registration("new", "νίκος@example.com")]
    {
        pair.post("/api/auth/register", &body).await.expect(409, "user_exists");
    }
    restart(&mut pair).await;
    assert_eq!(count_with_previous_canonical(&pair).await, 0);
    try_login(&pair, "ΝΊΚΟΣ", "the password of second").await.ok(200);
    assert!(run(&pair, &["users", "list", "--irregular"], "").stdout.is_empty());
}

#[on_both]
async fn white_space_around_a_name_is_ignored_at_login_and_refused_at_registration(pair: TestPair) {
    pair.register("ana").await;
    for typed in [
        " ana",
        "ana  ",
        "\u{a0}ana\u{3000}",
        "ana\n",
        "\tana\r\n",
        " ana@example.com",
        "ana@example.com \n",
    ] {
        try_login(&pair, typed, PASSWORD).await.ok(200);
    }
    let body = json!({ "email": " ana@example.com ", "password": PASSWORD });
    pair.post("/api/auth/login", &body).await.ok(200);
    for typed in ["a na", "a\tna", "\u{200b}ana", "ana@ example.com"] {
        try_login(&pair, typed, PASSWORD).await.expect(401, "invalid_credentials");
    }
    // Spaces in a password count.
    let spaced = format!(" {PASSWORD}");
    try_login(&pair, "ana", &spaced).await.expect(401, "invalid_credentials");
    // No name is stored with white space.
    for chosen in [" bob", "bob ", "\u{a0}bob", "bob\n"] {
        let body = registration(chosen, "bob@example.com");
        pair.post("/api/auth/register", &body).await.expect(400, "invalid_request");
    }
}
