//! A start on a database that is slow, that cannot be used, or whose URL is wrong.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use auth_service::settings::AuthSettings;
use authpair::{both::Both, pair::Pair};
use authpair_testkit::{Backend, Cluster, TestPair, free_port, postgres};
use service_kit::settings::Settings;
use users_api::settings::UsersSettings;

use crate::support::command_line::run_authpair;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_a_server_that_is_frozen_for_longer_than_a_call_may_take() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    cluster.freeze();
    let url = cluster.url("postgres");
    let starting = tokio::spawn(TestPair::start_on(url));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!starting.is_finished(), "started on a server that does not answer");
    cluster.thaw();
    let pair = starting.await.unwrap();
    pair.new_user("ana").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_waits_for_another_process_that_writes_to_the_same_file() {
    let pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let path = pair.database_url.strip_prefix("sqlite://").unwrap().to_owned();
    let url = pair.database_url.clone();
    let database = pair.pair().auth().state().database.clone();
    let (begin, begun) = std::sync::mpsc::channel();
    // Longer than SQLite's own lock timeout, and than a call may take.
    let holder = tokio::spawn(async move {
        let work = move |_: &mut database::AnyConnection| {
            begin.send(()).unwrap();
            std::thread::sleep(Duration::from_secs(4));
            Ok(())
        };
        database.write(work).await
    });
    tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    let asked = Instant::now();
    let run_migrations = tokio::task::spawn_blocking(move || {
        run_authpair(&["auth-service", "migrate"], &[("AUTH_DATABASE_URL", url.as_str())])
    });
    let (done, said) = run_migrations.await.unwrap();
    assert!(done.status.success(), "{path}: {said}");
    assert!(asked.elapsed() > Duration::from_secs(2), "did not have to wait");
    drop(holder.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_used_stops_the_start_and_the_message_names_the_setting() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let server = cluster.url("postgres");
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = encoding.to_lowercase();
        let make = format!("CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0");
        postgres::execute(&server, &make);
    }
    let nobody = format!("postgres://ana:s3cret@127.0.0.1:{}/x", free_port());
    let with_password = |name: &str| cluster.url(name).replace("postgres@", "postgres:s3cret@");
    for (url, reason) in [
        (with_password("latin1"), "encoding is LATIN1"),
        (with_password("sql_ascii"), "encoding is SQL_ASCII"),
        (with_password("missing"), "\"missing\" does not exist"),
        (
            with_password("postgres").replace("//postgres:", "//nobody:"),
            "\"nobody\" does not exist",
        ),
        (nobody, "refused"),
    ] {
        let asked = Instant::now();
        let listen = format!("127.0.0.1:{}", free_port());
        let (done, said) = run_authpair(
            &["auth-service", "serve"],
            &[
                ("AUTH_DATABASE_URL", url.as_str()),
                ("AUTH_LISTEN", listen.as_str()),
                ("AUTH_METRICS_LISTEN", "off"),
            ],
        );
        assert_eq!(done.status.code(), Some(1), "{url}: {said}");
        assert!(said.contains("AUTH_DATABASE_URL") && said.contains(reason), "{url}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{url} after {:?}", asked.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_api_stops_for_a_database_with_the_wrong_encoding() {
    let Some(cluster) = Cluster::start_new(&[]) else { return };
    let make = "CREATE DATABASE latin1 ENCODING 'LATIN1' TEMPLATE template0";
    postgres::execute(&cluster.url("postgres"), make);
    let (url, listen) = (cluster.url("latin1"), format!("127.0.0.1:{}", free_port()));
    let (done, said) = run_authpair(
        &["users-api", "serve"],
        &[
            ("USERS_DATABASE_URL", url.as_str()),
            ("USERS_LISTEN", listen.as_str()),
            ("USERS_METRICS_LISTEN", "off"),
        ],
    );
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("USERS_DATABASE_URL") && said.contains("encoding is LATIN1"), "{said}");
}

#[test]
fn an_ambiguous_database_url_is_refused_by_name_and_never_printed() {
    for url in [
        "",
        " ",
        "postgres://ana:s3/cret@db/app",
        "postgres://ana:s3cr@t@db/app",
        "postgres://ana:s3%cret@db/app",
        "postgres://ana:s3 cret@db/app",
        "postgres://ana:s3cret",
        "postgres://db/app?passwd=s3cret",
        "sqlite://data/s3cret.db?mode=ro",
        "sqlite://~/s3cret.db",
        "sqlite://my%20s3cret.db",
        "s3cret",
    ] {
        for (program, name) in [("auth-service", "AUTH"), ("users-api", "USERS")] {
            let name = format!("{name}_DATABASE_URL");
            for command in ["config", "serve"] {
                let (done, said) = run_authpair(&[program, command], &[(name.as_str(), url)]);
                assert_eq!(done.status.code(), Some(2), "{url}: {said}");
                let printed = format!("{said}{}", String::from_utf8_lossy(&done.stdout));
                assert!(printed.contains(&name), "{url}: {printed}");
                for part in ["s3", "cret", "cr@t"] {
                    assert!(!printed.contains(part), "{url}: {printed}");
                }
            }
        }
        let (done, said) = run_authpair(
            &["auth-service", "migrate"],
            &[("AUTH_DATABASE_URL", "postgres://db/app"), ("AUTH_MIGRATION_DATABASE_URL", url)],
        );
        assert_eq!(done.status.code(), Some(2), "{url}: {said}");
        assert!(said.contains("AUTH_MIGRATION_DATABASE_URL"), "{url}: {said}");
        assert!(!said.contains("cret"), "{url}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_whose_users_api_cannot_start_stops_its_auth_service() {
    let mut pair = TestPair::start(Backend::Sqlite).await.unwrap();
    pair.halt().await;
    let listen = |url: &str| TcpListener::bind(url.trim_start_matches("http://")).unwrap();
    let listeners = Both { auth: listen(&pair.auth), users: listen(&pair.users) };
    let auth = AuthSettings::take(Settings::from_pairs("AUTH", pair.settings())).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    pair.set("USERS_METRICS_LISTEN", &taken.local_addr().unwrap().to_string());
    let users = UsersSettings::take(Settings::from_pairs("USERS", pair.settings())).unwrap();
    let refused = Pair::start_on(listeners, auth, users, pair.clock.clone()).await;
    let reason = refused.err().expect("a users-api that cannot start").to_string();
    assert!(reason.contains("Address already in use"), "{reason}");
    // The address is free again.
    listen(&pair.auth);
}
