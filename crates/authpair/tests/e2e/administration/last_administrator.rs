//! One administrator always stays.

use authpair_testkit::{Answer, Fleet, Service, Session, TestPair};
use serde_json::json;

use super::{administrator, authorization::refused_calls_are_audited, call, patch, path_of};
use crate::{
    on_both,
    support::command_line::{done, refused},
};

#[on_both]
async fn the_last_administrator_is_not_disabled_demoted_or_deleted_by_any_way(pair: TestPair) {
    let admin = administrator(&pair).await;
    let own = pair.me(&admin.access).await.ok(200).string("id");
    // Administrators who cannot log in do not count.
    done(&pair, &["create", "other", "other@example.org", "--admin", "--no-password"]);
    done(&pair, &["disable", "other"]);
    for change in [
        json!({ "disabled": {} }),
        json!({ "scope": "users:read" }),
        json!({ "scope": "", "username": "nobody" }),
    ] {
        patch(&pair, &admin.access, &own, &change).await.expect(409, "last_administrator");
    }
    call(&pair, "DELETE", &path_of(&own), &admin.access).await.expect(409, "last_administrator");
    call(&pair, "DELETE", "/api/auth/me", &admin.access).await.expect(409, "last_administrator");
    for command in [
        &["disable", "chief"][..],
        &["delete", "chief"],
        &["scopes", "chief", "users:read"],
        &["scopes", "chief", "--remove", "users:admin"],
        &["scopes", "--all", "--remove", "users:admin"],
    ] {
        assert!(refused(&pair, command).contains("last administrator"), "{command:?}");
    }
    // Every refused change is in the audit log; the entry of the command for all users has no subject.
    refused_calls_are_audited(&pair, &admin, &own, "last_administrator", 9).await;
    // Nothing happened to the session, the name or the rights.
    let me = pair.me(&admin.access).await.ok(200);
    assert_eq!((me.string("username"), me.string("id")), ("chief".to_owned(), own.clone()));
    pair.refresh(&admin.refresh).await.ok(200);
    // With another one all of it may be done.
    done(&pair, &["enable", "other"]);
    let fresh = pair.login("chief").await;
    patch(&pair, &fresh.access, &own, &json!({ "disabled": {} })).await.ok(200);
    assert!(refused(&pair, &["disable", "other"]).contains("last administrator"));
}

#[on_both]
async fn where_there_is_no_administrator_users_can_be_disabled_and_deleted(pair: TestPair) {
    pair.register("ana").await;
    done(&pair, &["scopes", "--all", "--remove", "users:admin"]);
    done(&pair, &["disable", "ana"]);
    done(&pair, &["delete", "ana"]);
}

async fn patch_at(
    service: &Service,
    session: &Session,
    id: &str,
    change: serde_json::Value,
) -> Answer {
    let call = service.call("PATCH", &path_of(id)).bearer_auth(&session.access);
    Answer::of(call.json(&change)).await
}

async fn delete_at(service: &Service, session: &Session, id: &str) -> Answer {
    Answer::of(service.call("DELETE", &path_of(id)).bearer_auth(&session.access)).await
}

#[on_both]
async fn of_two_calls_at_once_that_each_remove_one_of_the_last_two_administrators_one_is_refused(
    fleet: Fleet,
) {
    let [a, b] = &fleet.auth[..] else { panic!("two of them") };
    let grant = |name: &str| {
        let (code, text) = fleet.auth_command(&["users", "scopes", name, "users:admin"]);
        assert_eq!(code, Some(0), "{text}");
    };
    for round in 0..8 {
        let (first, second) = (format!("first{round}"), format!("second{round}"));
        let (one, two) = (a.register(&first).await, a.register(&second).await);
        grant(&first);
        grant(&second);
        // Those of the round before are administrators no more.
        if round > 0 {
            for name in [format!("first{}", round - 1), format!("second{}", round - 1)] {
                let (code, text) = fleet.auth_command(&["users", "scopes", &name, ""]);
                let is_deleted = text.contains("there is no such user");
                assert!(code == Some(0) || is_deleted, "{name}: {text}");
            }
        }
        let (by_first, by_second) = (a.login(&first).await, b.login(&second).await);
        let cut = json!({ "scope": "" });
        let (x, y) = match round % 4 {
            0 => tokio::join!(
                patch_at(a, &by_first, &two.id, cut.clone()),
                patch_at(b, &by_second, &one.id, cut.clone())
            ),
            1 => tokio::join!(
                patch_at(a, &by_first, &two.id, json!({ "disabled": {} })),
                patch_at(b, &by_second, &one.id, cut.clone())
            ),
            2 => tokio::join!(
                delete_at(a, &by_first, &two.id),
                patch_at(b, &by_second, &one.id, json!({ "disabled": {} }))
            ),
            _ => tokio::join!(delete_at(a, &by_first, &two.id), delete_at(b, &by_second, &one.id)),
        };
        let done = [&x, &y].iter().filter(|answer| answer.status < 300).count();
        assert_eq!(done, 1, "{} {}\n{} {}", x.status, x.text, y.status, y.text);
        // The other one is refused: as the last administrator, or because its own right was gone first.
        let other = if x.status < 300 { &y } else { &x };
        assert!([401, 403, 409].contains(&other.status), "{}", other.text);
        let (code, list) = fleet.auth_command(&["users", "list"]);
        assert_eq!(code, Some(0));
        let left = |line: &&str| line.contains("users:admin") && line.contains("enabled");
        assert_eq!(list.lines().filter(left).count(), 1, "{list}");
    }
}
