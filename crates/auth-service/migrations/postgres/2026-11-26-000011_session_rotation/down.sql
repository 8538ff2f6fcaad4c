DROP TABLE wrong_passwords;
CREATE INDEX sessions_of_user ON sessions (user_id);
DROP INDEX sessions_of_user_by_start;
ALTER TABLE sessions DROP COLUMN issuance;
ALTER TABLE sessions DROP COLUMN repeats;
