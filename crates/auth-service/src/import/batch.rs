//! Writes a batch of rows in one transaction.

use std::{fmt, sync::Arc, time::Duration};

use database::{AnyConnection, Database, DatabaseError};
use service_kit::{clock::Clock, ids::UserId, unix_time::UnixMicros};

use super::{
    accounts::Accounts,
    check::{CheckRules, CheckedRow},
    names,
    plan::{Change, Decision, OnConflict, Planner, RejectedRow},
    source::RowError,
};
use crate::{
    accounts::{Username, end_links},
    audit::{self, Event, RequestContext},
    sessions::announce_rights_of_users,
    store::{
        self, DbResult, Transaction, address_reservations,
        users::{NewRightsVersion, import::NewImport},
    },
};

/// How often a batch is tried. At the same moment another process may register one of its names, or change one of its
/// accounts.
const MAX_TRIES: usize = 5;

/// Rows that are ready to be stored.
#[derive(Clone)]
pub(super) struct Batch {
    pub(super) rows: Vec<CheckedRow>,
    /// The hash to store, for each row.
    pub(super) hashes: Vec<String>,
    /// Number of rows of the file before this batch.
    pub(super) rows_before: u64,
}

/// The result for one row.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Inserted(UserId),
    Updated(UserId),
    Unchanged(UserId),
    Skipped(UserId),
    /// The account of this id was registered here, not imported.
    SkippedRegisteredHere(UserId),
    Rejected(RejectedRow),
}

