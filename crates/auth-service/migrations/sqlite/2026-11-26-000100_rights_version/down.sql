ALTER TABLE revocations DROP COLUMN min_ver;
ALTER TABLE revocations DROP COLUMN sub;
ALTER TABLE users DROP COLUMN ext;
ALTER TABLE users DROP COLUMN rights_version;
