-- Processes of the previous version may still run: they leave the new columns empty. Times are whole seconds since the
-- epoch where nothing else is said.

-- When the user has proven that the address is theirs; empty until then.
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;
-- A new address that is not proven yet.
ALTER TABLE users ADD COLUMN pending_email TEXT;
-- The language of mails to the user, such as es.
ALTER TABLE users ADD COLUMN locale TEXT;
-- An account that was registered while log-ins need a proven address is removed at this time, if it was not proven.
ALTER TABLE users ADD COLUMN proof_due_at BIGINT;
CREATE INDEX users_by_due_proof ON users (proof_due_at) WHERE proof_due_at IS NOT NULL;

-- The links of mails that were sent. Only the SHA-256 hash of a token is stored.
CREATE TABLE one_time_tokens (
    hash         TEXT NOT NULL PRIMARY KEY,
    purpose      TEXT NOT NULL,
    -- Empty for an invite.
    user_id      TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- The address that the token proves, or gives back.
    address      TEXT NOT NULL,
    address_key  TEXT NOT NULL,
    -- When the mail was asked for, in microseconds.
    requested_at BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX one_time_tokens_of_user ON one_time_tokens (user_id, purpose);
CREATE INDEX one_time_tokens_of_address ON one_time_tokens (address_key, purpose);
CREATE INDEX one_time_tokens_by_end ON one_time_tokens (expires_at);

-- Mails that wait to be sent, mails that cannot be sent (dead), and for a day sent mails, to limit the number for each
-- address.
CREATE TABLE outbox (
    id           TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    -- Empty for an invite, and where the user of the address is not looked up yet.
    user_id      TEXT REFERENCES users (id) ON DELETE CASCADE,
    address      TEXT NOT NULL,
    address_key  TEXT NOT NULL,
    locale       TEXT,
    -- Of a notice about a sign-in: the session.
    session_id   TEXT,
    -- In microseconds.
    created_at   BIGINT NOT NULL,
    -- When it is tried next. While a process sends it: when another process may try.
    due_at       BIGINT NOT NULL,
    tries        BIGINT NOT NULL,
    sent_at      BIGINT,
    dead_at      BIGINT,
    last_error   TEXT
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (due_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_of_address ON outbox (address_key, kind);
CREATE INDEX outbox_of_user ON outbox (user_id);
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- Previous addresses. No other user can take one while its owner can take it back.
CREATE TABLE address_reservations (
    address_key    TEXT NOT NULL,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reserved_until BIGINT NOT NULL,
    PRIMARY KEY (address_key, user_id)
) WITHOUT ROWID;
CREATE INDEX address_reservations_of_user ON address_reservations (user_id);
CREATE INDEX address_reservations_by_end ON address_reservations (reserved_until);
