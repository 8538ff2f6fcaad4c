DROP VIEW public_users;
DROP TABLE shared_values;
DROP TABLE signing_keys;
DROP TABLE revocations;
DROP TABLE sessions;
DROP TABLE users;
