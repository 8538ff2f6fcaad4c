use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::store::test_database::TestDatabase;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn derived(key: &SecretsKey) -> Vec<u8> {
    key.derive(Purpose::AttemptKeys).to_vec()
}

#[test]
fn the_first_start_makes_a_file_for_its_owner_alone_and_later_ones_read_it() {
    let folder = folder();
    let path = folder.path().join("keys/secrets.key");
    let made = SecretsKey::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(derived(&SecretsKey::open(&path).unwrap()), derived(&made));
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "no draft is left");
    let other = SecretsKey::open(&folder.path().join("other.key")).unwrap();
    assert_ne!(derived(&other), derived(&made));
}

#[test]
fn processes_that_start_at_once_get_the_same_key() {
    let folder = folder();
    let path = folder.path().join("secrets.key");
    let starts = (0..16).map(|_| {
        let path = path.clone();
        std::thread::spawn(move || derived(&SecretsKey::open(&path).unwrap()))
    });
    let keys: Vec<_> =
        starts.collect::<Vec<_>>().into_iter().map(|one| one.join().unwrap()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn purposes_have_keys_of_their_own() {
    let folder = folder();
    let key = SecretsKey::open(&folder.path().join("secrets.key")).unwrap();
    assert_ne!(key.derive(Purpose::AttemptKeys), key.derive(Purpose::DeviceTokens));
}

#[test]
fn a_file_without_a_key_or_that_others_can_read_is_an_error_that_names_it() {
    let folder = folder();
    let path = folder.path().join("secrets.key");
    for text in ["", "short", &"0".repeat(63), &"g".repeat(64), &"0".repeat(65)] {
        let _ = fs::remove_file(&path);
        write_new(&path, text).unwrap();
        let error = SecretsKey::open(&path).unwrap_err().to_string();
        assert!(error.contains("secrets.key") && error.contains("openssl rand"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    write_new(&path, &format!("  {}\n\n", "0A".repeat(32))).unwrap();
    SecretsKey::open(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = SecretsKey::open(&path).unwrap_err();
    assert!(matches!(error, SecretsKeyError::Exposed { mode: 0o640, .. }), "{error}");
}

#[tokio::test]
async fn a_key_other_than_the_one_of_the_database_is_an_error() {
    let (folder, test) = (folder(), TestDatabase::open());
    let key = SecretsKey::open(&folder.path().join("one.key")).unwrap();
    key.check(&test.database).await.unwrap();
    key.check(&test.database).await.unwrap();
    let other = SecretsKey::open(&folder.path().join("two.key")).unwrap();
    let error = other.check(&test.database).await.unwrap_err();
    assert!(error.to_string().contains("two.key"), "{error}");
}
