-- Reports of running services about a key. Both times are whole seconds since the epoch.
-- When a service first loaded the private key. Until then the key does not begin to sign and replaces no other key.
ALTER TABLE signing_keys ADD COLUMN held_at BIGINT;
-- When a service last signed with the key although a newer key was active, because it cannot read the newer key's file.
-- The key stays published until these tokens have expired.
ALTER TABLE signing_keys ADD COLUMN last_signed_at BIGINT;
-- Existing keys count as loaded, because the services signed with them.
UPDATE signing_keys SET held_at = created_at;
