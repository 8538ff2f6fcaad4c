//! `auth-service users import`

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use clap::Args;
use database::Database;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use service_kit::{cli::ExitStatus, clock::Clock, server::cores};

use crate::{
    accounts::hashing::{FirebaseParameters, PasswordHasher, imported_hash::ImportRules},
    audit::RequestContext,
    cli::{CommandError, print},
    import::{
        self, CheckRules, Digests, Format, ImportFile, ImportOptions, OnConflict, Progress, Report,
        RowError,
    },
    secrets_key::{Purpose, SecretsKey},
    settings::AuthSettings,
};

/// The exit code of an import with rows that cannot be imported.
const EXIT_CODE_ROW_ERRORS: u8 = 3;

/// A file of users, and how it is imported. Without `--apply` nothing is written.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ImportArguments {
    /// The file with the users.
    file: PathBuf,
    /// The format of the file. `auto`, the default, recognises it by the beginning of the file.
    #[arg(long, value_parser = format_argument, default_value = "auto")]
    format: FormatArgument,
    /// Write the users. Without it, the command says what it would do.
    #[arg(long)]
    apply: bool,
    /// What happens with a user who is there already and differs.
    #[arg(long, value_enum, default_value_t = OnConflict::Skip)]
    on_conflict: OnConflict,
    /// A new file for old and new ids: CSV with the header `old_id,new_id`.
    #[arg(long, value_name = "FILE", requires = "apply")]
    map: Option<PathBuf>,
    /// The most memory of an Argon2 hash, in MiB; Django's hashes take 100.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=256))]
    argon2_memory: u32,
    /// The `hash_config` of a Firebase project, as its console shows it.
    #[arg(long, value_name = "FILE")]
    firebase_hash_config: Option<PathBuf>,
    /// A file with the `SECURITY_PASSWORD_SALT` of a Flask-Security application.
    #[arg(long, value_name = "FILE")]
    flask_security_salt: Option<PathBuf>,
    /// A file with the ids of revoked refresh tokens of the old application, one a line.
    #[arg(long, value_name = "FILE")]
    revoked_jti: Option<PathBuf>,
}

/// A format, or `None` for `auto`.
#[derive(Clone, Copy, Debug)]
struct FormatArgument(Option<Format>);

fn format_argument(text: &str) -> Result<FormatArgument, String> {
    if text == "auto" {
        return Ok(FormatArgument(None));
    }
    clap::ValueEnum::from_str(text, false).map(|format| FormatArgument(Some(format))).map_err(
        |_| "is not one of auto, jsonl, csv, flask, django, auth0, firebase, supabase".to_owned(),
    )
}

pub(super) async fn run(
    arguments: &ImportArguments,
    database: &Database,
    settings: &AuthSettings,
    context: RequestContext,
) -> Result<(), CommandError> {
    let (file, hashes) = (open(arguments)?, import_rules(arguments)?);
    print(&format!("format: {}", file.format().name()))?;
    let key = SecretsKey::open(&settings.secrets_key)?;
    key.check(database).await?;
    let clock = Clock::system();
    // First, so that a revoked token of an imported user is never accepted.
    if let Some(path) = &arguments.revoked_jti {
        let count =
            import::revoked_tokens(database, path, arguments.apply, &context, &clock).await?;
        print(&format!("{count} revoked tokens of the old application"))?;
    }
    let rules = CheckRules {
        hashes,
        known_scopes: settings.known_scopes.clone(),
        default_scopes: settings.default_scopes.to_string(),
        digests: Digests::new(&key.derive(Purpose::ImportDigests)),
        mail: settings.mail.policy(),
        now: context.at,
    };
    let options = ImportOptions {
        rules,
        on_conflict: arguments.on_conflict,
        apply: arguments.apply,
        map: arguments.map.clone(),
        context,
        clock,
        access: settings.lifetimes.access,
    };
    let hasher = PasswordHasher::start(
        settings.argon2_engine,
        settings.argon2,
        cores(),
        import::MAX_HASHES_AT_ONCE,
    )?;
    let mut progress = Bar::new(&arguments.file)?;
    let done = import::run(database, &hasher, file, options, &mut progress).await;
    progress.bar.finish_and_clear();
    finish(&done?, arguments.apply)
}

fn open(arguments: &ImportArguments) -> Result<ImportFile, CommandError> {
    let firebase = arguments.firebase_hash_config.as_deref().map(read_firebase).transpose()?;
    let file = ImportFile::open(&arguments.file, arguments.format.0, firebase);
    Ok(file.map_err(|error| format!("{}: {error}", arguments.file.display()))?)
}

fn import_rules(arguments: &ImportArguments) -> Result<ImportRules, CommandError> {
    Ok(ImportRules {
        // At most 256 MiB, so this is a number of 32 bits.
        argon2_memory_kib: arguments.argon2_memory * 1024,
        flask_security_salt: arguments.flask_security_salt.as_deref().map(read_line).transpose()?,
    })
}

fn finish(report: &Report, apply: bool) -> Result<(), CommandError> {
    print(&report.to_string())?;
    if !apply {
        print("nothing was written: this was a trial; --apply writes")?;
    }
    if report.rejected == 0 {
        return Ok(());
    }
    let message = format!("{} rows were not imported", report.rejected);
    Err(Box::new(ExitStatus { code: EXIT_CODE_ROW_ERRORS, message }))
}

/// A progress bar on a terminal, and a line on standard error for each row that is rejected.
struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new(file: &Path) -> io::Result<Self> {
        let length = std::fs::metadata(file)?.len();
        if !io::stderr().is_terminal() {
            return Ok(Self { bar: ProgressBar::hidden() });
        }
        let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
        let bar = ProgressBar::new(length);
        Ok(Self { bar: style.map_or(bar.clone(), |style| bar.with_style(style)) })
    }
}

impl Progress for Bar {
    fn read(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    #[expect(clippy::print_stderr, reason = "standard output is for the result of the command")]
    fn rejected(&mut self, error: &RowError) {
        self.bar.suspend(|| eprintln!("{error}"));
    }
}

/// The parameters as Firebase's console shows them (`name: value,` on lines of their own), or as JSON.
fn read_firebase(path: &Path) -> Result<FirebaseParameters, CommandError> {
    #[derive(Deserialize)]
    struct Given {
        base64_signer_key: String,
        base64_salt_separator: String,
        rounds: u32,
        mem_cost: u32,
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let given: Given = serde_json::from_str(&text)
        .or_else(|_| serde_json::from_value(parse_console(&text)))
        .map_err(|_| format!("{}: is no hash_config of Firebase", path.display()))?;
    let Given { base64_signer_key: key, base64_salt_separator: separator, rounds, mem_cost } =
        given;
    Ok(FirebaseParameters::new(&key, &separator, rounds, mem_cost)?)
}

/// Reads the lines of Firebase's console as a JSON object.
fn parse_console(text: &str) -> serde_json::Value {
    let member = |line: &str| {
        let (name, value) = line.trim().trim_end_matches(',').split_once(':')?;
        let value = value.trim().trim_matches('"');
        let value = value.parse::<u32>().map_or_else(|_| value.into(), serde_json::Value::from);
        Some((name.trim().to_owned(), value))
    };
    serde_json::Value::Object(text.lines().filter_map(member).collect())
}

/// A secret in a file, without the line end.
fn read_line(path: &Path) -> Result<String, CommandError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()).into());
    }
    Ok(text.to_owned())
}
