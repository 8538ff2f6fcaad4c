-- The two roles. auth_service owns the schema; users_api is granted the view public_users once there is one, and nothing
-- else. (migration_role.sql gives the schema to a third.) The image runs this once, on an empty database. It may be run
-- again at any time, and then sets the passwords to those of the secrets:
--
--   docker compose exec postgres psql -U postgres -d authpair -f /docker-entrypoint-initdb.d/roles.sql

-- The passwords are those in the URLs, so that there is one place to set them.
\set auth `sed -E 's#.*//[^:]*:([^@]*)@.*#\1#' /run/secrets/auth_database_url`
\set users `sed -E 's#.*//[^:]*:([^@]*)@.*#\1#' /run/secrets/users_database_url`
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['auth_service', 'users_api']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE auth_service LOGIN PASSWORD :'auth';
ALTER ROLE users_api LOGIN PASSWORD :'users';
-- Only a second line of defence, because a session may set this back. What protects is that users_api has no right to write.
ALTER ROLE users_api SET default_transaction_read_only = on;
-- Where the driver gives no error code, the services recognise errors by their English texts.
ALTER ROLE auth_service SET lc_messages = 'C';
ALTER ROLE users_api SET lc_messages = 'C';

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO auth_service, users_api;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Unless migration_role.sql has given it to another role.
SELECT 'ALTER SCHEMA public OWNER TO auth_service'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'auth_migrate') \gexec
GRANT USAGE ON SCHEMA public TO users_api;

-- Rights that every role has by default, and that users_api could use to fill the disk or to hold up migrations.
DO $$
DECLARE routine regprocedure;
BEGIN
    FOR routine IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
          AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite')
               OR proname ~ '^pg_(try_)?advisory_')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', routine);
    END LOOP;
END $$;
-- Under such locks auth-service checks new names one after the other, so that two that look alike are not both taken.
GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint) TO auth_service;
