use std::{fs, io::ErrorKind, os::unix::fs::chown};

use tempfile::TempDir;

use super::*;

/// A user id that no process of this machine has.
const STRANGER: u32 = 54_321;

fn mode_of(path: &Path) -> u32 {
    mode(&fs::metadata(path).unwrap())
}

fn folder_of(mode: u32) -> (TempDir, PathBuf) {
    let base = TempDir::new().unwrap();
    let folder = base.path().join("data");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
    (base, folder)
}

fn file_of(folder: &Path, mode: u32) -> PathBuf {
    let file = folder.join("pair.db");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    file
}

fn is_pair(name: &OsStr) -> bool {
    name == "pair.db"
}

#[test]
fn what_is_made_is_for_its_owner_alone() {
    let base = TempDir::new().unwrap();
    let folder = base.path().join("a/b");
    make_folder(&folder).unwrap();
    drop(make_file(&folder.join("c")).unwrap());
    assert_eq!(
        [mode_of(&base.path().join("a")), mode_of(&folder), mode_of(&folder.join("c"))],
        [0o700, 0o700, 0o600]
    );
    assert_eq!(make_file(&folder.join("c")).unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_wide_mode_of_our_own_is_repaired() {
    for wide in [0o755, 0o750, 0o711, 0o770, 0o777, 0o2775] {
        let (_base, folder) = folder_of(wide);
        for wide in [0o644, 0o640, 0o666, 0o604, 0o755] {
            let file = file_of(&folder, wide);
            restrict_file(&file).unwrap();
            assert_eq!(mode_of(&file), 0o600, "{wide:o}");
        }
        restrict_folder(&folder, is_pair).unwrap();
        assert_eq!(mode_of(&folder) & 0o777, 0o700, "{wide:o}");
    }
}

#[test]
fn a_mode_that_is_narrow_already_is_left_alone() {
    let (_base, folder) = folder_of(0o500);
    restrict_folder(&folder, is_pair).unwrap();
    assert_eq!(mode_of(&folder), 0o500);
    let (_base, folder) = folder_of(0o700);
    let file = file_of(&folder, 0o400);
    restrict_file(&file).unwrap();
    assert_eq!(mode_of(&file), 0o400);
}

#[test]
fn a_folder_that_holds_something_else_keeps_its_mode_and_is_rejected_if_others_may_write_there() {
    for (mode, good) in [
        (0o755, true),
        (0o711, true),
        (0o1777, true),
        (0o777, false),
        (0o775, false),
        (0o2775, false),
    ] {
        let (_base, folder) = folder_of(mode);
        file_of(&folder, 0o600);
        fs::write(folder.join("essay.txt"), "x").unwrap();
        assert_eq!(restrict_folder(&folder, is_pair).is_ok(), good, "{mode:o}");
        assert_eq!(mode_of(&folder), mode);
    }
}

#[test]
fn what_is_missing_is_an_error_that_names_it() {
    let path = Path::new("/no/such/file");
    for result in [restrict_file(path), restrict_folder(path, is_pair), check_owner(path)] {
        assert!(result.unwrap_err().to_string().contains("/no/such/file"));
    }
}

#[test]
fn a_volume_that_root_owns_keeps_its_mode_for_the_group_it_is_for() {
    let (_base, folder) = folder_of(0o755);
    if process_user() != ROOT || chown(&folder, None, Some(STRANGER)).is_err() {
        return; // Only root has such folders.
    }
    for (mode, good) in [(0o2775, true), (0o2750, true), (0o2777, false)] {
        fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
        assert_eq!(restrict_folder(&folder, is_pair).is_ok(), good, "{mode:o}");
        assert_eq!(mode_of(&folder), mode);
    }
}

#[test]
fn what_belongs_to_another_user_is_rejected_by_a_service_and_kept_theirs_by_a_command_of_root() {
    let (_base, folder) = folder_of(0o755);
    let file = file_of(&folder, 0o644);
    if process_user() != ROOT || chown(&file, Some(STRANGER), None).is_err() {
        return; // Only root can give files away.
    }
    let error = check_owner(&file).unwrap_err().to_string();
    assert!(
        error.contains("pair.db belongs to user 54321") && error.contains("as user 0"),
        "{error}"
    );
    check_owner(&folder).unwrap();
    restrict_file(&file).unwrap();
    let found = fs::metadata(&file).unwrap();
    assert_eq!((found.uid(), mode(&found)), (STRANGER, 0o600));
    chown(&folder, Some(STRANGER), Some(STRANGER)).unwrap();
    assert!(check_folder_owner(&folder).is_err());
    assert!(take_over_folder(&folder, |name| name == "other").is_err());
    take_over_folder(&folder, is_pair).unwrap();
    check_owner(&folder).unwrap();
    chown(&folder, Some(STRANGER), Some(STRANGER)).unwrap();
    let made = folder.join("new");
    drop(make_file(&made).unwrap());
    let found = fs::metadata(&made).unwrap();
    assert_eq!((found.uid(), found.gid(), mode(&found)), (STRANGER, STRANGER, 0o600));
}