/// Why nothing of a batch was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum BatchError {
    /// `--on-conflict fail`, and a row whose user exists already and differs.
    #[error("{0}")]
    Conflict(RowError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The common values for writing batches.
#[derive(Clone)]
pub(super) struct BatchWriter {
    pub(super) database: Database,
    pub(super) rules: Arc<CheckRules>,
    pub(super) on_conflict: OnConflict,
    /// The context of the import, for the audit log.
    pub(super) context: RequestContext,
    /// Tells the time of each batch.
    pub(super) clock: Clock,
    /// The lifetime of access tokens.
    pub(super) access: Duration,
}

/// A batch with the names that each row may get.
struct NamedBatch {
    batch: Batch,
    names: Vec<Vec<Username>>,
}

impl NamedBatch {
    fn new(batch: Batch) -> Self {
        let of_row = |row: &CheckedRow| match &row.username {
            Some(name) => vec![name.clone()],
            None => names::from_address(&row.email),
        };
        Self { names: batch.rows.iter().map(of_row).collect(), batch }
    }

    fn plan(
        &self,
        connection: &mut AnyConnection,
        rules: &CheckRules,
        on_conflict: OnConflict,
        lock: bool,
        now: UnixMicros,
    ) -> DbResult<Vec<Decision>> {
        let Batch { rows, hashes, rows_before } = &self.batch;
        let accounts = Accounts::read(connection, rows, &self.names, lock, now.seconds())?;
        let (reserves_addresses, rows_before) = (rules.mail.is_on, *rows_before);
        let mut planner =
            Planner { accounts, rules, on_conflict, reserves_addresses, now, rows_before };
        let rows = rows.iter().zip(hashes).zip(&self.names);
        Ok(rows.map(|((row, hash), names)| planner.decide(row, hash, names)).collect())
    }
}

impl BatchWriter {
    /// Decides about the rows without writing them.
    pub(super) async fn dry_run(&self, batch: Batch) -> Result<Vec<Outcome>, BatchError> {
        let (named_batch, rules, on_conflict) =
            (NamedBatch::new(batch), self.rules.clone(), self.on_conflict);
        let now = self.clock.now_micros();
        let read = self
            .database
            .read(move |connection| named_batch.plan(connection, &rules, on_conflict, false, now));
        outcomes(read.await?)
    }

    /// Writes the rows.
    pub(super) async fn write(&self, batch: Batch) -> Result<Vec<Outcome>, BatchError> {
        let named_batch = Arc::new(NamedBatch::new(batch));
        let mut tries = 1;
        loop {
            // The time of the batch, not of the whole import: programs that follow the audit log look back only for
            // seconds.
            let now = self.clock.now_micros();
            let context = RequestContext { at: now, ..self.context.clone() };
            let (named_batch, writer) =
                (Arc::clone(&named_batch), Self { context, ..self.clone() });
            let written = audit::transaction(&self.database, move |transaction| {
                let (rules, on_conflict) = (&writer.rules, writer.on_conflict);
                let decisions = named_batch.plan(transaction, rules, on_conflict, true, now)?;
                if !decisions.iter().any(|decision| matches!(decision, Decision::Fail(_))) {
                    writer.apply(transaction, &decisions)?;
                }
                Ok(decisions)
            });
            match written.await {
                Err(DatabaseError::Conflict(_)) if tries < MAX_TRIES => tries += 1,
                done => return outcomes(done?),
            }
        }
    }

    fn apply(&self, transaction: &mut Transaction<'_>, decisions: &[Decision]) -> DbResult<()> {
        let mut new: Vec<NewImport> = Vec::new();
        let (mut entries, mut raised) = (Vec::new(), Vec::new());
        for decision in decisions {
            match decision {
                Decision::Insert(user) => {
                    entries.push(self.context.done(Event::UserImported).about_user(&user.user.id));
                    new.push((**user).clone());
                }
                Decision::Update(change) => {
                    // The change may be of an account that this batch creates, so that must be inserted first.
                    self.insert(transaction, &std::mem::take(&mut new))?;
                    let entry = self.context.done(Event::UserImported).because("updated");
                    let entry = entry.with("password", change.replaces_hash());
                    entries.push(entry.about_user(&change.update.id));
                    raised.extend(self.apply_change(transaction, change)?);
                }
                _ => {}
            }
        }
        self.insert(transaction, &new)?;
        transaction.audit_all(entries)?;
        if raised.is_empty() {
            return Ok(());
        }
        // This must be the last step, because all processes wait for the feed's row.
        announce_rights_of_users(transaction, &raised, self.access, self.context.at.seconds())
    }

    fn insert(&self, transaction: &mut Transaction<'_>, new: &[NewImport]) -> DbResult<()> {
        if new.is_empty() {
            return Ok(());
        }
        store::users::import::insert_all(transaction, new)?;
        // If the owner of such an address changed it at the same time, the insert waited at the unique index for that
        // commit. So the owner's reservation is seen here.
        let addresses: Vec<&str> = new.iter().map(|new| new.user.email_key.as_str()).collect();
        let now = self.context.at.seconds();
        if address_reservations::reserved_among(transaction, &addresses, now)?.is_empty() {
            return Ok(());
        }
        Err(DatabaseError::Conflict("email_key (reserved)".to_owned()))
    }

    /// Makes a change. It is a conflict if the account has changed since the decision. Returns the user if the rights
    /// version was raised.
    fn apply_change(
        &self,
        transaction: &mut Transaction<'_>,
        change: &Change,
    ) -> DbResult<Option<NewRightsVersion>> {
        let changed = || DatabaseError::Conflict("an imported user".to_owned());
        let id = &change.update.id;
        store::users::lock(transaction, id)?;
        if store::users::import::by_id(transaction, id)?.as_ref() != Some(&change.before) {
            return Err(changed());
        }
        let user = store::users::by_id(transaction, id)?.ok_or_else(changed)?;
        let version = user.rights_version;
        let user = change.values.set_values(transaction, user, &self.rules.mail, &self.context)?;
        store::users::import::set_imported(transaction, &change.update)?;
        let is_disabled = change.update.disabled_at().is_some();
        let is_new_status =
            change.update.credentials.is_some() && is_disabled != user.disabled_at.is_some();
        if change.replaces_hash() || (is_new_status && is_disabled) {
            // As after every new password and every disabling.
            end_links(transaction, id)?;
        }
        if is_new_status {
            let event = if is_disabled { Event::UserDisabled } else { Event::UserEnabled };
            transaction.audit(self.context.done(event).about_user(id).because("import"))?;
        }
        let is_raised = user.rights_version != version;
        Ok(is_raised
            .then_some(NewRightsVersion { user_id: user.id, rights_version: user.rights_version }))
    }
}

fn outcomes(decisions: Vec<Decision>) -> Result<Vec<Outcome>, BatchError> {
    decisions
        .into_iter()
        .map(|decision| match decision {
            Decision::Insert(new) => Ok(Outcome::Inserted(new.user.id)),
            Decision::Update(change) => Ok(Outcome::Updated(change.update.id)),
            Decision::Unchanged(id) => Ok(Outcome::Unchanged(id)),
            Decision::Skip(id) => Ok(Outcome::Skipped(id)),
            Decision::SkipRegisteredHere(id) => Ok(Outcome::SkippedRegisteredHere(id)),
            Decision::Reject(rejected) => Ok(Outcome::Rejected(rejected)),
            Decision::Fail(error) => Err(BatchError::Conflict(error)),
        })
        .collect()
}

/// Shows no hash.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch of {} rows", self.rows.len())
    }
}

#[cfg(test)]
mod tests;
