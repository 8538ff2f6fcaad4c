-- The order of the revocation feed comes from one row, as on PostgreSQL; there it says why.
--
-- tag is random and new with each write. A reader who remembers a number with its tag notices a database that went
-- back in time, even when its numbers have overtaken. tag_before is the tag of the number before, so that this can be
-- told although that entry was deleted.
CREATE TABLE feed_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq        BIGINT  NOT NULL,
    tag        BIGINT  NOT NULL,
    tag_before BIGINT  NOT NULL,
    -- Part of every cursor; replaced when the database was found to have gone back in time.
    epoch      TEXT    NOT NULL
);

-- From the last number given, for its entry may have been deleted already.
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

-- What programs of the version before write while they still run: they name neither number nor tags.
CREATE TRIGGER revocations_of_the_version_before AFTER INSERT ON revocations WHEN NEW.tag = 0
BEGIN
    UPDATE feed_head SET seq = max(seq, NEW.seq), tag_before = tag, tag = random() WHERE id = 1;
    UPDATE revocations
    SET tag = (SELECT tag FROM feed_head), tag_before = (SELECT tag_before FROM feed_head)
    WHERE seq = NEW.seq;
END;

-- Whoever adds a signing key locks this row (on PostgreSQL).
INSERT OR IGNORE INTO shared_values (name, value) VALUES ('signing_keys_lock', '');
