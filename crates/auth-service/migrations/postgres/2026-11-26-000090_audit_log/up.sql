-- The audit log: a row for each change and each refused call. docs/security.md lists the events.
--
-- No foreign keys: an entry outlives what it is about. No sequence: the order is (at, id).
CREATE TABLE audit_log (
    -- Microseconds since the epoch.
    at           BIGINT           NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    event        TEXT COLLATE "C" NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    reason       TEXT,
    actor_type   TEXT             NOT NULL,
    -- Where the type has no ids, the type again, so that one index finds every actor.
    actor_id     TEXT COLLATE "C" NOT NULL,
    subject_type TEXT,
    subject_id   TEXT COLLATE "C",
    session_id   TEXT,
    client_id    TEXT,
    ip           TEXT,
    user_agent   TEXT,
    request_id   TEXT,
    amr          TEXT,
    details      TEXT,
    PRIMARY KEY (at, id)
);

-- Each ends with the order of the log, so that a filtered page costs the same in a long log as in a short one.
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, at, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at, id);
CREATE INDEX audit_log_by_event ON audit_log (event, at, id);
CREATE INDEX audit_log_refused ON audit_log (at, id) WHERE outcome = 'refused';

-- Entries are added, and nothing else. The one exception is what time brings: after 90 days, by this server's clock, an
-- entry loses its address and user agent, and may be deleted.
CREATE FUNCTION audit_log_limit() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
    SELECT (extract(epoch FROM clock_timestamp() - interval '90 days') * 1000000)::bigint
$$;

CREATE FUNCTION audit_log_guard() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    kept audit_log;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'audit_log is append-only: it is not truncated';
    ELSIF OLD.at > audit_log_limit() THEN
        RAISE EXCEPTION 'audit_log is append-only: entries of the last 90 days stay as they are';
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    kept := OLD;
    kept.ip := NULL;
    kept.user_agent := NULL;
    IF NEW IS DISTINCT FROM kept THEN
        RAISE EXCEPTION 'audit_log is append-only: an entry only loses its address and user agent';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_log_rows BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_guard();
CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard();

-- Retention. Both run with the rights of the schema's owner, because the role that serves has none to change or delete
-- entries where deploy/postgres/migration_role.sql was run. Neither touches what is younger than 90 days, whatever it
-- is called with.
DO $do$
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION audit_log_delete(before BIGINT, most BIGINT) RETURNS BIGINT
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $body$
            WITH old AS (
                SELECT at, id FROM audit_log WHERE at < LEAST(before, audit_log_limit())
                ORDER BY at, id LIMIT most
            ), gone AS (
                DELETE FROM audit_log USING old WHERE audit_log.at = old.at AND audit_log.id = old.id
                RETURNING 1
            ) SELECT count(*) FROM gone
        $body$;
        CREATE FUNCTION audit_log_clear(since BIGINT, before BIGINT, most BIGINT) RETURNS BIGINT
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $body$
            WITH old AS (
                SELECT at, id FROM audit_log
                WHERE at >= since AND at < LEAST(before, audit_log_limit())
                    AND (ip IS NOT NULL OR user_agent IS NOT NULL)
                ORDER BY at, id LIMIT most
            ), cleared AS (
                UPDATE audit_log SET ip = NULL, user_agent = NULL FROM old
                WHERE audit_log.at = old.at AND audit_log.id = old.id
                RETURNING 1
            ) SELECT count(*) FROM cleared
        $body$;
    $sql$, current_schema());
END $do$;

-- Where another role serves than the one that owns the schema: it reads and adds entries, and starts the retention.
REVOKE EXECUTE ON FUNCTION audit_log_delete(BIGINT, BIGINT), audit_log_clear(BIGINT, BIGINT, BIGINT) FROM PUBLIC;
DO $do$
DECLARE
    serving TEXT;
BEGIN
    FOR serving IN
        SELECT DISTINCT granted.grantee::regrole::text
        FROM pg_class, aclexplode(relacl) AS granted
        WHERE pg_class.oid = 'audit_log'::regclass
            AND granted.privilege_type = 'INSERT' AND granted.grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('REVOKE ALL ON audit_log FROM %s', serving);
        EXECUTE format('GRANT SELECT, INSERT ON audit_log TO %s', serving);
        EXECUTE format('GRANT EXECUTE ON FUNCTION audit_log_delete(BIGINT, BIGINT), audit_log_clear(BIGINT, BIGINT, BIGINT) TO %s', serving);
    END LOOP;
END $do$;
