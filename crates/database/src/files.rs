//! The files of an SQLite database are private to their owner: they hold password hashes and e-mail addresses.

use std::{
    ffi::{OsStr, OsString},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{DatabaseError, DatabaseUrl};
use service_kit::private_files::{
    FileAccessError, check_folder_owner, check_owner, make_file, make_folder, restrict_file,
    restrict_folder,
};

/// SQLite appends these to the database's name for its other files.
const SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Folders with other data of the services that may be in the same folder.
const OTHER_DATA_FOLDERS: [&str; 2] = ["keys", "mail"];

/// Makes the folder and the file if they do not exist, and removes access for other users. SQLite gives its other
/// files the mode of the main one, so the main one is made first.
pub(crate) fn create_and_restrict(url: &DatabaseUrl) -> Result<(), DatabaseError> {
    let DatabaseUrl::Sqlite(path) = url else { return Ok(()) };
    if let Some(folder) = folder_of(path) {
        make_folder(folder).map_err(|error| {
            DatabaseError::Unavailable(format!("folder {}: {error}", folder.display()))
        })?;
        restrict_folder(folder, |name| belongs_to_database(path, name))
            .map_err(|error| file_error(&error))?;
    }
    // If this fails, SQLite cannot open the file either, and its error says why.
    let _ = make_file(path);
    existing_files(path)
        .iter()
        .try_for_each(|file| ignore_not_found(restrict_file(file)))
        .map_err(|error| file_error(&error))
}

impl DatabaseUrl {
    /// Rejects a folder or files of another user, because a service would trust them.
    ///
    /// # Errors
    /// With the path and the owner.
    pub fn check_file_owners(&self) -> Result<(), FileAccessError> {
        let Self::Sqlite(path) = self else { return Ok(()) };
        folder_of(path).map_or(Ok(()), check_folder_owner)?;
        existing_files(path).iter().try_for_each(|file| ignore_not_found(check_owner(file)))
    }
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn existing_files(path: &Path) -> Vec<PathBuf> {
    let others = SUFFIXES.iter().map(|suffix| with_suffix(path, suffix));
    std::iter::once(path.to_owned()).chain(others).filter(|file| file.exists()).collect()
}

/// SQLite removes its other files when the last connection of any process closes, so one may vanish after it was
/// listed.
fn ignore_not_found(checked: Result<(), FileAccessError>) -> Result<(), FileAccessError> {
    match checked {
        Err(FileAccessError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(()),
        checked => checked,
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn belongs_to_database(path: &Path, name: &OsStr) -> bool {
    let own = path.file_name() == Some(name)
        || SUFFIXES.iter().any(|suffix| with_suffix(path, suffix).file_name() == Some(name));
    own || OTHER_DATA_FOLDERS.iter().any(|other| name == *other)
}

fn file_error(error: &FileAccessError) -> DatabaseError {
    DatabaseError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use super::*;
    use crate::{Access, Database};

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// Opens a database, so that all its files are there.
    async fn opened(path: &Path) -> Database {
        let database =
            Database::open(&DatabaseUrl::Sqlite(path.to_owned()), Access::ReadWrite, 1).unwrap();
        let make = database.write(|connection| {
            use diesel::connection::SimpleConnection;
            Ok(connection.batch_execute("CREATE TABLE IF NOT EXISTS t (a)")?)
        });
        make.await.unwrap();
        database
    }

    #[test]
    fn a_file_that_vanished_after_it_was_listed_is_no_error() {
        let base = tempfile::tempdir().unwrap();
        let gone = base.path().join("pair.db-wal");
        assert!(restrict_file(&gone).is_err());
        ignore_not_found(restrict_file(&gone)).unwrap();
        ignore_not_found(check_owner(&gone)).unwrap();
    }

    #[tokio::test]
    async fn a_new_database_is_for_its_owner_alone_with_its_other_files_and_its_folder() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("data/pair.db");
        let _database = opened(&path).await;
        assert_eq!(mode_of(&base.path().join("data")), 0o700);
        let files = existing_files(&path);
        assert!(files.len() >= 3, "{files:?}");
        files.iter().for_each(|file| assert_eq!(mode_of(file), 0o600, "{file:?}"));
    }

    #[tokio::test]
    async fn a_database_of_an_older_release_is_repaired_with_all_its_files() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("data/pair.db");
        let database = opened(&path).await;
        for file in existing_files(&path) {
            fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(base.path().join("data"), Permissions::from_mode(0o755)).unwrap();
        let _again = opened(&path).await;
        existing_files(&path).iter().for_each(|file| assert_eq!(mode_of(file), 0o600, "{file:?}"));
        assert_eq!(mode_of(&base.path().join("data")), 0o700);
        drop(database);
    }

    #[tokio::test]
    async fn a_database_in_a_folder_that_anybody_may_change_is_rejected() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("other"), "").unwrap();
        fs::set_permissions(base.path(), Permissions::from_mode(0o777)).unwrap();
        let url = DatabaseUrl::Sqlite(base.path().join("pair.db"));
        let error = Database::open(&url, Access::ReadWrite, 1).unwrap_err().to_string();
        assert!(
            error.contains("mode 0777") && error.contains(&base.path().display().to_string()),
            "{error}"
        );
    }
}
