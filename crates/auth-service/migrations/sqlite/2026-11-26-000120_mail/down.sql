DROP TABLE address_reservations;
DROP TABLE outbox;
DROP TABLE one_time_tokens;
DROP INDEX users_by_due_proof;
ALTER TABLE users DROP COLUMN proof_due_at;
ALTER TABLE users DROP COLUMN locale;
ALTER TABLE users DROP COLUMN pending_email;
ALTER TABLE users DROP COLUMN email_verified_at;
