ALTER TABLE users DROP COLUMN device_epoch;
DROP TABLE login_failures;
