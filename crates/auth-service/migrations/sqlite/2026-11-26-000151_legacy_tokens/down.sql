DROP TABLE legacy_revocations;
DROP TABLE legacy_exchanges;
