//! Reads example files of each format.

mod broken_files;

use std::{fs, path::PathBuf};

use service_kit::unix_time::UnixMicros;
use tempfile::TempDir;

use super::{
    check::{CheckRules, CheckedRow, check},
    digests::Digests,
    formats::{Format, RowReader},
    source::RowError,
};
use crate::{
    accounts::{
        Ext,
        hashing::{FirebaseParameters, imported_hash::ImportRules},
    },
    mail::MailPolicy,
    scopes::KnownScopes,
};

struct Import {
    format: Format,
    rows: Vec<Result<CheckedRow, RowError>>,
}

impl Import {
    fn row(&self, number: usize) -> &CheckedRow {
        self.rows[number].as_ref().unwrap()
    }

    fn error(&self, number: usize) -> String {
        self.rows[number].as_ref().unwrap_err().to_string()
    }
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users");
    fs::write(&path, text).unwrap();
    (folder, path)
}

pub(super) fn rules() -> CheckRules {
    CheckRules {
        hashes: ImportRules::default(),
        known_scopes: KnownScopes::default(),
        default_scopes: "users:read".to_owned(),
        digests: Digests::new(b"key"),
        mail: MailPolicy::OFF,
        now: UnixMicros::new(1_800_000_000_000_000),
    }
}

fn firebase() -> FirebaseParameters {
    let key =
        "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    FirebaseParameters::new(key, "Bw==", 8, 14).unwrap()
}

/// The rows of a file that can all be stored.
pub(super) fn checked(text: &str) -> Vec<CheckedRow> {
    read(text).rows.into_iter().map(Result::unwrap).collect()
}

/// Reads a file whose format is detected from its beginning.
fn read(text: &str) -> Import {
    let (_folder, path) = file(text);
    let mut reader = RowReader::open(&path, None, Some(firebase())).unwrap();
    let (format, mut rows) = (reader.format(), Vec::new());
    while let Some(row) = reader.next().unwrap() {
        rows.push(row.and_then(|row| check(row, &rules())));
    }
    Import { format, rows }
}

