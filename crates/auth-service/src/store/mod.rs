//! All SQL of the service: one file a table. Nothing here knows HTTP, tokens or rules.

pub mod clients;
pub mod key_usage;
pub mod keys;
pub mod names;
pub mod revocations;
mod schema;
pub mod sessions;
pub mod shared_values;
pub mod users;
pub mod verifiers;
pub mod wrong_passwords;

use database::Migrations;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

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
