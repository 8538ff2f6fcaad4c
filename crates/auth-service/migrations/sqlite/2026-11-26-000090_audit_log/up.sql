-- The audit log: a row for each change and each refused call. docs/security.md lists the events.
--
-- No foreign keys: an entry outlives what it is about.
CREATE TABLE audit_log (
    -- Microseconds since the epoch.
    at           BIGINT NOT NULL,
    id           TEXT   NOT NULL,
    event        TEXT   NOT NULL,
    outcome      TEXT   NOT NULL,
    reason       TEXT,
    actor_type   TEXT   NOT NULL,
    -- Where the type has no ids, the type again, so that one index finds every actor.
    actor_id     TEXT   NOT NULL,
    subject_type TEXT,
    subject_id   TEXT,
    session_id   TEXT,
    client_id    TEXT,
    ip           TEXT,
    user_agent   TEXT,
    request_id   TEXT,
    amr          TEXT,
    details      TEXT,
    PRIMARY KEY (at, id)
) WITHOUT ROWID;

-- Each ends with the order of the log, so that a filtered page costs the same in a long log as in a short one.
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, at, id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, at, id);
CREATE INDEX audit_log_by_event ON audit_log (event, at, id);
CREATE INDEX audit_log_refused ON audit_log (at, id) WHERE outcome = 'refused';

-- Entries are added, and nothing else. The one exception is what time brings: after 90 days an entry loses its address
-- and user agent, and may be deleted.
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE at = NEW.at AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: there is such an entry');
END;

CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
WHEN OLD.at > (unixepoch() - 90 * 86400) * 1000000
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: entries of the last 90 days stay');
END;

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
WHEN OLD.at > (unixepoch() - 90 * 86400) * 1000000
    OR NEW.ip IS NOT NULL
    OR NEW.user_agent IS NOT NULL
    OR (NEW.at, NEW.id, NEW.event, NEW.outcome, NEW.actor_type, NEW.actor_id)
        <> (OLD.at, OLD.id, OLD.event, OLD.outcome, OLD.actor_type, OLD.actor_id)
    OR NEW.reason IS NOT OLD.reason
    OR NEW.subject_type IS NOT OLD.subject_type
    OR NEW.subject_id IS NOT OLD.subject_id
    OR NEW.session_id IS NOT OLD.session_id
    OR NEW.client_id IS NOT OLD.client_id
    OR NEW.request_id IS NOT OLD.request_id
    OR NEW.amr IS NOT OLD.amr
    OR NEW.details IS NOT OLD.details
BEGIN
    SELECT RAISE(ABORT, 'audit_log is append-only: an entry only loses its address and user agent, after 90 days');
END;
