//! PostgreSQL's own programs, run as a user who is not root, and the data folders that they make.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

/// The data folder that `initdb` makes. It takes a second, so each cluster starts with a copy of this folder.
static TEMPLATE: OnceLock<Template> = OnceLock::new();

#[derive(Debug)]
struct Template {
    folder: PathBuf,
    /// A shell that removes the folder when this process ends.
    _guard: Child,
}

impl Template {
    fn new(bin: &Path, folder: PathBuf) -> Self {
        let mut initdb = as_server_user(bin.join("initdb").as_os_str());
        initdb.arg("-D").arg(&folder).args(["-U", "postgres", "-A", "trust", "-N"]);
        run(initdb.args(["-E", "UTF8", "--locale=C", "--wal-segsize=1"]));
        let script = format!("read -r order; rm -rf '{}'", folder.display());
        Self { folder, _guard: guard(&script) }
    }
}

/// Makes the data folder of a new cluster.
pub(super) fn new_data_folder(bin: &Path, folder: &Path) {
    let template = TEMPLATE.get_or_init(|| Template::new(bin, folder.with_extension("template")));
    run(as_server_user(OsStr::new("cp")).arg("-a").arg(&template.folder).arg(folder));
}

/// A shell whose input ends when this process does.
pub(super) fn guard(script: &str) -> Child {
    let mut command = as_server_user(OsStr::new("sh"));
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a shell")
}

/// A command that runs as the user of the server: `nobody` if the tests run as root, because PostgreSQL does not run as
/// root.
pub(super) fn as_server_user(program: &OsStr) -> Command {
    let user = Command::new("id").arg("-u").output();
    if user.is_ok_and(|output| output.stdout == b"0\n") {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// The folder of this machine's newest PostgreSQL.
pub(super) fn bin_folder() -> Option<PathBuf> {
    let is_complete = |bin: &PathBuf| bin.join("initdb").exists() && bin.join("postgres").exists();
    let version = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let folders = installed.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    folders.filter(is_complete).max_by_key(version).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(is_complete)
    })
}

/// Runs a program that has to succeed.
pub(super) fn run(command: &mut Command) {
    let done = command.stdin(Stdio::null()).output().expect("a PostgreSQL tool");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
