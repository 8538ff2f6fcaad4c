-- Run by the schema's owner after each migration, for one may make the view anew. Not as default privileges:
-- PostgreSQL knows no default for views alone, and users_api must not see the tables.
GRANT SELECT ON public_users TO users_api;
