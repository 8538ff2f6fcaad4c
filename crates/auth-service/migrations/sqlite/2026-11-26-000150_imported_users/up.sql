-- The id that a user had in the system that it was imported from: the `sub` of that system's tokens.
ALTER TABLE users ADD COLUMN external_id TEXT;
-- What the user was when it was imported: five short digests under a key outside the database. Null for users that were registered here.
ALTER TABLE users ADD COLUMN import_state TEXT;
