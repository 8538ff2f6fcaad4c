-- What verifiers that share the secret say they hold; it can delay a key's activation, never stop it.
CREATE TABLE verifiers (
    name    TEXT   NOT NULL PRIMARY KEY,
    kids    TEXT   NOT NULL,
    seen_at BIGINT NOT NULL
);
