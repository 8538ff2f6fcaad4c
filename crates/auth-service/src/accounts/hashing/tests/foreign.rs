//! Hashes that other systems' own packages made.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{gated, hasher, verify};
use crate::accounts::hashing::{
    HashCostDistribution, PasswordHasher, Verdict,
    imported_hash::{ImportRules, ImportedHash, ImportedHashError},
};

/// `scripts/hash_vectors/make` makes them.
const VECTORS: &str = include_str!("foreign_vectors.jsonl");

const NO: Verdict = Verdict { matches: false, rehash: false };
const TO_REPLACE: Verdict = Verdict { matches: true, rehash: true };

struct Vector {
    made_by: String,
    password: String,
    hash: String,
    rules: ImportRules,
}

fn vectors() -> Vec<Vector> {
    let vector = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let rules = ImportRules {
            // Django's hashes need 100 MiB.
            argon2_memory_kib: 100 * 1024,
            flask_security_salt: text("flask_security_salt"),
        };
        Vector {
            made_by: text("made_by").unwrap(),
            password: text("password").unwrap(),
            hash: text("hash").unwrap(),
            rules,
        }
    };
    VECTORS.lines().map(vector).collect()
}

/// The form to store, as an import makes it. `None` for an account without a password.
async fn stored(hasher: &PasswordHasher, vector: &Vector) -> Option<String> {
    let parsed = ImportedHash::parse(&vector.hash, &vector.rules, false);
    match parsed.unwrap_or_else(|error| panic!("{}: {error}", vector.made_by)) {
        ImportedHash::AsIs { text, .. } => Some(text),
        ImportedHash::Weak(weak) => Some(hasher.wrap(weak).await.unwrap()),
        ImportedHash::None => None,
    }
}

