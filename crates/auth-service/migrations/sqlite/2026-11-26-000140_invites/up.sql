-- The grants of an invite, as JSON: they are copied from the mail to its link. Empty for other mails and links.
ALTER TABLE outbox ADD COLUMN grants TEXT;
ALTER TABLE one_time_tokens ADD COLUMN grants TEXT;
