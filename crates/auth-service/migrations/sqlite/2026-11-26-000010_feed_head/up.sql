-- The order of the revocation feed comes from one row. The migration for PostgreSQL gives the reason.
--
-- tag is random and new with each write. A reader that remembers a number with its tag notices that the database went
-- back in time, even if the same numbers were used again since. tag_before is the tag of the previous number, so that
-- a reader notices it even if the entry of its number was deleted.
CREATE TABLE feed_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq        BIGINT  NOT NULL,
    tag        BIGINT  NOT NULL,
    tag_before BIGINT  NOT NULL,
    -- Part of every cursor; replaced when the database was found to have gone back in time.
    epoch      TEXT    NOT NULL
);

-- The last number that was given is used, because its entry may have been deleted.
INSERT INTO feed_head (id, seq, tag, tag_before, epoch)
SELECT 1,
       max(
           coalesce((SELECT max(seq) FROM revocations), 0),
           coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'revocations'), 0)
       ),
       random(),
       0,
       coalesce(
           (SELECT value FROM shared_values WHERE name = 'feed_epoch'),
           lower(hex(randomblob(16)))
       );

ALTER TABLE revocations ADD COLUMN tag BIGINT NOT NULL DEFAULT 0;
ALTER TABLE revocations ADD COLUMN tag_before BIGINT NOT NULL DEFAULT 0;
UPDATE revocations
SET tag = (SELECT tag FROM feed_head)
WHERE seq = (SELECT seq FROM feed_head);

-- For programs of the previous version that still run: they insert entries without a number and without tags.
CREATE TRIGGER revocations_of_the_version_before AFTER INSERT ON revocations WHEN NEW.tag = 0
BEGIN
    UPDATE feed_head SET seq = max(seq, NEW.seq), tag_before = tag, tag = random() WHERE id = 1;
    UPDATE revocations
    SET tag = (SELECT tag FROM feed_head), tag_before = (SELECT tag_before FROM feed_head)
    WHERE seq = NEW.seq;
END;

-- A transaction that adds a signing key locks this row (on PostgreSQL).
INSERT OR IGNORE INTO shared_values (name, value) VALUES ('signing_keys_lock', '');
