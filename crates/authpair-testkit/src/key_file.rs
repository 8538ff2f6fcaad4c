//! The file of the key that tests sign with.

use std::path::Path;

use super::KEY;

/// Writes the tests' key into the folder, as auth-service writes its keys.
pub(crate) fn write_key(folder: &Path) {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let keys = folder.join("keys");
    std::fs::DirBuilder::new().mode(0o700).create(&keys).expect("a folder for keys");
    let file = keys.join(format!("{}.pem", KEY.kid()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(file).expect("a key file");
    std::io::Write::write_all(&mut file, KEY.private_pem().as_bytes()).expect("a written key");
}
