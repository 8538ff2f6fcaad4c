-- Changed rights take effect at once. Processes of the previous version may still run: they leave the new columns as
-- they are.

-- Each change of scope or ext raises it. Tokens without a version (those of the previous version) count as 0.
ALTER TABLE users ADD COLUMN rights_version BIGINT NOT NULL DEFAULT 0;
-- Further claims that an administrator gave the user: a JSON object.
ALTER TABLE users ADD COLUMN ext TEXT;

-- An entry of the feed is about a session (sid), or about a user's older tokens (sub, min_ver): then sid is empty. No
-- session has an empty id, so verifiers ignore such an entry if a process of the previous version publishes it.
ALTER TABLE revocations ADD COLUMN sub TEXT COLLATE "C";
ALTER TABLE revocations ADD COLUMN min_ver BIGINT;
