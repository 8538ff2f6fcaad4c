//! PostgreSQL in the ways that operators run it: roles, poolers, TLS, migrations, isolation.

mod migration_role;
mod migrations;
mod pooler;
mod roles;
pub(crate) mod serializable;
mod start;
mod tls;
