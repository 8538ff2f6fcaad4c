DROP TABLE audit_log;
DROP FUNCTION audit_log_delete(BIGINT, BIGINT);
DROP FUNCTION audit_log_clear(BIGINT, BIGINT, BIGINT);
DROP FUNCTION audit_log_guard();
DROP FUNCTION audit_log_limit();
