//! A proof, a change and a revert of an address raise the user's rights version and make older access tokens stale.

use authpair_testkit::{PASSWORD, Session, TestPair};
use serde_json::json;

use super::{
    ADDRESS_CHANGED, ADDRESS_REVERTED, CHANGE, Mailing, NEW, RESET, VERIFY, address,
    change_address, forgot, proven, refreshed, reset, revert, try_login, verify,
    with_administrator,
};
use crate::{
    administration::patch,
    on_both,
    support::{sessions::stale_at_users_api, tokens::claims_of},
};

/// Checks that the token is stale at auth-service, and within a second at users-api.
async fn expect_stale(pair: &TestPair, session: &Session) {
    pair.me(&session.access).await.expect(401, "token_stale");
    stale_at_users_api(pair, &session.access).await;
}

#[on_both]
async fn a_proof_a_change_and_a_revert_make_older_tokens_stale(Mailing(pair, server): Mailing) {
    let (_, first) = pair.new_user("ana").await;
    let link = server.mail(&address("ana"), VERIFY, 1).await.token();
    verify(&pair, &link).await.ok(204);
    expect_stale(&pair, &first).await;
    let second = refreshed(&pair, &first).await;
    assert_eq!(claims_of(&pair, &second.access)["ver"], 1);
    pair.me_at_users(&second.access).await.ok(200);

    let fresh = pair.login("ana").await;
    change_address(&pair, &fresh.access, "new@example.com").await.ok(200);
    // It only waits for its proof.
    pair.me(&second.access).await.ok(200);
    let link = server.mail("new@example.com", CHANGE, 1).await.token();
    verify(&pair, &link).await.ok(204);
    expect_stale(&pair, &second).await;
    let third = refreshed(&pair, &second).await;
    assert_eq!(claims_of(&pair, &third.access)["ver"], 2);

    let link = server.mail(&address("ana"), ADDRESS_CHANGED, 1).await.token();
    revert(&pair, &link).await.ok(204);
    pair.wait_until_revoked(&third.access).await;
    let link = server.mail(&address("ana"), ADDRESS_REVERTED, 1).await.token();
    reset(&pair, &link, NEW).await.ok(204);
    let login = Session::of(&try_login(&pair, "ana", NEW).await.ok(200));
    // The reset proves nothing new.
    assert_eq!(claims_of(&pair, &login.access)["ver"], 3);
}

#[on_both]
async fn a_reset_raises_the_version_only_if_it_is_the_first_proof(Mailing(pair, server): Mailing) {
    pair.register("ana").await;
    for number in 1..=2 {
        forgot(&pair, &address("ana")).await.ok(202);
        let link = server.mail(&address("ana"), RESET, number).await.token();
        reset(&pair, &link, PASSWORD).await.ok(204);
        assert_eq!(claims_of(&pair, &pair.login("ana").await.access)["ver"], 1);
    }
}

#[on_both]
async fn an_administrator_who_changes_a_proven_address_makes_older_tokens_stale(pair: TestPair) {
    let (pair, server, admin) = with_administrator(pair, &[]).await;
    let session = proven(&pair, &server, "ana").await;
    let id = pair.me(&session.access).await.ok(200).string("id");
    let change = json!({ "email": "moved@example.com" });
    patch(&pair, &admin.access, &id, &change).await.ok(200);
    expect_stale(&pair, &session).await;
    let session = refreshed(&pair, &session).await;
    assert_eq!(claims_of(&pair, &session.access)["ver"], 2);
}
