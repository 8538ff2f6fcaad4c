-- Apart from the new column: it locks out writers alone while it reads the table.
CREATE UNIQUE INDEX users_by_external_id ON users (external_id) WHERE external_id IS NOT NULL;
