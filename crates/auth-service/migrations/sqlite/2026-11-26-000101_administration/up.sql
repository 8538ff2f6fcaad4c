-- Administration. Processes of the previous version may still run: they leave the new column as it is.

-- Why a user is disabled, for administrators.
ALTER TABLE users ADD COLUMN disabled_reason TEXT;

-- Finds the administrators. There are few.
CREATE INDEX users_administrators ON users (id) WHERE instr(' ' || scope || ' ', ' users:admin ') > 0;
-- Lists the disabled users in the order of the list.
CREATE INDEX users_disabled ON users (created_at, id) WHERE disabled_at IS NOT NULL;

-- A transaction that may take a right from an administrator locks this row, so that two of them at once cannot remove
-- the last two administrators.
INSERT OR IGNORE INTO shared_values (name, value) VALUES ('administrators_lock', '');
