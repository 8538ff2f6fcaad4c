-- Service accounts. access_expires_at: no token issued so far lives longer; kept so that disabling can tell
-- verifiers how long to refuse them.
CREATE TABLE clients (
    id                TEXT   NOT NULL PRIMARY KEY,
    name              TEXT,
    secret_hash       TEXT   NOT NULL,
    scope             TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    disabled_at       BIGINT,
    access_expires_at BIGINT NOT NULL
);