#[test]
fn djangos_dump_is_read_with_the_addresses_of_allauth_wherever_they_stand() {
    let text = r#"[
{"model": "account.emailaddress", "pk": 1, "fields": {"user": 2, "email": "bob@example.com", "verified": false, "primary": true}},
{"model": "auth.user", "pk": 1, "fields": {"password": "pbkdf2_sha256$1000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "last_login": null, "is_superuser": true, "username": "ana", "first_name": "", "email": "Ana@example.com", "is_staff": true, "is_active": true, "date_joined": "2023-11-14T22:13:20Z", "groups": [], "user_permissions": []}},
{"model": "auth.user", "pk": 2, "fields": {"password": "!unusable", "username": "bob", "email": "", "is_active": false, "date_joined": "2023-11-14T22:13:20Z"}},
{"model": "sessions.session", "pk": "x", "fields": {"session_data": "{\"a\": [}"}},
{"model": "auth.user", "pk": 3, "fields": {"password": "argon2$argon2id$v=19$m=64,t=1,p=8$c2l4dGVlbiBieXRlIHNhbA$6+dmx/14byIeFGwkqs+oktKxDzfEhWnfmJd/wMER4H8", "username": "eve@example.com", "email": "", "is_active": true}},
{"model": "account.emailaddress", "pk": 2, "fields": {"user": 1, "email": "old@example.com", "verified": true, "primary": false}},
{"model": "account.emailaddress", "pk": 3, "fields": {"user": 1, "email": "ana@example.com", "verified": true, "primary": true}}
]"#;
    let import = read(text);
    assert_eq!((import.format, import.rows.len()), (Format::Django, 3));
    let ana = import.row(0);
    assert_eq!((ana.external_id.as_deref(), ana.id.as_ref()), (Some("1"), None));
    assert_eq!((ana.is_proven, ana.hash.kind()), (true, "pbkdf2-sha256"));
    assert_eq!(ana.created_at, Some(UnixMicros::new(1_700_000_000_000_000)));
    let bob = import.row(1);
    assert_eq!((bob.email.display(), bob.is_proven), ("bob@example.com", false));
    assert!(bob.disabled_at.is_some() && bob.hash.kind() == "no password");
    let eve = import.row(2);
    assert_eq!((eve.email.display(), eve.username.is_none()), ("eve@example.com", true));
    assert_eq!(eve.hash.kind(), "argon2");
}

#[test]
fn auth0s_files_are_read() {
    let exported = r#"{"_id":{"$oid":"60425dc43519d90068f82973"},"email_verified":true,"email":"ana@example.com","passwordHash":"$2b$10$ABCDEFGHIJKLMNOPQRSTUuABCDEFGHIJKLMNOPQRSTUVWXYZabcde","password_set_date":{"$date":"2021-03-05T16:34:04.134Z"},"tenant":"x","connection":"Username-Password-Authentication","_tmp_is_unique":true,"username":"ana"}
{"_id":{"$oid":"60425dc43519d90068f82974"},"email_verified":false,"email":"bob@example.com"}
"#;
    let import = read(exported);
    assert_eq!((import.format, import.rows.len()), (Format::Auth0, 2));
    let ana = import.row(0);
    assert_eq!(ana.external_id.as_deref(), Some("auth0|60425dc43519d90068f82973"));
    assert_eq!((ana.hash.kind(), ana.is_proven), ("bcrypt", true));
    let to_import = r#"[{"user_id":"7","email":"ana@example.com","email_verified":true,"blocked":true,"custom_password_hash":{"algorithm":"pbkdf2","hash":{"value":"$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","encoding":"utf8"}}},
{"user_id":"8","email":"bob@example.com","custom_password_hash":{"algorithm":"hmac","hash":{"value":"x"}}},
{"user_id":"9","email":"eve@example.com","custom_password_hash":{"algorithm":"sha1","hash":{"value":"x"},"salt":{"value":"y"}}}]"#;
    let import = read(to_import);
    let ana = import.row(0);
    assert_eq!((ana.external_id.as_deref(), ana.hash.kind()), (Some("auth0|7"), "pbkdf2-sha256"));
    assert!(ana.disabled_at.is_some());
    for number in [1, 2] {
        assert!(
            import.error(number).contains("(custom_password_hash)"),
            "{}",
            import.error(number)
        );
    }
}

