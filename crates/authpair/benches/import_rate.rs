//! How fast users are imported, and in how much memory.
//!
//! `cargo bench -p authpair --bench import_rate` imports 1,000,000 users (`IMPORT_ROWS=100000` another number) with
//! hashes of Werkzeug into SQLite, and as many into PostgreSQL where there is one, by the command line as an operator
//! does. It prints rows a minute and the most memory of the process, and fails if SQLite takes fewer than 100,000 rows
//! a minute or the import more than 100 MB.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a program that prints what it finds"
)]

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use authpair_testkit::{authpair_command, postgres, temporary_folder};

/// Fewest rows a minute on SQLite.
const MIN_RATE: f64 = 100_000.0;
/// Most memory of the process.
const MAX_MEMORY_MB: u64 = 100;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let rows: u64 =
        std::env::var("IMPORT_ROWS").ok().map_or(1_000_000, |text| text.parse().unwrap());
    let folder = temporary_folder();
    let file = folder.path().join("users.csv");
    write_users(&file, rows);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sqlite = format!("sqlite://{}/import.db", folder.path().display());
    let mut good = import("SQLite", &sqlite, folder.path(), &file, rows, MIN_RATE);
    match runtime.block_on(postgres::new_database()) {
        Some(url) => good &= import("PostgreSQL", &url, folder.path(), &file, rows, 0.0),
        None => println!("PostgreSQL: there is none here"),
    }
    ExitCode::from(u8::from(!good))
}

/// A table as a Flask application has it: each user with a hash, a fifth of them without a name.
fn write_users(path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "id,username,email,password,created_at").unwrap();
    for number in 0..rows {
        let name = if number % 5 == 0 { String::new() } else { format!("user{number}") };
        let (salt, tag) = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number);
        writeln!(
            file,
            "{number},{name},user{number}@example.com,scrypt:32768:8:1${salt:016x}${tag:0128x},2024-01-01 00:00:00"
        )
        .unwrap();
    }
    file.flush().unwrap();
}

fn import(name: &str, url: &str, folder: &Path, file: &Path, rows: u64, min_rate: f64) -> bool {
    let settings = [("AUTH_DATABASE_URL".to_owned(), url.to_owned())];
    let command = |arguments: &[&str]| {
        let program = Path::new(env!("CARGO_BIN_EXE_authpair"));
        let mut command = authpair_command(program, arguments, &settings, folder);
        command.stdout(Stdio::piped());
        command
    };
    assert!(command(&["auth-service", "migrate"]).status().unwrap().success());
    let path = file.display().to_string();
    let mut good = true;
    for (what, is_first) in
        [("the first run", true), ("the second run, which changes nothing", false)]
    {
        let began = Instant::now();
        let (memory, text) =
            finished(&mut command(&["auth-service", "users", "import", &path, "--apply"]));
        let took = began.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
        let rate = rows as f64 / took.as_secs_f64() * 60.0;
        println!(
            "{name}, {what}: {rows} rows in {:.1} s, {rate:.0} rows a minute, at most {memory} MB",
            took.as_secs_f64()
        );
        let expected = if is_first { format!("{rows} new") } else { format!("{rows} unchanged") };
        good &= text.contains(&expected) && rate >= min_rate && memory < MAX_MEMORY_MB;
    }
    good
}

/// Runs a command to its end. Returns the most memory that it had, in MB, and what it printed.
fn finished(command: &mut Command) -> (u64, String) {
    let mut child = command.spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(memory_mb(&child));
        sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    (most, String::from_utf8_lossy(&output.stdout).into_owned())
}

fn memory_mb(child: &Child) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}
