-- Takes the schema away from the serving role: a role of its own owns it and runs the migrations, and auth_service
-- may only read and write rows. Run once, by a superuser, in the database, after roles.sql; before or after the first
-- migration. In a running installation nothing has to be stopped for it.
--
--     psql -v password="$(cat migration_password)" -f migration_role.sql postgres://postgres@db/authpair
--
-- From then on `auth-service migrate` runs with AUTH_MIGRATION_DATABASE_URL=postgres://auth_migrate:…@db/authpair,
-- and so does GRANT SELECT ON public_users TO users_api. The services that serve need no such URL: where a migration
-- is still to be run, they say so and do not start.

CREATE ROLE auth_migrate LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE :"DBNAME" TO auth_migrate;
REASSIGN OWNED BY auth_service TO auth_migrate;
ALTER SCHEMA public OWNER TO auth_migrate;
GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint) TO auth_migrate;

REVOKE ALL ON SCHEMA public FROM auth_service;
GRANT USAGE ON SCHEMA public TO auth_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO auth_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO auth_service;
ALTER DEFAULT PRIVILEGES FOR ROLE auth_migrate IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO auth_service;
ALTER DEFAULT PRIVILEGES FOR ROLE auth_migrate IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO auth_service;

-- The audit log is append-only: the serving role reads and adds entries, and starts the retention, whose functions
-- touch nothing younger than 90 days. (Where the table does not exist yet, its migration does the same.)
SELECT 'REVOKE UPDATE, DELETE ON audit_log FROM auth_service' WHERE to_regclass('public.audit_log') IS NOT NULL
UNION ALL
SELECT format('GRANT EXECUTE ON FUNCTION %s TO auth_service', oid::regprocedure)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ('audit_log_delete', 'audit_log_clear') \gexec
