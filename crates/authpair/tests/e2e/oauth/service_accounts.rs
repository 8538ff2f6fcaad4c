//! Service accounts: what they may call, their tokens, and disabling.

use std::time::Duration;

use auth_service::{
    audit::RequestContext,
    clients::{disable, may_issue, new_account},
    sessions::CLOCK_SKEW,
    store,
};
use authpair_testkit::{Answer, KEY, LOGOUT_LIMIT, TestPair, within};
use claims::{
    AccessToken, Policy,
    remote::{TokenSource, TokenSourceError},
    testing::key_set,
    verify_access,
};

use crate::{
    on_both,
    support::oauth::{Account, clients, refused},
};

#[on_both]
async fn a_service_account_reads_what_its_scope_allows_and_is_refused_calls_for_users(
    pair: TestPair,
) {
    pair.register("ana").await;
    let account = Account::create(&pair, "users:read");
    let token = account.token(&pair).await;
    let list = pair.get_users("/api/users", &token).await.ok(200);
    assert_eq!(list.body["users"][0]["username"], "ana");
    assert!(list.body["users"][0]["email"].is_null(), "{}", list.text);
    let me = pair.get_users("/api/whoami", &token).await.ok(200);
    assert_eq!(me.string("logged_in_as"), account.id);
    pair.me_at_users(&token).await.expect(403, "user_required");
    for (method, path) in [
        ("GET", "/api/auth/me"),
        ("DELETE", "/api/auth/me"),
        ("GET", "/api/auth/sessions"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/logout-all"),
    ] {
        let call = pair.auth_call(method, path).bearer_auth(&token);
        Answer::of(call).await.expect(403, "user_required");
    }
    let nothing = Account::create(&pair, "").token(&pair).await;
    pair.get_users("/api/users", &nothing).await.expect(403, "insufficient_scope");
}

fn verified(pair: &TestPair, token: &str) -> AccessToken {
    let policy = Policy::new(pair.auth.as_str(), "users-api");
    verify_access(token, &key_set(&[KEY]), &policy, pair.clock.seconds()).unwrap()
}

#[on_both]
async fn the_token_of_a_service_account_says_that_it_is_no_user(pair: TestPair) {
    let account = Account::create(&pair, "users:read users:email");
    let answer = account.ask(&pair, "").await.ok(200);
    assert_eq!(answer.string("token_type"), "Bearer");
    assert_eq!(
        (answer.body["expires_in"].as_i64(), answer.body.get("refresh_token")),
        (Some(900), None)
    );
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let token = verified(&pair, &answer.string("access_token"));
    assert!(token.is_service_account());
    assert_eq!((&token.sub, token.client_id.as_ref()), (&account.id, Some(&account.id)));
    assert_eq!(token.aud, ["auth-service", "users-api"]);
    assert_eq!((token.exp - token.iat, token.scope.as_str()), (900, "users:read users:email"));
    assert_eq!((&token.sid, token.fresh, token.auth_time), (&None, None, None));
    assert_eq!(token.preferred_username, None);
}

#[on_both]
async fn a_scope_can_be_narrowed_and_never_widened(pair: TestPair) {
    let account = Account::create(&pair, "users:read users:email");
    let narrow = account.ask(&pair, "users:email").await.ok(200);
    assert_eq!(narrow.string("scope"), "users:email");
    let token = narrow.string("access_token");
    assert_eq!(verified(&pair, &token).scope.as_str(), "users:email");
    pair.get_users("/api/users", &token).await.expect(403, "insufficient_scope");
    for scope in ["users:admin", "users:read users:admin", "users:read  users:email", "\"", "\0"] {
        refused(account.ask(&pair, scope).await, 400, "invalid_scope");
    }
}

#[on_both]
async fn a_disabled_account_is_refused_within_a_second_and_no_other_is(pair: TestPair) {
    let (_, person) = pair.new_user("ana").await;
    let (account, other) =
        (Account::create(&pair, "users:read"), Account::create(&pair, "users:read"));
    let (token, others) = (account.token(&pair).await, other.token(&pair).await);
    pair.get_users("/api/users", &token).await.ok(200);
    assert!(clients(&pair, &["disable", &account.id]).status.success());
    // users-api learns it from the feed.
    within(LOGOUT_LIMIT, "users-api still accepts the token", async || {
        pair.get_users("/api/users", &token).await.with_code("token_revoked")
    })
    .await;
    // auth-service reads its own table.
    Answer::of(pair.auth_call("GET", "/api/auth/me").bearer_auth(&token))
        .await
        .expect(401, "token_revoked");
    refused(account.ask(&pair, "").await, 401, "invalid_client");
    pair.get_users("/api/users", &others).await.ok(200);
    pair.get_users("/api/users", &person.access).await.ok(200);
    assert!(clients(&pair, &["disable", &account.id]).status.success(), "twice is no mistake");
    assert_eq!(clients(&pair, &["disable", "nobody"]).status.code(), Some(1));
}

#[on_both]
async fn a_token_issued_while_its_account_is_disabled_is_covered_by_the_revocation(pair: TestPair) {
    let state = pair.pair().auth().state();
    let (database, now) = (&state.database, pair.clock.now());
    let mut signed = 0;
    for round in 0..100 {
        let client = new_account(None, &"users:read".parse().unwrap(), now).unwrap().row;
        let row = client.clone();
        database.write(move |c| store::clients::insert(c, &row)).await.unwrap();
        let end = now + Duration::from_secs(900 + round);
        let issue = may_issue(database, &client, end);
        let context = RequestContext::operator(now.into());
        let disable = disable(database, client.id.clone(), &context);
        // Each starts first in half of the rounds.
        let (issued, disabled) = if round % 2 == 0 {
            tokio::join!(issue, disable)
        } else {
            let (disabled, issued) = tokio::join!(disable, issue);
            (issued, disabled)
        };
        let issued = issued.unwrap();
        assert!(disabled.unwrap());
        let feed = database.read(|c| store::revocations::after(c, 0, 1_000)).await.unwrap();
        let until = feed.iter().find(|row| row.sid == client.id.as_str()).unwrap().until;
        assert!(!issued || until >= end + CLOCK_SKEW, "round {round}: {until}");
        signed += usize::from(issued);
    }
    assert!((1..100).contains(&signed), "only one order was tried: {signed}");
}

#[on_both]
async fn a_token_source_fetches_a_token_once_and_learns_that_it_is_refused(pair: TestPair) {
    let account = Account::create(&pair, "users:read users:email");
    let url = format!("{}/oauth2/token", pair.auth);
    let source = |account: &Account| {
        TokenSource::new(&url, &account.id, &account.secret, "users:read").unwrap()
    };
    let tokens = source(&account);
    let (first, second) = (tokens.token().await.unwrap(), tokens.token().await.unwrap());
    assert_eq!(first, second, "one token for all callers");
    assert_eq!(verified(&pair, &first).scope.as_str(), "users:read");
    pair.get_users("/api/users", &first).await.ok(200);
    let refused = source(&account.guessing("guess")).token().await;
    assert_eq!(refused, Err(TokenSourceError::Rejected("invalid_client".to_owned())));
}

#[on_both]
async fn no_secret_is_in_the_database_nor_in_the_list(pair: TestPair) {
    let account = Account::create(&pair, "users:read");
    account.token(&pair).await;
    let list = String::from_utf8(clients(&pair, &["list"]).stdout).unwrap();
    assert!(
        list.contains(&account.id) && list.contains("Reports  enabled  [users:read]"),
        "{list}"
    );
    assert!(!list.contains(&account.secret));
    let database = &pair.pair().auth().state().database;
    let rows = database.read(store::clients::all).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!format!("{rows:?}").contains(&account.secret));
    // What is stored is not accepted as a secret.
    let stolen = account.guessing(rows[0].secret_hash.as_str());
    refused(stolen.ask(&pair, "").await, 401, "invalid_client");
    let mut ids = 0;
    for file in std::fs::read_dir(pair.folder.path()).unwrap().flatten() {
        if file.file_type().unwrap().is_file() {
            let bytes = std::fs::read(file.path()).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!holds(&account.secret), "{}", file.path().display());
            ids += usize::from(holds(&account.id));
        }
    }
    // The files contain the account's id, so the search would have found the secret.
    assert_eq!(ids > 0, pair.database_url.starts_with("sqlite"));
}
