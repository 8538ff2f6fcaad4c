//! The pair, end to end: real services over real HTTP with a real database file, on SQLite and on PostgreSQL.
//!
//! Each test takes a running pair. Where there is no PostgreSQL its half says so once and passes; with
//! `TEST_POSTGRES_REQUIRED` set it fails.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod accounts;
mod cookies;
mod databases;
mod failure;
mod feed;
mod http;
mod keys;
mod oauth;
mod operations;
mod processes;
mod refresh;
mod sessions;
mod throttle;
mod tokens;
mod users;

use authpair_testkit::{Backend, Fleet, FleetPlan, TestPair};

/// Runs each test on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::pair_on(authpair_testkit::Backend::Sqlite).await.expect("SQLite")).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(pair) = crate::pair_on(authpair_testkit::Backend::Postgres).await {
                    super::$name(pair).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// Runs each test on both databases, and on PostgreSQL with `serializable` as its default isolation, where
/// transactions that meet are undone and have to be run again.
macro_rules! on_both_and_serializable {
    ($($name:ident),* $(,)?) => {
        crate::on_both!($($name),*);
        mod serializable {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(pair) = crate::databases::serializable::pair().await {
                    super::$name(pair).await;
                }
            })*
        }
    };
}
pub(crate) use on_both_and_serializable;

/// Runs each test on both databases with two processes of each service.
macro_rules! on_both_with_processes {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::fleet_on(authpair_testkit::Backend::Sqlite).await.expect("SQLite")).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(fleet) = crate::fleet_on(authpair_testkit::Backend::Postgres).await {
                    super::$name(fleet).await;
                }
            })*
        }
    };
}
pub(crate) use on_both_with_processes;

/// The program under test, for tests that need processes.
fn program() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_BIN_EXE_authpair"))
}

/// A pair with the defaults of tests; `None` where there is no PostgreSQL.
async fn pair_on(backend: Backend) -> Option<TestPair> {
    if_there_is_postgres(TestPair::start(backend).await)
}

/// Two processes of each service; `None` where there is no PostgreSQL.
async fn fleet_on(backend: Backend) -> Option<Fleet> {
    let plan = if_there_is_postgres(FleetPlan::pair_on(program(), backend).await)?;
    Some(Fleet::start(plan.doubled()).await)
}

/// What needs PostgreSQL, and may be missing only where nobody insists on it.
fn if_there_is_postgres<T>(made: Option<T>) -> Option<T> {
    assert!(
        made.is_some() || std::env::var_os("TEST_POSTGRES_REQUIRED").is_none(),
        "no PostgreSQL, and TEST_POSTGRES_REQUIRED is set"
    );
    made
}
