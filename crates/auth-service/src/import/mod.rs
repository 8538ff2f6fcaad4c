//! Moving users in and out: files of other systems, and of this one.
//!
//! An import reads a file row by row, checks each row, and writes batches of 500 in one transaction each. It keeps no
//! state of its own: a row whose user is there already, and did not change since, changes nothing. So an import that
//! was stopped is started again from the beginning, and a second run changes nothing. docs/import.md tells operators
//! about it.
//!
//! | module | its job |
//! |---|---|
//! | `source` | records of a file, in bounded memory, with their places |
//! | `formats` | each system's records as a `row::Row` |
//! | `check` | a row that can be stored, or an error that names line and column |
//! | `names` | names for users of systems without names |
//! | `accounts` | the accounts that rows may meet |
//! | `plan` | what happens with each row |
//! | `state` | what an account was when it was imported |
//! | `batch` | one batch in one transaction |
//! | `run` | the whole import, with its [`report::Report`] |
//! | `revoked_tokens` | the block list of the old application |
//! | `id_map` | the file with old and new ids |
//! | `export` | all users in the own form |

mod accounts;
mod batch;
mod check;
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
    check::{CheckRules, Digests},
    formats::Format,
    plan::OnConflict,
    report::{Progress, Report},
    revoked_tokens::revoked_tokens,
    run::{ImportError, ImportFile, ImportPlan, MAX_AT_ONCE, run},
    source::{Place, RowError},
};

#[cfg(test)]
mod tests;
