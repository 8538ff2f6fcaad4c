//! PostgreSQL in the ways that operators run it: roles, poolers, TLS, migrations, isolation.

mod migration_role;
mod migrations;
mod pooler;
mod roles;
mod serializable;
mod start;
mod tls;
