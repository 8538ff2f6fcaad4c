-- Times: created_at of users in microseconds since the epoch, everything else in whole seconds.

CREATE TABLE users (
    id                 TEXT    NOT NULL PRIMARY KEY,
    username           TEXT    NOT NULL,
    username_key       TEXT    NOT NULL UNIQUE,
    email              TEXT    NOT NULL,
    email_key          TEXT    NOT NULL UNIQUE,
    password_hash      TEXT    NOT NULL,
    scope              TEXT    NOT NULL,
    credential_version BIGINT  NOT NULL,
    last_login_at      BIGINT,
    disabled_at        BIGINT,
    created_at         BIGINT  NOT NULL
);
CREATE INDEX users_in_order ON users (created_at, id);

CREATE TABLE sessions (
    id                 TEXT    NOT NULL PRIMARY KEY,
    user_id            TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    current_jti        TEXT    NOT NULL,
    previous_jti       TEXT,
    rotated_at         BIGINT  NOT NULL,
    refresh_expires_at BIGINT  NOT NULL,
    access_expires_at  BIGINT  NOT NULL,
    auth_time          BIGINT  NOT NULL,
    created_at         BIGINT  NOT NULL,
    last_used_at       BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL,
    revoked_at         BIGINT,
    user_agent         TEXT,
    ip                 TEXT
) WITHOUT ROWID;
-- Rows lie in the order of their id, and what a refresh changes has no index: it writes one page.
CREATE INDEX sessions_of_user ON sessions (user_id);

-- No foreign key: a deleted user's sessions stay in the feed.
CREATE TABLE revocations (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    sid   TEXT    NOT NULL,
    until BIGINT  NOT NULL
);
CREATE INDEX revocations_by_end ON revocations (until);

CREATE TABLE signing_keys (
    kid        TEXT   NOT NULL PRIMARY KEY,
    -- The public modulus, base64url: a replica can publish and check with a key whose file it lacks.
    modulus    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retired_at BIGINT
);

-- Values that all processes on one database share, such as the key of the CSRF tokens.
CREATE TABLE shared_values (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- The columns that users-api may read. It never reads a password hash.
CREATE VIEW public_users AS
    SELECT id, username, username_key, email, created_at FROM users;
