-- The refresh token of the old application that a user exchanged for a session: one for each user.
CREATE TABLE legacy_exchanges (
    user_id      TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    jti          TEXT COLLATE "C" NOT NULL,
    session_id   TEXT COLLATE "C" NOT NULL,
    exchanged_at BIGINT NOT NULL
);

-- Tokens that the old application had revoked.
CREATE TABLE legacy_revocations (
    jti TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
