-- The keys that verifiers with the shared secret report. A report can delay a key's activation, but never stop it.
CREATE TABLE verifiers (
    name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kids    TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL
);
