UPDATE clients SET scope = trim(replace(' ' || scope || ' ', ' tokens:introspect ', ' '));
ALTER TABLE clients DROP COLUMN old_secret_hash;
DROP INDEX users_with_former_key;
DROP INDEX users_without_look;
DROP INDEX users_by_look_shown;
DROP INDEX users_by_look;
ALTER TABLE users DROP COLUMN keeps_former_key;
ALTER TABLE users DROP COLUMN username_look_shown;
ALTER TABLE users DROP COLUMN username_look;