#[test]
fn firebases_json_and_csv_give_the_same_users() {
    // From the README of github.com/firebase/scrypt; firebase-tools ends each line with a comma.
    let csv = "kYi4EvWQlQTKSfnJ3dRSP6IH3ed2,user1@test.com,false,lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==,42xEC+ixf3L2lw==,Test User 1,,,,,,,,,,,,,,,,,,1508893925000,1508893925000,,false,\"{\"\"plan\"\":\"\"pro\"\"}\",\nsecond,user2@test.com,true,,,,,,,,,,,,,,,,,,,,,1508893925000,1508893925000,,true,,\n";
    let json = r#"{"users": [
{"localId":"kYi4EvWQlQTKSfnJ3dRSP6IH3ed2","email":"user1@test.com","emailVerified":false,"passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw==","displayName":"Test User 1","createdAt":"1508893925000","lastSignedInAt":"1508893925000","disabled":false,"customAttributes":"{\"plan\":\"pro\"}","providerUserInfo":[]},
{"localId":"second","email":"user2@test.com","emailVerified":true,"createdAt":"1508893925000","disabled":true}
]}"#;
    for text in [csv, json] {
        let import = read(text);
        assert_eq!((import.format, import.rows.len()), (Format::Firebase, 2));
        let (first, second) = (import.row(0), import.row(1));
        assert_eq!(first.external_id.as_deref(), Some("kYi4EvWQlQTKSfnJ3dRSP6IH3ed2"));
        assert_eq!((first.hash.kind(), first.is_proven), ("scrypt (Firebase)", false));
        assert_eq!(first.ext.as_ref().map(Ext::as_str), Some(r#"{"plan":"pro"}"#));
        assert_eq!(first.created_at, Some(UnixMicros::new(1_508_893_925_000_000)));
        assert!(first.disabled_at.is_none() && second.disabled_at.is_some());
        assert_eq!(second.hash.kind(), "no password");
    }
}

#[test]
fn supabases_table_is_read_as_csv_and_as_json() {
    let id = "0b9f3a5e-6f0c-4e44-9c3f-2f6f5d9c1a11";
    let hash = "$2a$10$ABCDEFGHIJKLMNOPQRSTUuABCDEFGHIJKLMNOPQRSTUVWXYZabcde";
    let csv = format!(
        "instance_id,id,aud,role,email,encrypted_password,email_confirmed_at,banned_until,created_at,deleted_at\n\
         x,{id},authenticated,authenticated,ana@example.com,{hash},2023-11-14 22:13:20+00,,2023-11-14 22:13:20.000000+00,\n\
         x,,authenticated,authenticated,bob@example.com,,,9999-01-01 00:00:00+00,2023-11-14 22:13:20+00,\n\
         x,,authenticated,authenticated,eve@example.com,,,,,2023-11-14 22:13:20+00\n"
    );
    let json = format!(
        r#"[{{"id":"{id}","email":"ana@example.com","encrypted_password":"{hash}","email_confirmed_at":"2023-11-14T22:13:20Z","banned_until":null,"created_at":"2023-11-14T22:13:20+00:00","deleted_at":null}}]"#
    );
    for text in [&csv, &json] {
        let import = read(text);
        assert_eq!(import.format, Format::Supabase);
        let ana = import.row(0);
        assert_eq!(ana.id.as_ref().map(service_kit::ids::UserId::as_str), Some(id));
        assert_eq!((ana.is_proven, ana.hash.kind()), (true, "bcrypt"));
        assert!(ana.disabled_at.is_none() && ana.created_at.is_some());
    }
    let import = read(&csv);
    assert!(import.row(1).disabled_at.is_some() && !import.row(1).is_proven);
    assert_eq!(import.error(2), "line 4, column 10 (deleted_at): says that the user was deleted");
}

#[test]
fn tables_of_flask_and_flask_security_are_recognised_by_their_columns() {
    let import = read(
        "id,email,username,password,active,fs_uniquifier,confirmed_at,create_datetime\n\
         1,ana@example.com,,!,1,abc,2023-11-14 22:13:20.000000,2023-11-14 22:13:20.000000\n\
         2,bob@example.com,bob,!,0,def,,2023-11-14 22:13:20\n",
    );
    assert_eq!(import.format, Format::Flask);
    let (ana, bob) = (import.row(0), import.row(1));
    assert_eq!((ana.is_proven, bob.is_proven), (true, false));
    assert!(ana.disabled_at.is_none() && bob.disabled_at.is_some());
    let json = read(r#"[{"id": 1, "email": "ana@example.com", "password": "!"}]"#);
    assert_eq!((json.format, json.row(0).external_id.as_deref()), (Format::Flask, Some("1")));
}

#[test]
fn a_row_that_could_lower_a_users_security_is_refused() {
    let import = read(
        r#"{"email":"ana@example.com","totp_secret":"JBSWY3DPEHPK3PXP"}
{"email":"ana@example.com","external_id":" 7"}
{"email":"ana@example.com","created_at":"2100-01-01T00:00:00Z"}
{"email":"ana@example.com","ext":[]}
{"username":"ana"}
"#,
    );
    for (number, expected) in [
        (0, "(totp_secret): cannot be imported"),
        (1, "(external_id): is too long"),
        (2, "(created_at): is in the future"),
        (3, "(ext): "),
        (4, "(email): is missing"),
    ] {
        assert!(import.error(number).contains(expected), "{}", import.error(number));
        assert!(!import.error(number).contains("JBSW"));
    }
}
