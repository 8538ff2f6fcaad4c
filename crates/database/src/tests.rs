use std::sync::{Mutex, mpsc::channel};

use diesel::{RunQueryDsl, connection::SimpleConnection, dsl, sql_types::BigInt};
use tempfile::TempDir;

use super::{Access, AnyConnection, Database, DatabaseError, DatabaseUrl};

const SCHEMA: &str = "CREATE TABLE names (name TEXT PRIMARY KEY);
    CREATE TABLE owners (name TEXT REFERENCES names (name) DEFERRABLE INITIALLY DEFERRED);";

async fn database() -> (Database, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    let database = Database::open(&url, Access::ReadWrite, 1).unwrap();
    database.write(|connection| sql(connection, SCHEMA)).await.unwrap();
    (database, folder)
}

fn sql(connection: &mut AnyConnection, text: &str) -> Result<(), DatabaseError> {
    Ok(connection.batch_execute(text)?)
}

/// Spawned, so that a panic does not end the test.
async fn write(database: &Database, text: &'static str) -> Result<(), DatabaseError> {
    let database = database.clone();
    let written = tokio::spawn(async move { database.write(move |c| sql(c, text)).await });
    written.await.unwrap()
}

#[tokio::test]
async fn a_connection_that_a_panic_left_in_a_transaction_is_not_used_again() {
    let (database, _folder) = database().await;
    let left = database.clone();
    let panicked = tokio::spawn(async move {
        let read = left.read::<(), _>(|connection| {
            sql(connection, "BEGIN")?;
            panic!("in the middle");
        });
        read.await
    });
    assert!(panicked.await.unwrap_err().is_panic());
    database.read(|connection| sql(connection, "BEGIN; COMMIT")).await.unwrap();
}

#[tokio::test]
async fn a_write_that_panics_neither_ends_the_writer_nor_loses_earlier_writes() {
    let (database, _folder) = database().await;
    write(&database, "INSERT INTO names VALUES ('ana')").await.unwrap();
    let panicked = database.write::<(), _>(|connection| {
        sql(connection, "DELETE FROM names")?;
        panic!("in the middle");
    });
    // As on PostgreSQL: trying again would not help.
    assert!(matches!(panicked.await, Err(DatabaseError::Internal(_))));
    let again = write(&database, "INSERT INTO names VALUES ('ana')").await;
    assert!(matches!(again, Err(DatabaseError::Conflict(_))), "{again:?}");
}

#[tokio::test]
async fn writes_whose_shared_commit_fails_all_get_unavailable() {
    let (database, _folder) = database().await;
    let ((begin, begun), (go, wait)) = (channel(), channel::<()>());
    let (wait, held) = (Mutex::new(wait), database.clone());
    // While it waits, the others queue behind it.
    let first = tokio::spawn(async move {
        let work = move |_: &mut AnyConnection| {
            begin.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok(())
        };
        held.write(work).await
    });
    tokio::task::yield_now().await;
    begun.recv().unwrap();
    let together = [
        "INSERT INTO names VALUES ('ana')",
        "INSERT INTO names VALUES ('ana')",
        "INSERT INTO owners VALUES ('nobody')",
    ];
    let together = together.map(|text| {
        let database = database.clone();
        tokio::spawn(async move { write(&database, text).await })
    });
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    for written in together {
        let written = written.await.unwrap();
        assert!(matches!(written, Err(DatabaseError::Unavailable(_))), "{written:?}");
    }
    write(&database, "INSERT INTO names VALUES ('ana')").await.unwrap();
}

#[tokio::test]
async fn sqlite_keeps_a_statements_plan_for_all_values() {
    let (database, _folder) = database().await;
    for (option, wanted) in [("ENABLE_QPSG", true), ("ENABLE_STAT4", false)] {
        let used = move |connection: &mut AnyConnection| {
            let query = format!("SELECT sqlite_compileoption_used('{option}')");
            Ok(dsl::sql::<BigInt>(&query).get_result::<i64>(connection)? == 1)
        };
        assert_eq!(database.read(used).await.unwrap(), wanted, "{option}");
    }
}

fn count(connection: &mut AnyConnection) -> Result<i64, DatabaseError> {
    Ok(dsl::sql::<BigInt>("SELECT count(*) FROM names").get_result(connection)?)
}

#[tokio::test]
async fn writes_that_wait_for_the_writer_share_a_commit() {
    let (database, folder) = database().await;
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    // The rows that it sees and other connections do not see yet, without its own.
    let uncommitted_others = move |name: &'static str| {
        let url = url.clone();
        move |connection: &mut AnyConnection| {
            sql(connection, &format!("INSERT INTO names VALUES ('{name}')"))?;
            let mut outside = AnyConnection::connect(&url, Access::ReadOnly).unwrap();
            Ok(count(connection)? - count(&mut outside)? - 1)
        }
    };
    let ((begin, begun), (go, wait)) = (channel(), channel::<()>());
    let (wait, held) = (Mutex::new(wait), database.clone());
    let first = tokio::spawn(async move {
        let work = move |_: &mut AnyConnection| {
            begin.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            Ok(())
        };
        held.write(work).await
    });
    tokio::task::yield_now().await;
    begun.recv().unwrap();
    let waiting = ["ana", "ben", "eve"].map(|name| {
        let (database, work) = (database.clone(), uncommitted_others(name));
        tokio::spawn(async move { database.write(work).await })
    });
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    let mut seen = Vec::new();
    for written in waiting {
        seen.push(written.await.unwrap().unwrap());
    }
    assert_eq!(seen, [0, 1, 2]);
}

#[tokio::test]
async fn an_unavailable_database_is_counted_and_a_conflict_is_not() {
    let counted = |database: &Database| {
        let samples = database.samples();
        let found = samples.iter().find(|sample| sample.name == "database_unavailable");
        format!("{:?}", found.unwrap().value)
    };
    let (database, _folder) = database().await;
    write(&database, "INSERT INTO names VALUES ('ana')").await.unwrap();
    write(&database, "INSERT INTO names VALUES ('ana')").await.unwrap_err();
    assert_eq!(counted(&database), "Counter(0)");
    let nowhere = DatabaseUrl::Sqlite("/nowhere/test.db".into());
    let nowhere = Database::open(&nowhere, Access::ReadOnly, 1).unwrap();
    assert!(nowhere.check().await.is_err());
    assert_eq!(counted(&nowhere), "Counter(1)");
}
