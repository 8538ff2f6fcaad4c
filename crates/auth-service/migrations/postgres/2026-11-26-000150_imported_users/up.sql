-- The id that a user had in the system that it was imported from: the `sub` of that system's tokens.
ALTER TABLE users ADD COLUMN external_id TEXT COLLATE "C";
-- The state of the user when it was imported: five short digests with a key that is not in the database. Null for users
-- who were registered here.
ALTER TABLE users ADD COLUMN import_state TEXT COLLATE "C";
