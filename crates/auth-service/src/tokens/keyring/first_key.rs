//! The first key of a new database.

use database::DatabaseError;

use super::{Inner, SigningKeyUnavailable};
use crate::{
    audit::{self, RequestContext},
    store::{self, Transaction, keys::KeyRow},
    tokens::{KeyFolder, SigningKey, rotation::created_entry},
};

/// If the table has no usable key, inserts a key from the folder, or a new one. If several processes do this at once,
/// all of them get the same key.
pub(super) async fn ensure(inner: &Inner, bits: usize) -> Result<(), SigningKeyUnavailable> {
    let rows = inner.database.read(store::keys::all).await.map_err(SigningKeyUnavailable::new)?;
    if rows.iter().any(|row| row.retired_at.is_none()) {
        return Ok(());
    }
    let folder = inner.folder.clone();
    let retired: Vec<_> = rows.into_iter().map(|row| row.kid).collect();
    let key = tokio::task::spawn_blocking(move || find_or_make(&folder, &retired, bits)).await;
    let FirstKey { kid, modulus, made } = key.map_err(SigningKeyUnavailable::new)??;
    let row = KeyRow::new(&kid, &modulus, inner.clock.now());
    let context = RequestContext::system(inner.clock.now_micros());
    let inserted =
        audit::transaction(&inner.database, move |transaction| insert(transaction, &row, &context));
    let is_in_table = inserted.await;
    if !is_in_table.map_err(SigningKeyUnavailable::new)? && made {
        // Another process inserted its key first; our file is not in the table, so it is not needed.
        inner.folder.remove(&kid).map_err(SigningKeyUnavailable::new)?;
    }
    Ok(())
}

/// Returns whether the table has this key now, not retired.
fn insert(
    transaction: &mut Transaction<'_>,
    row: &KeyRow,
    context: &RequestContext,
) -> Result<bool, DatabaseError> {
    store::keys::lock(transaction)?;
    let rows = store::keys::all(transaction)?;
    if rows.iter().all(|other| other.retired_at.is_some() && other.kid != row.kid) {
        store::keys::insert(transaction, row)?;
        transaction.audit(created_entry(context, row))?;
        return Ok(true);
    }
    // Another process may have found our file and inserted it before us.
    Ok(rows.iter().any(|other| other.kid == row.kid && other.retired_at.is_none()))
}

struct FirstKey {
    kid: String,
    modulus: String,
    made: bool,
}

impl FirstKey {
    fn new(key: &SigningKey, made: bool) -> Self {
        Self { kid: key.kid().to_owned(), modulus: key.modulus().to_owned(), made }
    }
}

/// A key of the folder that is not retired, or a new one.
fn find_or_make(
    folder: &KeyFolder,
    retired: &[String],
    bits: usize,
) -> Result<FirstKey, SigningKeyUnavailable> {
    let found = folder.load_all().map_err(SigningKeyUnavailable::new)?;
    // The file of a retired key may still be there, after a crash or from a backup.
    if let Some(key) = found.iter().find(|key| !retired.iter().any(|kid| kid == key.kid())) {
        return Ok(FirstKey::new(key, false));
    }
    let pem = SigningKey::generate_pem(bits).map_err(SigningKeyUnavailable::new)?;
    let key = folder.store(&pem).map_err(SigningKeyUnavailable::new)?;
    Ok(FirstKey::new(&key, true))
}
