DROP TRIGGER revocations_of_the_version_before;
ALTER TABLE revocations DROP COLUMN tag;
ALTER TABLE revocations DROP COLUMN tag_before;
DROP TABLE feed_head;
DELETE FROM shared_values WHERE name = 'signing_keys_lock';
