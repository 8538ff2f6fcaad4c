ALTER TABLE users DROP COLUMN import_state;
ALTER TABLE users DROP COLUMN external_id;
