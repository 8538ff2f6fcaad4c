-- Service accounts. access_expires_at: all access tokens that were issued so far have expired after this time. So
-- disabling can tell verifiers how long to reject them.
CREATE TABLE clients (
    id                TEXT   NOT NULL PRIMARY KEY,
    name              TEXT,
    secret_hash       TEXT   NOT NULL,
    scope             TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    disabled_at       BIGINT,
    access_expires_at BIGINT NOT NULL
);
