-- Run once, by the image, on an empty database: the two roles. auth_service owns the schema; users_api is
-- granted the view public_users once there is one and, whatever else it is granted by mistake, may not write.

-- The passwords are those in the URLs, so that there is one place to set them.
\set auth `sed -E 's#.*//[^:]*:([^@]*)@.*#\1#' /run/secrets/auth_database_url`
\set users `sed -E 's#.*//[^:]*:([^@]*)@.*#\1#' /run/secrets/users_database_url`
CREATE ROLE auth_service LOGIN PASSWORD :'auth';
CREATE ROLE users_api LOGIN PASSWORD :'users';
ALTER ROLE users_api SET default_transaction_read_only = on;

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO auth_service, users_api;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO auth_service;
GRANT USAGE ON SCHEMA public TO users_api;
