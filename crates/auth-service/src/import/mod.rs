//! Moves users in and out: imports files of other systems and of this one, and exports all users.
//!
//! An import reads a file row by row, checks each row, and writes batches of 500 in one transaction each. It needs no
//! progress file: a row that was imported and has not changed since changes nothing. So an import that was stopped
//! is simply started again from the beginning, and a second run changes nothing. docs/import.md is the guide for
//! operators.
//!
//! | module | its job |
//! |---|---|
//! | `source` | records of a file, in bounded memory, with their positions |
//! | `formats` | each system's records as a `row::Row` |
//! | `check` | checks a row: it can be stored, or the error names line and column |
//! | `digests` | short digests with a key, which show whether a row or an account has changed |
//! | `names` | makes names for users who have none |
//! | `accounts` | the existing accounts that rows may be about or conflict with |
//! | `plan` | decides about each row |
//! | `state` | the state of an account when it was imported |
//! | `batch` | writes one batch in one transaction |
//! | `run` | the whole import, with its [`report::Report`] |
//! | `revoked_tokens` | the block list of the old application |
//! | `id_map` | the file with old and new ids |
//! | `export` | writes all users in our own format |

mod accounts;
mod batch;
mod check;
mod digests;
pub mod export;
mod formats;
mod id_map;
mod names;
mod plan;
mod report;
mod revoked_tokens;
mod row;
mod run;
mod source;
mod state;

pub use self::{
    check::CheckRules,
    digests::Digests,
    formats::Format,
    plan::OnConflict,
    report::{Progress, Report},
    revoked_tokens::revoked_tokens,
    run::{ImportError, ImportFile, ImportOptions, MAX_HASHES_AT_ONCE, run},
    source::{FilePosition, RowError},
};

#[cfg(test)]
mod tests;
