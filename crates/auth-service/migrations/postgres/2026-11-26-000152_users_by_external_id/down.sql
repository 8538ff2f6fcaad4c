DROP INDEX users_by_external_id;
