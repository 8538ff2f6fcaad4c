//! OAuth for services: accounts of services, tokens, introspection, revocation.

mod client_secrets;
mod introspection;
mod service_accounts;
mod third_service;
mod token_endpoint;
