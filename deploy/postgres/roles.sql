-- The two roles. auth_service owns the schema; users_api is granted the view public_users once there is one and,
-- whatever else it is granted by mistake, may not write. The image runs this once, on an empty database. It may be run
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
ALTER ROLE users_api SET default_transaction_read_only = on;

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO auth_service, users_api;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO auth_service;
GRANT USAGE ON SCHEMA public TO users_api;
