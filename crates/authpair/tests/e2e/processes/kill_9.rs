//! `kill -9` during writes, many times: what was acknowledged is there afterwards.
//!
//! `KILL_ROUNDS=200 cargo test -p authpair --test e2e processes::kill_9` takes as many rounds; without it they are 20.

use std::{path::Path, time::Duration};

use authpair_testkit::{Answer, Backend, Fleet, FleetPlan, PASSWORD, Service, Session};
use database::{Access, AnyConnection, Database, DatabaseError, DatabaseUrl};
use diesel::{RunQueryDsl, dsl::sql, sql_types::BigInt};
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::support::databases::assert_sound;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_to_kill_9_under_load() {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    let rounds = std::env::var("KILL_ROUNDS").map_or(20, |text| text.parse().unwrap());
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    let mut fleet = Fleet::start(plan).await;
    let (url, mut auth) = (fleet.auth[0].url.clone(), fleet.auth.remove(0));
    let (mut kept, mut writes) = (Vec::new(), 0);
    for number in 0..3 {
        auth.register(&format!("ana{number}")).await;
        kept.push(auth.login(&format!("ana{number}")).await);
    }
    // On a busy machine few writes are acknowledged in a round: then there are more rounds.
    for round in 0..10 * rounds {
        if round >= rounds && writes > 20 {
            break;
        }
        let load = Load::start(&auth, round, &kept);
        // A different moment in each round, from before the first answer to long after it.
        sleep(Duration::from_millis((round * 37) % 110 + 5)).await;
        auth.process.kill();
        let acknowledged = load.end().await;
        auth = fleet.start_auth(&url).await;
        writes += acknowledged.users.len() + acknowledged.logged_out.len();
        acknowledged.are_all_there(&auth, &fleet.users[0], &mut kept).await;
    }
    assert!(writes > 20, "{writes} writes are no load");
    auth.process.kill();
    assert_sound(fleet.folder.path()).await;
    let [logins, sessions, registered, users] = counts(fleet.folder.path()).await;
    assert_eq!((logins, registered), (sessions, users), "entries of log-ins and registrations");
}

/// The numbers of entries about log-ins, of sessions, of entries about registrations, and of users.
async fn counts(folder: &Path) -> [i64; 4] {
    let url = DatabaseUrl::Sqlite(folder.join("pair.db"));
    let database = Database::open(&url, Access::ReadOnly, 1).unwrap();
    let count = |connection: &mut AnyConnection, from: &str| -> Result<i64, DatabaseError> {
        let query = format!("(SELECT count(*) FROM {from})");
        Ok(diesel::select(sql::<BigInt>(&query)).get_result(connection)?)
    };
    let read = database.read(move |connection| {
        Ok([
            count(connection, "audit_log WHERE event = 'user.login'")?,
            count(connection, "sessions")?,
            count(connection, "audit_log WHERE event = 'user.registered'")?,
            count(connection, "users")?,
        ])
    });
    read.await.unwrap()
}

/// What the service acknowledged in one round.
#[derive(Default)]
struct Acknowledged {
    users: Vec<String>,
    logged_out: Vec<Session>,
    refreshed: Vec<(usize, Session)>,
}

impl Acknowledged {
    async fn are_all_there(self, auth: &Service, users: &Service, kept: &mut [Session]) {
        for (number, session) in self.refreshed {
            kept[number] = session;
        }
        for session in kept.iter_mut() {
            // The newest token, or the one before it if the answer of a rotation was lost.
            *session = Session::of(&auth.refresh(&session.refresh).await.ok(200));
        }
        for id in self.users {
            users.get(&format!("/api/users/{id}"), &kept[0].access).await.ok(200);
        }
        for session in self.logged_out {
            auth.refresh(&session.refresh).await.expect(401, "token_revoked");
        }
    }
}

/// Clients that write without a pause until the process is dead.
struct Load(JoinSet<Acknowledged>);

impl Load {
    fn start(auth: &Service, round: u64, kept: &[Session]) -> Self {
        let mut callers = JoinSet::new();
        for number in 0..2 {
            callers.spawn(register_many(caller(auth), format!("r{round}n{number}")));
        }
        for (number, session) in kept.iter().cloned().enumerate() {
            callers.spawn(refresh_many(caller(auth), number, session));
        }
        callers.spawn(log_in_and_out(caller(auth)));
        Self(callers)
    }

    async fn end(self) -> Acknowledged {
        let mut all = Acknowledged::default();
        for one in self.0.join_all().await {
            all.users.extend(one.users);
            all.logged_out.extend(one.logged_out);
            all.refreshed.extend(one.refreshed);
        }
        all
    }
}

/// Makes POST requests to the process.
fn caller(auth: &Service) -> impl Fn(&str) -> RequestBuilder + Send + 'static {
    let (http, url) = (auth.http.clone(), auth.url.clone());
    move |path| http.post(format!("{url}/api/auth/{path}"))
}

async fn register_many(
    post: impl Fn(&str) -> RequestBuilder + Send,
    prefix: String,
) -> Acknowledged {
    let mut done = Acknowledged::default();
    for number in 0.. {
        let name = format!("{prefix}x{number}");
        let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let Ok(answer) = Answer::try_of(post("register").json(&body)).await else { break };
        let id = answer.ok(201).body["user"]["id"].as_str().unwrap().to_owned();
        done.users.push(id);
    }
    done
}

async fn refresh_many(
    post: impl Fn(&str) -> RequestBuilder + Send,
    number: usize,
    session: Session,
) -> Acknowledged {
    let mut newest = session;
    while let Ok(answer) = Answer::try_of(post("refresh").bearer_auth(&newest.refresh)).await {
        newest = Session::of(&answer.ok(200));
    }
    Acknowledged { refreshed: vec![(number, newest)], ..Acknowledged::default() }
}

async fn log_in_and_out(post: impl Fn(&str) -> RequestBuilder + Send) -> Acknowledged {
    let body = json!({ "username": "ana0", "password": PASSWORD });
    let mut done = Acknowledged::default();
    while let Ok(answer) = Answer::try_of(post("login").json(&body)).await {
        let session = Session::of(&answer.ok(200));
        let logout = post("logout").bearer_auth(&session.refresh);
        let Ok(answer) = Answer::try_of(logout).await else { break };
        answer.ok(204);
        done.logged_out.push(session);
    }
    done
}
