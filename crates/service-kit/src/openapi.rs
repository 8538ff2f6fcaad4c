//! The OpenAPI 3.1 document at `/openapi.json`, rendered at `/docs` without a network.

mod error_responses;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    web::{Data, ServiceConfig},
};
use utoipa::openapi::{
    OpenApi, Server,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_swagger_ui::Config;

pub use self::error_responses::{
    BadRequest, Forbidden, NotFound, PayloadTooLarge, ProblemSchema, RequestTimeout,
    TooManyRequests, Unauthorized, Unavailable, UnsupportedMediaType, problem_response,
};
use crate::{
    http::{Endpoint, PublicUrl},
    problem::Problem,
};

/// The name of the one security scheme: a Bearer access token.
pub const BEARER: &str = "access_token";

/// The document as text, and the configuration of the page.
struct Document {
    json: String,
    page: Arc<Config<'static>>,
}

/// What the page at `/docs/` may do: run and show its own files, and call this host. Swagger UI sets styles on its
/// elements and has its icons as data.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds `/openapi.json` and `/docs` to the route table. `public` is where clients find the service, if that is known.
///
/// The page uses relative URLs, so it works with and without the path prefix of a proxy.
pub fn routes(config: &mut ServiceConfig, document: OpenApi, public: Option<&PublicUrl>) {
    let document = Data::new(Document {
        json: complete(document, public).to_json().unwrap_or_default(),
        page: Arc::new(Config::from("../openapi.json")),
    });
    config
        .app_data(document)
        .service(Endpoint::at("/openapi.json").get(get_openapi))
        .service(Endpoint::at("/docs").get(get_docs_folder))
        .service(Endpoint::at("/docs/{file:.*}").get(get_docs));
}

/// Adds the security scheme; behind a path prefix also the server's URL, which the paths do not contain.
fn complete(mut document: OpenApi, public: Option<&PublicUrl>) -> OpenApi {
    let prefixed = public.filter(|public| !public.prefix().is_empty());
    document.servers = prefixed.map(|public| vec![Server::new(public.as_str())]);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token (RFC 6750)"))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    document
}

async fn get_openapi(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, max-age=60"))
        .body(document.json.clone())
}

async fn get_docs_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish()
}

async fn get_docs(request: HttpRequest, document: Data<Document>) -> Result<HttpResponse, Problem> {
    let file = request.match_info().query("file");
    let found = utoipa_swagger_ui::serve(file, Arc::clone(&document.page));
    let file = found
        .map_err(|error| Problem::internal(error.to_string()))?
        .ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(file.bytes.into_owned()))
}
