//! Runs the import of a whole file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use database::{Database, DatabaseError};
use service_kit::clock::Clock;
use tokio::task::JoinSet;

use super::{
    batch::{Batch, BatchError, BatchWriter},
    check::{CheckRules, CheckedRow, check},
    formats::{Format, RowReader},
    id_map::IdMap,
    plan::OnConflict,
    report::{Progress, Report},
    source::RowError,
};
use crate::{
    accounts::hashing::{
        FirebaseParameters, HashingError, PasswordHasher,
        imported_hash::{ImportedHash, NO_PASSWORD, WeakHash},
    },
    audit::RequestContext,
};

/// Rows in one transaction. They are few enough that other writers do not wait for long.
const BATCH: usize = 500;

/// Maximum number of weak hashes that are wrapped at once: the length of the command's hash queue.
pub const MAX_HASHES_AT_ONCE: usize = 64;

/// The options of an import.
#[derive(Clone)]
pub struct ImportOptions {
    /// The rules by which rows are checked.
    pub rules: CheckRules,
    /// What happens with users that exist already and differ.
    pub on_conflict: OnConflict,
    /// Whether anything is written.
    pub apply: bool,
    /// The file for old and new ids.
    pub map: Option<PathBuf>,
    /// The context of the import, for the audit log.
    pub context: RequestContext,
    /// Tells the time of each batch.
    pub clock: Clock,
    /// The lifetime of access tokens.
    pub access: Duration,
}

/// An open file of users.
pub struct ImportFile(RowReader);

impl ImportFile {
    /// Opens a file. Without a format, the format is detected from the file's beginning.
    ///
    /// # Errors
    /// When the file cannot be read, or its format cannot be detected.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        firebase: Option<FirebaseParameters>,
    ) -> io::Result<Self> {
        RowReader::open(path, format, firebase).map(Self)
    }

    /// The format of the file.
    pub fn format(&self) -> Format {
        self.0.format()
    }
}

/// Why an import stops. Batches that were written before stay.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// `--on-conflict fail`, and a row whose user exists already and differs.
    #[error("{0}")]
    Conflict(RowError),
    /// A weak hash cannot be wrapped.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<BatchError> for ImportError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Conflict(error) => Self::Conflict(error),
            BatchError::Database(error) => Self::Database(error),
        }
    }
}

/// Imports a file. Without `apply` it is a dry run, which only counts what an import would do.
///
/// # Errors
/// See [`ImportError`].
pub async fn run(
    database: &Database,
    hasher: &PasswordHasher,
    mut file: ImportFile,
    options: ImportOptions,
    progress: &mut impl Progress,
) -> Result<Report, ImportError> {
    let map = options.map.as_deref().filter(|_| options.apply).map(IdMap::create).transpose()?;
    let writer = BatchWriter {
        database: database.clone(),
        rules: Arc::new(options.rules),
        on_conflict: options.on_conflict,
        context: options.context,
        clock: options.clock,
        access: options.access,
    };
    let mut import =
        Import { writer, hasher, apply: options.apply, map, report: Report::default() };
    loop {
        let rows_before = import.report.rows;
        let rows = import.read(&mut file.0, progress)?;
        if import.report.rows == rows_before {
            break;
        }
        if !rows.is_empty() {
            import.write(rows, rows_before, progress).await?;
        }
        progress.read(file.0.offset());
    }
    import.map.map_or(Ok(()), IdMap::finish)?;
    Ok(import.report)
}

/// A running import.
struct Import<'a> {
    writer: BatchWriter,
    hasher: &'a PasswordHasher,
    apply: bool,
    map: Option<IdMap>,
    report: Report,
}

impl Import<'_> {
    /// Reads the next rows. Returns those that can be stored, and reports the others.
    fn read(
        &mut self,
        file: &mut RowReader,
        progress: &mut impl Progress,
    ) -> io::Result<Vec<CheckedRow>> {
        let mut rows = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let Some(row) = file.next()? else { break };
            self.report.rows += 1;
            match row.and_then(|row| check(row, &self.writer.rules)) {
                Ok(row) => {
                    *self.report.hashes.entry(row.hash.kind()).or_default() += 1;
                    rows.push(row);
                }
                Err(error) => {
                    self.report.rejected += 1;
                    progress.rejected(&error);
                }
            }
        }
        Ok(rows)
    }

    async fn write(
        &mut self,
        rows: Vec<CheckedRow>,
        rows_before: u64,
        progress: &mut impl Progress,
    ) -> Result<(), ImportError> {
        let hashes = self.hashes(&rows).await?;
        let old_ids: Vec<Option<String>> = rows.iter().map(|row| row.old_id.clone()).collect();
        let batch = Batch { rows, hashes, rows_before };
        let outcomes = if self.apply {
            self.writer.write(batch).await?
        } else {
            self.writer.dry_run(batch).await?
        };
        for (outcome, old_id) in outcomes.into_iter().zip(old_ids) {
            match (self.report.count(outcome), &mut self.map, old_id) {
                (Ok(id), Some(map), Some(old_id)) => map.add(&old_id, &id)?,
                (Ok(_), _, _) => {}
                (Err(error), _, _) => progress.rejected(&error),
            }
        }
        Ok(())
    }

    /// The hashes to store. Weak hashes are wrapped first, as many at once as there are threads.
    async fn hashes(&self, rows: &[CheckedRow]) -> Result<Vec<String>, HashingError> {
        let mut hashes = vec![String::new(); rows.len()];
        let mut weak = Vec::new();
        for (index, (row, hash)) in rows.iter().zip(&mut hashes).enumerate() {
            match &row.hash {
                ImportedHash::AsIs { text, .. } => hash.clone_from(text),
                ImportedHash::None => NO_PASSWORD.clone_into(hash),
                // A dry run stores nothing.
                ImportedHash::Weak(_) if !self.apply => {}
                ImportedHash::Weak(hash) => weak.push((index, hash.clone())),
            }
        }
        for some in weak.chunks(self.hasher.threads().clamp(1, MAX_HASHES_AT_ONCE)) {
            for (index, wrapped) in wrap(self.hasher, some).await? {
                if let Some(hash) = hashes.get_mut(index) {
                    *hash = wrapped;
                }
            }
        }
        Ok(hashes)
    }
}

async fn wrap(
    hasher: &PasswordHasher,
    weak: &[(usize, WeakHash)],
) -> Result<Vec<(usize, String)>, HashingError> {
    let mut running = JoinSet::new();
    for (index, hash) in weak.iter().cloned() {
        let hasher = hasher.clone();
        running.spawn(async move { hasher.wrap(hash).await.map(|text| (index, text)) });
    }
    let done: Vec<Result<_, HashingError>> = running.join_all().await;
    done.into_iter().collect()
}
