//! All SQL of the service, grouped by table. Nothing here knows HTTP, tokens or rules.

pub mod address_reservations;
pub mod audit;
pub mod clients;
mod hash_text;
pub mod key_usage;
pub mod keys;
pub mod legacy;
pub mod login_failures;
pub mod names;
pub mod one_time_tokens;
pub mod outbox;
pub mod revocations;
mod schema;
pub mod sessions;
pub mod shared_values;
#[cfg(test)]
pub(crate) mod test_database;
mod transaction;
pub mod users;
pub mod verifiers;
pub mod wrong_passwords;

use database::{DatabaseError, Migrations};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use self::hash_text::HashText;
pub(crate) use self::transaction::run_transaction;
pub use self::transaction::{Transaction, Written};

/// The result of a query.
pub type DbResult<T> = Result<T, DatabaseError>;

/// The schema's migrations, embedded in the program.
pub const MIGRATIONS: Migrations = Migrations { sqlite, postgres };

fn sqlite() -> EmbeddedMigrations {
    const EMBEDDED: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
    EMBEDDED
}

fn postgres() -> EmbeddedMigrations {
    const EMBEDDED: EmbeddedMigrations = embed_migrations!("migrations/postgres");
    EMBEDDED
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    /// diesel compares these numbers alone, and runs one of two migrations that share a number.
    #[test]
    fn each_migration_has_a_number_of_its_own() {
        for backend in ["sqlite", "postgres"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
            let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            let mut numbers = BTreeSet::new();
            for name in names.map(|name| name.into_string().unwrap()) {
                let (number, _) = name.split_once('_').unwrap();
                assert!(numbers.insert(number.to_owned()), "{backend}: {name}");
            }
        }
    }
}
