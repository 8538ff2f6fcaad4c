-- What running services say of a key. Both times are whole seconds since the epoch.
-- When one of them first had the private key: until then it does not begin to sign, and ends no other key.
ALTER TABLE signing_keys ADD COLUMN held_at BIGINT;
-- When one of them last signed with it although a newer key signs, whose file it cannot read: it stays published
-- until these tokens have expired.
ALTER TABLE signing_keys ADD COLUMN last_signed_at BIGINT;
-- Keys from before this signed, or will, as they did: the services had them.
UPDATE signing_keys SET held_at = created_at;