#[tokio::test]
async fn the_hashes_of_the_packages_match_their_password_and_no_other() {
    let hasher = hasher();
    let (mut makers, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for vector in vectors() {
        let Some(stored) = stored(&hasher, &vector).await else {
            assert!(vector.made_by.ends_with("unusable"), "{}", vector.made_by);
            continue;
        };
        let verdict = verify(&hasher, &vector.password, Some(&stored)).await.unwrap();
        let name = format!("{} {:?}", vector.made_by, vector.password);
        // A text that this service does not accept as a password keeps its old hash.
        let rehash = !vector.password.contains('\t');
        assert_eq!(verdict, Verdict { matches: true, rehash }, "{name}");
        // One wrong password for each kind of which there are cheap vectors.
        if makers.contains(&vector.made_by) && refused.insert(vector.made_by.clone()) {
            let wrong = format!("x{}", vector.password);
            assert_eq!(verify(&hasher, &wrong, Some(&stored)).await.unwrap(), NO, "{name}");
        }
        makers.insert(vector.made_by);
    }
    for package in [
        "werkzeug 0.14",
        "werkzeug 1.0",
        "werkzeug 2.2",
        "werkzeug 3",
        "django 4",
        "django 5",
        "passlib",
        "bcrypt 4",
        "flask-security",
    ] {
        assert!(refused.iter().any(|maker| maker.starts_with(package)), "{package}");
    }
}

#[tokio::test]
async fn a_password_is_tried_as_it_was_sent_too_and_bcrypt_reads_72_bytes() {
    let hasher = hasher();
    // Python hashes the decomposed form. This service normalises it.
    let sent = "cafe\u{301} corner";
    let mut found = 0;
    for vector in vectors().iter().filter(|vector| vector.made_by.starts_with("bcrypt")) {
        let hash = Some(vector.hash.as_str());
        if vector.password == sent {
            assert_eq!(verify(&hasher, sent, hash).await.unwrap(), TO_REPLACE);
            assert_eq!(verify(&hasher, "caf\u{e9} corner", hash).await.unwrap(), NO);
            found += 1;
        }
        if vector.password.len() >= 72 {
            let longer = format!("{}!", vector.password);
            assert_eq!(verify(&hasher, &longer, hash).await.unwrap(), TO_REPLACE);
            let other: String = vector.password.chars().skip(1).collect();
            let other = format!("?{other}");
            assert_eq!(verify(&hasher, &other, hash).await.unwrap(), NO);
            found += 1;
        }
    }
    assert!(found >= 3, "{found}");
}

#[tokio::test]
async fn a_name_without_an_account_costs_what_imported_hashes_cost() {
    let gated = gated(1, 4);
    drop(gated.gate);
    let mut distribution = HashCostDistribution::default();
    let bcrypt = vectors().into_iter().find(|vector| vector.made_by.starts_with("bcrypt")).unwrap();
    distribution.add(&bcrypt.hash);
    gated.hasher.set_cost_distribution(distribution);
    assert_eq!(verify(&gated.hasher, "correct horse", None).await.unwrap(), NO);
    assert!(gated.watched.lock().unwrap().runs.is_empty(), "no Argon2 is run");
}

#[tokio::test]
async fn an_account_without_a_password_matches_nothing() {
    let hasher = hasher();
    for stored in ["!", "!abc", "*", "*0", "", "plain$$password", "password"] {
        for entered in ["!", "abc", "", "*", "password", stored] {
            assert_eq!(
                verify(&hasher, entered, Some(stored)).await.unwrap(),
                NO,
                "{stored} {entered}"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_password_and_one_with_a_zero_byte_match_nothing() {
    let hasher = hasher();
    // Made of the empty password.
    let empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let ImportedHash::Weak(weak) =
        ImportedHash::parse(empty, &ImportRules::default(), true).unwrap()
    else {
        panic!("it is a weak hash");
    };
    let stored = hasher.wrap(weak).await.unwrap();
    assert_eq!(verify(&hasher, "", Some(&stored)).await.unwrap(), NO);
    let bcrypt = vectors().into_iter().find(|vector| vector.made_by.starts_with("bcrypt")).unwrap();
    let twice = format!("{0}\0{0}", bcrypt.password);
    assert_eq!(verify(&hasher, &twice, Some(&bcrypt.hash)).await.unwrap(), NO);
}

#[test]
fn an_import_refuses_hashes_that_cost_too_much_and_texts_that_are_not_hashes() {
    let parse = |text: &str| ImportedHash::parse(text, &ImportRules::default(), true);
    let tag = "$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8";
    for (text, error) in [
        ("a password in plain text".to_owned(), ImportedHashError::Unknown),
        (format!("$argon2id$v=19$m=65537,t=1,p=1{tag}"), ImportedHashError::Argon2Memory(65_537)),
        (
            format!("argon2$argon2id$v=19$m=102400,t=2,p=8{tag}"),
            ImportedHashError::Argon2Memory(102_400),
        ),
        (format!("$argon2d$v=19$m=64,t=1,p=1{tag}"), ImportedHashError::Argon2d),
        (format!("$argon2id$v=19$m=65536,t=17,p=1{tag}"), ImportedHashError::AboveCap),
        (format!("$argon2id$v=19$m=1024,t=1,p=17{tag}"), ImportedHashError::AboveCap),
        (
            "$2b$15$ABCDEFGHIJKLMNOPQRSTUuABCDEFGHIJKLMNOPQRSTUVWXYZabcde".to_owned(),
            ImportedHashError::AboveCap,
        ),
        ("x".repeat(5_000), ImportedHashError::Unknown),
    ] {
        let found = parse(&text).map(|hash| hash.kind());
        assert_eq!(found, Err(error), "{text}");
        assert!(!error.to_string().contains(&text));
    }
    assert_eq!(parse(&format!("$argon2id$v=19$m=65536,t=16,p=16{tag}")).unwrap().kind(), "argon2");
    assert_eq!(parse("").unwrap().kind(), "no password");
}
