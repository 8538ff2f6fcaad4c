ALTER TABLE one_time_tokens DROP COLUMN grants;
ALTER TABLE outbox DROP COLUMN grants;
