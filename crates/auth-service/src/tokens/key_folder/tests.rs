use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{KeyFolder, KeyFolderError, SigningKey};

static PEMS: LazyLock<[Zeroizing<String>; 2]> =
    LazyLock::new(|| [0, 1].map(|_| SigningKey::generate_pem(2048).unwrap()));

fn folder() -> (TempDir, KeyFolder) {
    let base = TempDir::new().unwrap();
    let keys = KeyFolder::open(base.path().join("data/keys")).unwrap();
    (base, keys)
}

fn names_path(error: &KeyFolderError, path: &std::path::Path) -> bool {
    error.to_string().contains(&path.display().to_string())
}

#[test]
fn a_stored_key_is_loaded_by_its_kid_and_among_all() {
    let (_base, keys) = folder();
    assert!(keys.load_all().unwrap().is_empty());
    let mut kids: Vec<String> =
        PEMS.iter().map(|pem| keys.store(pem).unwrap().kid().to_owned()).collect();
    kids.sort();
    let loaded: Vec<String> =
        keys.load_all().unwrap().iter().map(|key| key.kid().to_owned()).collect();
    assert_eq!(loaded, kids);
    assert_eq!(keys.load(&kids[0]).unwrap().unwrap().kid(), kids[0]);
}

#[test]
fn storing_a_key_again_changes_nothing_and_leaves_no_draft() {
    let (_base, keys) = folder();
    let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
    keys.store(&PEMS[0]).unwrap();
    let names: Vec<_> =
        fs::read_dir(keys.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [format!("{kid}.pem").as_str()]);
}

#[test]
fn a_removed_key_is_gone_and_removing_it_again_is_no_error() {
    let (_base, keys) = folder();
    let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
    assert!(keys.remove(&kid).unwrap());
    assert!(!keys.remove(&kid).unwrap());
    assert!(keys.load(&kid).unwrap().is_none());
}

#[test]
fn no_key_id_reaches_a_file_outside_of_the_folder() {
    let (base, keys) = folder();
    let outside = base.path().join("data/outside.pem");
    fs::write(&outside, PEMS[0].as_bytes()).unwrap();
    for kid in ["../outside", "", ".", "/etc/passwd", "a\0b", &"../".repeat(14)] {
        assert!(keys.load(kid).unwrap().is_none(), "{kid:?}");
        assert!(!keys.remove(kid).unwrap(), "{kid:?}");
    }
    assert!(outside.exists());
}

#[test]
fn files_that_are_not_keys_are_ignored() {
    let (_base, keys) = folder();
    for name in ["README.md", ".gitignore", ".abc.1.draft"] {
        fs::write(keys.path().join(name), "text").unwrap();
    }
    assert!(keys.load_all().unwrap().is_empty());
}

#[test]
fn a_file_that_is_not_a_valid_key_is_an_error_that_names_the_file() {
    let (_base, keys) = folder();
    for content in [&b"no key"[..], b"", b"\xff\xfe", &[b'a'; 100_000]] {
        let path = keys.path().join("broken.pem");
        super::create_file(&path, content).unwrap();
        let error = keys.load_all().unwrap_err();
        assert!(names_path(&error, &path), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_prevent_other_keys_from_being_loaded() {
    let (_base, keys) = folder();
    let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
    let unreadable = "x".repeat(43);
    // Root cannot read a folder as a file either.
    super::make_folder(&keys.path().join(format!("{unreadable}.pem"))).unwrap();
    let loaded = keys.load_all().unwrap();
    assert_eq!(loaded.iter().map(SigningKey::kid).collect::<Vec<_>>(), [kid.as_str()]);
    assert!(keys.load(&unreadable).is_err(), "loading this key alone returns the error");
}

#[test]
fn a_file_named_after_another_key_is_an_error() {
    let (_base, keys) = folder();
    let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
    let path = keys.path().join("current.pem");
    fs::rename(keys.path().join(format!("{kid}.pem")), &path).unwrap();
    let error = keys.load_all().unwrap_err();
    assert!(matches!(&error, KeyFolderError::Misnamed { kid: found, .. } if *found == kid));
    assert!(names_path(&error, &path), "{error}");
}

#[test]
fn a_text_that_is_not_a_key_is_not_stored() {
    let (_base, keys) = folder();
    assert!(matches!(keys.store("no key"), Err(KeyFolderError::Key { .. })));
    assert_eq!(fs::read_dir(keys.path()).unwrap().count(), 0);
}

#[test]
fn a_path_that_is_not_a_folder_is_an_error_that_names_the_path() {
    let base = TempDir::new().unwrap();
    let file = base.path().join("keys");
    fs::write(&file, "").unwrap();
    let below: PathBuf = file.join("deeper");
    for path in [file, below] {
        let error = KeyFolder::open(&path).unwrap_err();
        assert!(names_path(&error, &path), "{error}");
    }
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{KeyFolder, KeyFolderError, PEMS, TempDir, folder, fs, names_path};

    #[test]
    fn folder_and_files_are_made_for_their_owner_alone() {
        let (_base, keys) = folder();
        let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(keys.path()), 0o700);
        assert_eq!(mode(&keys.path().join(format!("{kid}.pem"))), 0o600);
    }

    #[test]
    fn a_key_that_root_stores_belongs_to_the_owner_of_the_folder() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let (_base, keys) = folder();
        // Only root may give a folder away.
        if chown(keys.path(), Some(65_534), Some(65_534)).is_err() {
            return;
        }
        let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
        let found = fs::metadata(keys.path().join(format!("{kid}.pem"))).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o777), (65_534, 65_534, 0o600));
    }

    #[test]
    fn a_key_that_others_may_read_is_an_error_that_names_the_file() {
        let (_base, keys) = folder();
        let kid = keys.store(&PEMS[0]).unwrap().kid().to_owned();
        let path = keys.path().join(format!("{kid}.pem"));
        for mode in [0o640, 0o604, 0o644, 0o620, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = keys.load_all().unwrap_err();
            assert!(matches!(error, KeyFolderError::Exposed { .. }), "{mode:o}");
            assert!(names_path(&error, &path), "{error}");
            assert!(keys.load(&kid).is_err());
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(keys.load_all().unwrap().len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_an_error_that_names_the_folder() {
        let base = TempDir::new().unwrap();
        let path = base.path().join("keys");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        // The super-user can read it anyway.
        if let Err(error) = KeyFolder::open(&path) {
            assert!(names_path(&error, &path), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
