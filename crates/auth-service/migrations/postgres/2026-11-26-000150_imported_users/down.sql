DROP INDEX users_by_external_id;
ALTER TABLE users DROP COLUMN import_state;
ALTER TABLE users DROP COLUMN external_id;
