//! Maintains the signing keys: makes a new key when the newest one is old, deletes expired keys, and reads the key
//! table.

use std::time::Duration;

use actix_web::web::Data;

use super::runner::{Job, JobError, JobSpec};
use crate::{state::State, tokens::KeyRotation};

pub(super) struct KeysJob {
    pub(super) state: Data<State>,
    pub(super) rotation: KeyRotation,
}

impl Job for KeysJob {
    const SPEC: JobSpec = JobSpec {
        name: "keys",
        // A retired key stops signing in all processes within this time.
        interval: Duration::from_secs(1),
        // `Keyring::open` has just read the table.
        at_start: false,
    };

    async fn run(&mut self) -> Result<(), JobError> {
        let age = self.state.settings.key_rotation;
        let maintained = self.rotation.maintain(age, self.state.now()).await;
        // Also after an error, because another process may have changed the keys.
        let reloaded = self.state.keyring.reload().await;
        maintained.and(reloaded).map_err(Into::into)
    }
}
