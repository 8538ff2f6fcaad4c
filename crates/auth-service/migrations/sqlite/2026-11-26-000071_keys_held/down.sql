ALTER TABLE signing_keys DROP COLUMN last_signed_at;
ALTER TABLE signing_keys DROP COLUMN held_at;
