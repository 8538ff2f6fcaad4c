//! What tests drive, started on each database.

use std::path::Path;

use authpair_testkit::{Backend, Fleet, FleetPlan, TestPair, postgres};

use crate::support::databases::serializable_database;

/// The program under test, for tests that need processes.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_authpair"))
}

/// What a test of `#[on_both]` takes as its argument.
pub(crate) trait Started: Sized {
    /// With a SQLite file of its own.
    async fn on_sqlite() -> Self;

    /// On this PostgreSQL database, which no other test uses.
    async fn on_postgres(url: String) -> Self;
}

/// Both services in this process.
impl Started for TestPair {
    async fn on_sqlite() -> Self {
        Self::start(Backend::Sqlite).await.expect("a pair")
    }

    async fn on_postgres(url: String) -> Self {
        Self::start_on(url).await
    }
}

/// Two processes of each service.
impl Started for Fleet {
    async fn on_sqlite() -> Self {
        let plan = FleetPlan::pair_on(program(), Backend::Sqlite).await.expect("a plan");
        Self::start(plan.doubled()).await
    }

    async fn on_postgres(url: String) -> Self {
        Self::start(FleetPlan::pair(program(), &url).doubled()).await
    }
}

/// For tests that start what they need by themselves.
impl Started for Backend {
    async fn on_sqlite() -> Self {
        Self::Sqlite
    }

    async fn on_postgres(_url: String) -> Self {
        Self::Postgres
    }
}

/// For the tests `…::sqlite`.
pub(crate) async fn sqlite<T: Started>() -> T {
    T::on_sqlite().await
}

/// For the tests `…::postgres`; `None` where there is no PostgreSQL.
pub(crate) async fn postgres<T: Started>() -> Option<T> {
    let url = postgres::new_migrated_database().await?;
    Some(T::on_postgres(url).await)
}

/// For the tests `…::serializable`: on PostgreSQL with `serializable` as its default isolation.
pub(crate) async fn serializable<T: Started>() -> Option<T> {
    Some(T::on_postgres(serializable_database().await?).await)
}
