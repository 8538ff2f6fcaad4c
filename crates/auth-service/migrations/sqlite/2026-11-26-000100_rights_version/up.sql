-- Rights that change at once. Processes of the version before may still run: they leave the new columns as they are.

-- Raised by each change of scope or ext. Tokens without a version count as 0, as those of the version before.
ALTER TABLE users ADD COLUMN rights_version BIGINT NOT NULL DEFAULT 0;
-- Further claims that an administrator gave the user: a JSON object.
ALTER TABLE users ADD COLUMN ext TEXT;

-- An entry of the feed is about a session (sid), or about a user's older tokens (sub, min_ver): then sid is empty. No
-- session has an empty id, so a process of the version before publishes such an entry as one that means nothing.
ALTER TABLE revocations ADD COLUMN sub TEXT;
ALTER TABLE revocations ADD COLUMN min_ver BIGINT;
