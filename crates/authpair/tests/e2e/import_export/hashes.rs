//! Passwords that other systems hashed: they are accepted at log-in, and are Argon2id from then on.

use authpair_testkit::TestPair;
use serde_json::{Value, json};

use super::support::{file, imported, stored};
use crate::{on_both, support::passwords::try_login};

/// Made by the packages themselves; `scripts/hash_vectors/make` makes them.
const VECTORS: &str =
    include_str!("../../../../auth-service/src/accounts/hashing/tests/foreign_vectors.jsonl");

/// One vector of each kind that is cheap enough for a test of the whole way.
fn cheap_vectors() -> Vec<Value> {
    let kinds = [
        "werkzeug 1.0.1 pbkdf2:sha1:1000",
        "werkzeug 2.2.3 sha1",
        "werkzeug 2.2.3 plain",
        "werkzeug 3.1.3 scrypt:16384:8:2",
        "django 4.2.16 sha1",
        "django 4.2.16 unsalted_md5",
        "passlib 1.7.4 bcrypt",
        "passlib 1.7.4 argon2",
        "passlib 1.7.4 sha256_crypt",
        "passlib 1.7.4 pbkdf2_sha512",
        "bcrypt 4.3.0",
    ];
    let all: Vec<Value> = VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_kind = |kind: &&str| {
        let found = all.iter().find(|vector| vector["made_by"] == **kind);
        found.unwrap_or_else(|| panic!("no vector of {kind}")).clone()
    };
    kinds.iter().map(of_kind).collect()
}

#[on_both]
async fn real_hashes_log_in_and_are_argon2id_from_then_on(pair: TestPair) {
    let vectors = cheap_vectors();
    let row = |(number, vector): (usize, &Value)| {
        let name = format!("user{number}");
        let email = format!("{name}@example.com");
        json!({ "username": name, "email": email, "password_hash": vector["hash"] }).to_string()
    };
    let rows: Vec<String> = vectors.iter().enumerate().map(row).collect();
    file(&pair, "users.jsonl", &rows.join("\n"));
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    assert!(text.contains(&format!("{} new", rows.len())), "{text}");
    for (number, vector) in vectors.iter().enumerate() {
        let (name, kind) = (format!("user{number}"), &vector["made_by"]);
        let password = vector["password"].as_str().unwrap();
        let before = stored(&pair, &name).await.password_hash;
        assert!(
            !before.as_str().starts_with("$argon2id$") || kind == "passlib 1.7.4 argon2",
            "{kind}"
        );
        try_login(&pair, &name, "wrong horse battery").await.expect(401, "invalid_credentials");
        assert_eq!(stored(&pair, &name).await.password_hash, before, "{kind}");
        try_login(&pair, &name, password).await.ok(200);
        let after = stored(&pair, &name).await.password_hash;
        assert!(after.as_str().starts_with("$argon2id$v=19$"), "{kind}: {}", after.as_str());
        try_login(&pair, &name, password).await.ok(200);
        try_login(&pair, &name, "wrong horse battery").await.expect(401, "invalid_credentials");
        assert_eq!(stored(&pair, &name).await.password_hash, after, "{kind}: hashed once");
    }
}

#[on_both]
async fn a_weak_hash_is_never_stored_and_an_account_without_a_password_stays_so(pair: TestPair) {
    let digest = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8";
    let rows = [
        json!({ "username": "ana", "email": "ana@example.com", "password_hash": digest }),
        json!({ "username": "bob", "email": "bob@example.com", "password_hash": "!abcdef" }),
        json!({ "username": "eve", "email": "eve@example.com" }),
    ];
    file(&pair, "users.jsonl", &rows.map(|row| row.to_string()).join("\n"));
    let text = imported(&pair, "users.jsonl", &["--apply"], 0);
    assert!(
        text.contains("1 weak, wrapped in argon2id") && text.contains("2 no password"),
        "{text}"
    );
    assert!(!text.contains(digest), "{text}");
    let wrapped = stored(&pair, "ana").await.password_hash;
    let wrapped = wrapped.as_str();
    assert!(wrapped.starts_with("wrapped:sha1:") && !wrapped.contains(digest), "{wrapped}");
    try_login(&pair, "ana", "password").await.ok(200);
    assert!(stored(&pair, "ana").await.password_hash.as_str().starts_with("$argon2id$"));
    for name in ["bob", "eve"] {
        assert_eq!(stored(&pair, name).await.password_hash.as_str(), "!");
        for guess in ["!", "!abcdef", "", "password"] {
            let answer = try_login(&pair, name, guess).await;
            assert_eq!(answer.status, 401, "{name} {guess:?}: {}", answer.text);
        }
    }
}

#[on_both]
async fn hashes_above_the_caps_are_refused(pair: TestPair) {
    let tag = "00".repeat(64);
    let hashes = [
        format!("scrypt:1048576:8:1$salt${tag}"),
        format!("pbkdf2:sha256:4000000000$salt${tag}"),
        "$2b$31$ABCDEFGHIJKLMNOPQRSTUuABCDEFGHIJKLMNOPQRSTUVWXYZabcde".to_owned(),
        "$argon2id$v=19$m=4194304,t=1,p=1$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8".to_owned(),
        "$argon2id$v=19$m=102400,t=2,p=8$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8".to_owned(),
    ];
    let row = |(number, hash): (usize, &String)| {
        let email = format!("user{number}@example.com");
        json!({ "username": format!("user{number}"), "email": email, "password_hash": hash })
            .to_string()
    };
    let rows: Vec<String> = hashes.iter().enumerate().map(row).collect();
    file(&pair, "users.jsonl", &rows.join("\n"));
    let text = imported(&pair, "users.jsonl", &["--apply"], 3);
    assert!(text.contains("5 rejected") && text.contains("0 new"), "{text}");
    assert!(hashes.iter().all(|hash| !text.contains(hash.as_str())), "{text}");
    // Django's own hashes take 100 MiB.
    let text = imported(&pair, "users.jsonl", &["--apply", "--argon2-memory", "100"], 3);
    assert!(text.contains("1 new") && text.contains("4 rejected"), "{text}");
}
