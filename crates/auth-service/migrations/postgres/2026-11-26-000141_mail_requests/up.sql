-- The client that asked for a mail whose user is looked up later, for the audit log. Empty for other mails.
ALTER TABLE outbox ADD COLUMN ip TEXT;
ALTER TABLE outbox ADD COLUMN user_agent TEXT;
ALTER TABLE outbox ADD COLUMN request_id TEXT;
