-- The order of the revocation feed comes from one row, and not from a sequence: databases that speak PostgreSQL's
-- protocol may cache sequences per session, and then a reader that remembers the highest number misses entries. The
-- row's lock is held until the commit, so transactions commit in the order of the numbers.
--
-- tag is random and new with each write. A reader that remembers a number with its tag notices that the database went
-- back in time, even if the same numbers were used again since. tag_before is the tag of the previous number, so that
-- a reader notices it even if the entry of its number was deleted.

-- The lock waits until running transactions have ended, so the statements below see the numbers that they used.
LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE;

CREATE TABLE feed_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq        BIGINT  NOT NULL,
    tag        BIGINT  NOT NULL,
    tag_before BIGINT  NOT NULL,
    -- Part of every cursor; replaced when the database was found to have gone back in time.
    epoch      TEXT COLLATE "C" NOT NULL
) WITH (fillfactor = 10);

-- The last value of the sequence is used, because the entry with the highest number may have been deleted.
INSERT INTO feed_head (id, seq, tag, tag_before, epoch)
SELECT 1,
       GREATEST(
           COALESCE((SELECT max(seq) FROM revocations), 0),
           COALESCE(pg_sequence_last_value(pg_get_serial_sequence('revocations', 'seq')::regclass), 0)
       ),
       hashtextextended(gen_random_uuid()::text, 0),
       0,
       COALESCE(
           (SELECT value FROM shared_values WHERE name = 'feed_epoch'),
           replace(gen_random_uuid()::text, '-', '')
       );

-- For programs of the previous version that still run: they insert entries without a number and without tags.
CREATE FUNCTION feed_next() RETURNS BIGINT LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    UPDATE feed_head
    SET seq = seq + 1, tag_before = tag, tag = hashtextextended(gen_random_uuid()::text, 0)
    WHERE id = 1
    RETURNING seq
$$;
CREATE FUNCTION feed_tag() RETURNS BIGINT LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT tag FROM feed_head WHERE id = 1
$$;
CREATE FUNCTION feed_tag_before() RETURNS BIGINT LANGUAGE sql VOLATILE SET search_path FROM CURRENT AS $$
    SELECT tag_before FROM feed_head WHERE id = 1
$$;

ALTER TABLE revocations
    ADD COLUMN tag        BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN tag_before BIGINT NOT NULL DEFAULT 0;
UPDATE revocations SET tag = feed_head.tag FROM feed_head WHERE revocations.seq = feed_head.seq;
-- Defaults are computed in the order of the columns: seq raises the head, the tags read it. The sequence stays until
-- no program of the previous version runs any more; down.sql needs it.
ALTER TABLE revocations
    ALTER COLUMN seq SET DEFAULT feed_next(),
    ALTER COLUMN tag SET DEFAULT feed_tag(),
    ALTER COLUMN tag_before SET DEFAULT feed_tag_before();

-- A transaction that adds a signing key locks this row, for the same reason.
INSERT INTO shared_values (name, value) VALUES ('signing_keys_lock', '') ON CONFLICT DO NOTHING;
