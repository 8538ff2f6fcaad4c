-- Not in the migration that adds the column: building the index blocks only writers while it reads the table.
CREATE UNIQUE INDEX users_by_external_id ON users (external_id) WHERE external_id IS NOT NULL;
