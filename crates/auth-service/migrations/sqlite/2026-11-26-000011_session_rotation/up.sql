-- Processes of the previous version may still run: they leave the new columns at their defaults.

-- How the current refresh token was issued: short hashes of the client's address and user agent, and flags.
ALTER TABLE sessions ADD COLUMN issuance TEXT;
-- How often the previous token was answered with the same successor again.
ALTER TABLE sessions ADD COLUMN repeats BIGINT NOT NULL DEFAULT 0;

-- Finds a user's sessions as the old index did, counts the live ones, and lists the newest of them. A refresh
-- changes none of these columns.
CREATE INDEX sessions_of_user_by_start ON sessions (user_id, revoked_at, created_at);
DROP INDEX sessions_of_user;

-- Wrong passwords in a row, given inside a session. Most sessions have no row.
-- No foreign key: it would cost each deleted session a look-up.
CREATE TABLE wrong_passwords (
    session_id TEXT   NOT NULL PRIMARY KEY,
    count      BIGINT NOT NULL
) WITHOUT ROWID;
