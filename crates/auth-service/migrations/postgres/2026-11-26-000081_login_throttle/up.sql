-- Processes of the previous version may still run: they leave the new column at its default.

-- Failed log-ins in a row, by account or by trusted device; most have no row. The key is an HMAC, so that a name that was
-- typed, which may be a password in the wrong field, is not in the database. Times are whole seconds since the epoch.
CREATE TABLE login_failures (
    key            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures       BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    -- The row counts until then and is deleted later.
    kept_until     BIGINT NOT NULL
);
CREATE INDEX login_failures_by_end ON login_failures (kept_until);

-- The device epoch, which tokens of trusted devices hold. A new password or disabling raises it, which ends them all.
ALTER TABLE users ADD COLUMN device_epoch BIGINT NOT NULL DEFAULT 0;
