ALTER TABLE outbox DROP COLUMN request_id;
ALTER TABLE outbox DROP COLUMN user_agent;
ALTER TABLE outbox DROP COLUMN ip;
