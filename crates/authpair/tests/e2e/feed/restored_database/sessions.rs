//! What becomes of sessions of a backup and of later ones when the backup is restored.

use std::time::Duration;

use authpair_testkit::{Fleet, LOGOUT_LIMIT, Service, Session, eventually, free_port, within};
use tokio::time::Instant;

use super::load::Load;

/// Within this time of the database's first answer, the services have revoked again what the restore had brought back.
const RIGHT_WITHIN: Duration = Duration::from_secs(5);

/// Sessions that are in the backup.
pub(super) struct InBackup {
    kept: Session,
    to_end_before_restore: Vec<Session>,
    to_end_after_restore: Vec<Session>,
}

impl InBackup {
    pub(super) async fn create(fleet: &Fleet) -> Self {
        let auth = &fleet.auth[0];
        auth.register("ana").await;
        let kept = auth.login("ana").await;
        let (mut to_end_before_restore, mut to_end_after_restore) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            to_end_before_restore.push(auth.login("ana").await);
            to_end_after_restore.push(auth.login("ana").await);
        }
        // The feed of the backup is not empty.
        let first = auth.login("ana").await;
        auth.logout(&first.access).await.ok(204);
        Self { kept, to_end_before_restore, to_end_after_restore }
    }

    /// Logs out sessions of the backup, and others that are not in it, at both processes in turn. Then load begins.
    pub(super) async fn log_out(self, fleet: &Fleet) -> RestoreCheck {
        until_it_answers(fleet).await;
        let mut gone = Vec::new();
        for (number, session) in self.to_end_before_restore.into_iter().enumerate() {
            let auth = &fleet.auth[number % 2];
            let new = auth.login("ana").await;
            auth.logout(&session.refresh).await.ok(204);
            fleet.auth[(number + 1) % 2].logout(&new.access).await.ok(204);
            gone.extend([session, new]);
        }
        for session in &gone {
            rejected_at_both(fleet, session, LOGOUT_LIMIT).await;
        }
        let later = self.to_end_after_restore;
        RestoreCheck { kept: self.kept, gone, later, load: Load::start(fleet) }
    }
}

/// What has to hold after the restore.
pub(super) struct RestoreCheck {
    kept: Session,
    gone: Vec<Session>,
    later: Vec<Session>,
    load: Load,
}

impl RestoreCheck {
    /// At both services.
    pub(super) async fn run(self, fleet: &Fleet) {
        until_it_answers(fleet).await;
        self.sessions_are_revoked_again(fleet).await;
        let noticed = |auth: &Service| {
            let log = std::fs::read_to_string(&auth.log).unwrap();
            log.contains("the database went back in time")
        };
        assert!(fleet.auth.iter().any(noticed), "nothing is logged");
        let gone = self.gone.clone();
        self.run_at_users_api(fleet).await;
        // A users-api that starts now gets a full set with all of them.
        let own = format!("http://127.0.0.1:{}", free_port());
        let new = fleet.start_users(&own, &fleet.auth[1].url).await;
        new.process.wait_for("/readyz").await;
        for session in &gone {
            new.get("/api/users/me", &session.access).await.expect(401, "token_revoked");
        }
        for service in fleet.auth.iter().chain(&fleet.users) {
            service.process.wait_for("/readyz").await;
        }
    }

    async fn sessions_are_revoked_again(&self, fleet: &Fleet) {
        let restored = Instant::now();
        for session in &self.gone {
            for auth in &fleet.auth {
                let left = RIGHT_WITHIN.saturating_sub(restored.elapsed());
                within(left, "the session can still be refreshed", async || {
                    let answer = auth.refresh(&session.refresh).await;
                    // A session that the backup does not have is unknown.
                    let refused = ["token_revoked", "invalid_token"].contains(&answer.code());
                    if refused { Ok(()) } else { Err(answer.text) }
                })
                .await;
                auth.get("/api/auth/me", &session.access).await.expect(401, "token_revoked");
            }
        }
    }

    /// At users-api: no session is back, and tokens of sessions that end now are refused.
    pub(super) async fn run_at_users_api(self, fleet: &Fleet) {
        until_it_answers(fleet).await;
        still_rejected(fleet, &self.gone).await;
        for (number, session) in self.later.iter().enumerate() {
            fleet.auth[number % 2].logout(&session.access).await.ok(204);
            // Right after the restore both processes may still be reading the whole table.
            rejected_at_both(fleet, session, RIGHT_WITHIN).await;
        }
        let ended = self.load.stop().await;
        assert!(!ended.is_empty(), "nothing was logged out under load");
        for session in &ended {
            rejected_at_both(fleet, session, LOGOUT_LIMIT).await;
        }
        let fresh = fleet.auth[0].login("ana").await;
        fleet.auth[1].logout(&fresh.access).await.ok(204);
        rejected_at_both(fleet, &fresh, LOGOUT_LIMIT).await;
        for users in &fleet.users {
            users.get("/api/users/me", &self.kept.access).await.ok(200);
        }
        still_rejected(fleet, &self.gone).await;
    }
}

async fn still_rejected(fleet: &Fleet, gone: &[Session]) {
    for users in &fleet.users {
        for session in gone {
            users.get("/api/users/me", &session.access).await.expect(401, "token_revoked");
        }
    }
}

async fn rejected_at_both(fleet: &Fleet, session: &Session, limit: Duration) {
    for users in &fleet.users {
        users.wait_until_revoked(limit, &session.access).await;
    }
}

/// After a database was replaced, every process finds dead connections first.
async fn until_it_answers(fleet: &Fleet) {
    for auth in &fleet.auth {
        eventually("the database is not back", async || {
            auth.try_login("ana").await.with_status(200)
        })
        .await;
    }
}
