//! Imports the block list of the old application: the ids of refresh tokens that it had revoked.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use database::Database;
use service_kit::clock::Clock;

use super::run::ImportError;
use crate::{
    audit::{self, Event, RequestContext},
    store,
};

/// Ids in one transaction.
const BATCH: usize = 500;
/// Maximum length of an id in bytes.
const MAX_LEN: u64 = 255;

/// Reads a file with one id on each line (a header `jti` is skipped). With `apply`, stores the ids. Returns their
/// number.
///
/// # Errors
/// When the file cannot be read, or the database is unavailable.
pub async fn revoked_tokens(
    database: &Database,
    path: &Path,
    apply: bool,
    context: &RequestContext,
    clock: &Clock,
) -> Result<u64, ImportError> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut count, mut line) = (0, 0_u64);
    loop {
        let mut batch = BTreeSet::new();
        let mut at_end = false;
        while batch.len() < BATCH && !at_end {
            line += 1;
            match next_line(&mut reader, line)? {
                None => at_end = true,
                Some(jti) if jti.is_empty() || jti == "jti" => {}
                Some(jti) => {
                    batch.insert(jti);
                }
            }
        }
        count += batch.len() as u64;
        if apply && !batch.is_empty() {
            let batch: Vec<String> = batch.into_iter().collect();
            let context = RequestContext { at: clock.now_micros(), ..context.clone() };
            let write = audit::transaction(database, move |transaction| {
                let new = store::legacy::revoke(transaction, &batch)?;
                if new > 0 {
                    let entry = context.done(Event::LegacyTokensRevoked);
                    transaction.audit(entry.with("tokens", new))?;
                }
                Ok(())
            });
            write.await?;
        }
        if at_end {
            return Ok(count);
        }
    }
}

/// Reads a line, and removes blanks and quotes around it. `None` at the end of the file.
fn next_line(reader: &mut BufReader<File>, line: u64) -> io::Result<Option<String>> {
    let mut text = String::new();
    // In addition there may be two quotes and the end of the line.
    if reader.take(MAX_LEN + 4).read_line(&mut text)? == 0 {
        return Ok(None);
    }
    let jti = text.trim_start_matches('\u{feff}').trim().trim_matches('"');
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '"');
    if jti.len() as u64 > MAX_LEN || jti.contains(is_odd) {
        return Err(io::Error::other(format!("line {line} is not a token id")));
    }
    Ok(Some(jti.to_owned()))
}

#[cfg(test)]
mod tests;
