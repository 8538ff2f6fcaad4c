//! Changes of rights while a log-in or a refresh is in flight.

use std::time::Duration;

use auth_service::{
    accounts::{
        CallerRights, ChangeRules, Deletion, LoginChanges, RightsChange, ScopeChange, StatusChange,
        UserChanges, UserUpdate, sign_in,
    },
    audit::RequestContext,
    mail::MailPolicy,
    scopes::KnownScopes,
    sessions::{ClientInfo, NewSession},
};
use authpair_testkit::{Session, TestPair};
use service_kit::ids::UserId;

use crate::{
    on_both,
    support::{command_line::done, databases::user_row, sessions::stale_at_users_api},
};

fn operator() -> ChangeRules {
    ChangeRules::of_operator(KnownScopes::default(), Duration::from_secs(900), MailPolicy::OFF)
}

#[on_both]
async fn a_login_that_read_the_user_before_a_change_of_all_users_gets_the_new_rights(
    pair: TestPair,
) {
    let ana = pair.register("ana").await;
    let before = user_row(&pair, &ana.id).await;
    // She has no session yet, so the feed does not tell of her.
    done(&pair, &["scopes", "--all", "--add", "users:email"]);
    let state = pair.pair().auth().state();
    let context = RequestContext::system(pair.clock.now_micros());
    let new = NewSession { user: &before, client: ClientInfo::default(), in_cookie: false };
    let rules = state.settings.session_rules();
    let changes = LoginChanges::default();
    let login = sign_in(&state.database, rules, new, changes, None, context).await.unwrap();
    assert_eq!(login.rights.scope, "users:read users:email");
    assert_eq!(login.rights.rights_version, before.rights_version + 1);
}

#[on_both]
async fn an_administrator_whose_rights_changed_after_the_check_of_the_token_changes_nothing(
    pair: TestPair,
) {
    let (chief, ana) = (pair.register("chief").await, pair.register("ana").await);
    let [chief, ana] = [chief, ana].map(|user| UserId::parse(&user.id).unwrap());
    done(&pair, &["scopes", "chief", "users:read users:admin"]);
    // The call waited for the database, and meanwhile another administrator demoted this one.
    let by = Some(CallerRights { user_id: chief, rights_version: 0 });
    let rules = ChangeRules { by: by.clone(), ..operator() };
    let status = Some(StatusChange::Disable { reason: None });
    let changes = UserChanges { status, ..UserChanges::default() };
    let (database, context) =
        (&pair.pair().auth().state().database, || RequestContext::system(pair.clock.now_micros()));
    let update = UserUpdate { id: ana.clone(), changes, rules };
    let refused = update.apply(database, context()).await.unwrap_err();
    assert_eq!(refused.audited_as(), Some("rights_changed"));
    let deletion = Deletion { user_id: ana.clone(), own_session: None, by, expected: None };
    deletion.apply(database, context()).await.unwrap_err();
    assert_eq!(user_row(&pair, ana.as_str()).await.disabled_at, None);
}

#[on_both]
async fn refreshes_that_race_with_changes_lose_no_session_and_end_with_the_last_rights(
    pair: TestPair,
) {
    let (user, mut session) = pair.new_user("ana").await;
    let (database, id) =
        (pair.pair().auth().state().database.clone(), UserId::parse(&user.id).unwrap());
    let at = pair.clock.now_micros();
    let rules = operator();
    let changes = tokio::spawn(async move {
        for round in 0..20 {
            let scope = if round % 2 == 0 { "users:read users:email" } else { "users:read" };
            let rights = RightsChange::of_scope(ScopeChange::Set(scope.parse().unwrap()));
            let changes = UserChanges { rights, ..UserChanges::default() };
            let update = UserUpdate { id: id.clone(), changes, rules: rules.clone() };
            update.apply(&database, RequestContext::system(at)).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    while !changes.is_finished() {
        session = Session::of(&pair.refresh(&session.refresh).await.ok(200));
        seen.push(session.access.clone());
    }
    changes.await.unwrap();
    let last = pair.refresh(&session.refresh).await.ok(200);
    assert_eq!(last.string("scope"), "users:read");
    pair.me(&last.string("access_token")).await.ok(200);
    pair.me_at_users(&last.string("access_token")).await.ok(200);
    // Each token with other rights is refused, whatever the order in which row and token came to be.
    assert!(!seen.is_empty(), "no refresh while the rights changed");
    for access in seen {
        let claims = crate::support::tokens::claims_of(&pair, &access);
        if claims["ver"] == 20 {
            pair.me(&access).await.ok(200);
        } else {
            pair.me(&access).await.expect(401, "token_stale");
            stale_at_users_api(&pair, &access).await;
        }
    }
}
