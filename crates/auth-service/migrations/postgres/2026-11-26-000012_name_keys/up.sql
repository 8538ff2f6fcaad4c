-- Skeletons of the name (UTS 39). The service fills them when it starts: they are null until then, and in rows that an
-- older replica writes while it still runs.
ALTER TABLE users
    ADD COLUMN username_look       TEXT COLLATE "C",
    ADD COLUMN username_look_shown TEXT COLLATE "C",
    -- True while the name or the address is stored under the key of before, because another account has today's.
    ADD COLUMN keeps_former_key    BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX users_by_look ON users (username_look) WHERE username_look IS NOT NULL;
CREATE INDEX users_by_look_shown ON users (username_look_shown) WHERE username_look_shown IS NOT NULL;
-- Holds only the rows that the service must still fill.
CREATE INDEX users_without_look ON users (created_at, id) WHERE username_look IS NULL;
CREATE INDEX users_with_former_key ON users (created_at, id) WHERE keeps_former_key;

-- The hash of the previous secret, until that is retired.
ALTER TABLE clients ADD COLUMN old_secret_hash TEXT COLLATE "C";
-- Until now every service account could ask about every token.
UPDATE clients SET scope = trim(scope || ' tokens:introspect')
    WHERE ' ' || scope || ' ' NOT LIKE '% users:read %' AND ' ' || scope || ' ' NOT LIKE '% users:admin %';
