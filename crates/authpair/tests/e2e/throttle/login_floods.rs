//! Floods of log-ins from one source: other sources, sessions and service accounts are served beside them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use auth_service::{
    clients::{NewAccount, new_account},
    store,
};
use authpair_testkit::{Answer, PASSWORD, TestPair, client_from, eventually};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{FLOOD, OTHERS, login, with_few_slots};
use crate::on_both;

/// Forty connections of one source that try passwords without a pause, for one name or for a new name each time.
struct Flood {
    tasks: JoinSet<()>,
    refused: Arc<AtomicU64>,
}

impl Flood {
    async fn start(pair: &TestPair, name: Option<&'static str>) -> Self {
        let (refused, sent) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (mut tasks, http) = (JoinSet::new(), client_from(FLOOD));
        for _ in 0..40 {
            let (refused, sent, http) = (Arc::clone(&refused), Arc::clone(&sent), http.clone());
            let url = format!("{}/api/auth/login", pair.auth);
            tasks.spawn(async move {
                loop {
                    let number = sent.fetch_add(1, Ordering::Relaxed);
                    let name = name.map_or_else(|| format!("nobody{number}"), str::to_owned);
                    let body = json!({ "username": name, "password": "a wrong password" });
                    let answer = http.post(&url).json(&body).send().await;
                    if answer.is_ok_and(|answer| answer.status() == 503) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let flood = Self { tasks, refused };
        flood.wait_for_rejections().await;
        flood
    }

    /// Waits until five more of its requests were refused.
    async fn wait_for_rejections(&self) {
        let before = self.refused.load(Ordering::Relaxed);
        eventually("the flood is not refused", async || {
            self.refused.load(Ordering::Relaxed) >= before + 5
        })
        .await;
    }

    /// Ends it. Its requests were refused until the end.
    async fn end(mut self) {
        self.wait_for_rejections().await;
        self.tasks.shutdown().await;
    }
}

#[on_both]
async fn beside_a_flood_from_one_source_other_sources_log_in_and_register(pair: TestPair) {
    for number in 0..4 {
        pair.register(&format!("user{number}")).await;
    }
    let pair = with_few_slots(pair).await;
    let flood = Flood::start(&pair, None).await;
    let pair = Arc::new(pair);
    let mut others = JoinSet::new();
    for number in 0..4 {
        let pair = Arc::clone(&pair);
        others.spawn(async move {
            let http = client_from(OTHERS + number);
            for _ in 0..3 {
                login(&http, &pair, &format!("user{number}"), PASSWORD).await.ok(200);
            }
            let name = format!("new{number}");
            let body = json!({ "username": name, "email": format!("{name}@example.com"), "password": PASSWORD });
            Answer::of(http.post(format!("{}/api/auth/register", pair.auth)).json(&body)).await.ok(201);
        });
    }
    while let Some(other) = others.join_next().await {
        other.unwrap();
    }
    flood.end().await;
}

#[on_both]
async fn beside_guesses_at_one_account_its_owner_logs_in_from_elsewhere(pair: TestPair) {
    pair.register("ana").await;
    let pair = with_few_slots(pair).await;
    let flood = Flood::start(&pair, Some("ana")).await;
    let http = client_from(OTHERS);
    for _ in 0..5 {
        login(&http, &pair, "ana", PASSWORD).await.ok(200);
    }
    flood.end().await;
}

#[on_both]
async fn beside_a_flood_from_its_own_source_a_session_reauthenticates_and_changes_the_password(
    pair: TestPair,
) {
    pair.register("ana").await;
    let pair = with_few_slots(pair).await;
    let http = client_from(FLOOD);
    let session = login(&http, &pair, "ana", PASSWORD).await.ok(200);
    let access = session.string("access_token");
    let flood = Flood::start(&pair, None).await;
    let send = async |method: &str, path: &str, token: &str, body: &Value| {
        let url = format!("{}{path}", pair.auth);
        let call = http.request(method.parse().unwrap(), url).bearer_auth(token).json(body);
        Answer::of(call).await
    };
    let again = json!({ "password": PASSWORD });
    let answer = send("POST", "/api/auth/reauthenticate", &access, &again).await.ok(200);
    let fresh = answer.string("access_token");
    let changed = json!({ "current_password": PASSWORD, "new_password": "another long password" });
    send("PUT", "/api/auth/password", &fresh, &changed).await.ok(200);
    flood.end().await;
}

#[on_both]
async fn beside_a_flood_from_its_own_source_a_service_account_gets_its_tokens(pair: TestPair) {
    let state = pair.pair().auth().state();
    let NewAccount { row, secret } =
        new_account(None, &"users:read".parse().unwrap(), state.now()).unwrap();
    let id = row.id.clone();
    let made = state.database.write(move |connection| store::clients::insert(connection, &row));
    made.await.unwrap();
    let pair = with_few_slots(pair).await;
    let flood = Flood::start(&pair, None).await;
    let http = client_from(FLOOD);
    for _ in 0..10 {
        let call = http.post(format!("{}/oauth2/token", pair.auth));
        let call = call.basic_auth(id.as_str(), Some(secret.expose()));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        Answer::of(call.body("grant_type=client_credentials")).await.ok(200);
    }
    flood.end().await;
}
