-- Service accounts. access_expires_at: all access tokens that were issued so far have expired after this time. So
-- disabling can tell verifiers how long to reject them.
CREATE TABLE clients (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name              TEXT COLLATE "C",
    secret_hash       TEXT COLLATE "C" NOT NULL,
    scope             TEXT COLLATE "C" NOT NULL,
    created_at        BIGINT NOT NULL,
    disabled_at       BIGINT,
    access_expires_at BIGINT NOT NULL
);
