LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE;
SELECT setval(pg_get_serial_sequence('revocations', 'seq')::regclass, GREATEST(seq, 1), seq > 0) FROM feed_head;
ALTER TABLE revocations
    ALTER COLUMN seq SET DEFAULT nextval('revocations_seq_seq'),
    DROP COLUMN tag,
    DROP COLUMN tag_before;
DROP FUNCTION feed_next;
DROP FUNCTION feed_tag;
DROP FUNCTION feed_tag_before;
DROP TABLE feed_head;
DELETE FROM shared_values WHERE name = 'signing_keys_lock';
