DELETE FROM shared_values WHERE name = 'administrators_lock';
DROP INDEX users_disabled;
DROP INDEX users_administrators;
ALTER TABLE users DROP COLUMN disabled_reason;
