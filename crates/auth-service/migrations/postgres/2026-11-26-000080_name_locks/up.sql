-- Rows to lock instead of advisory locks, which have no effect on some databases of PostgreSQL's protocol.
-- name_keys_lock: processes that bring stored names up to date wait for each other.
-- name_look_lock_0 to _63: transactions that assign names that look alike wait for each other.
INSERT INTO shared_values (name, value) VALUES ('name_keys_lock', '') ON CONFLICT DO NOTHING;
INSERT INTO shared_values (name, value)
SELECT 'name_look_lock_' || number, '' FROM generate_series(0, 63) AS number ON CONFLICT DO NOTHING;
