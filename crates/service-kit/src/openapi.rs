//! The API, described: OpenAPI 3.1 at `/openapi.json`, rendered at `/docs` without any network.

mod refusals;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION},
    web::{Data, ServiceConfig},
};
use utoipa::openapi::{
    OpenApi,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_swagger_ui::Config;

pub use self::refusals::{
    BadRequest, Conflict, CsrfFailed, Forbidden, NotFound, Problem, TooLarge, TooSlow,
    Unauthorized, Unavailable, UnsupportedMediaType,
};
use crate::{http::Endpoint, problem};

/// The name of the one security scheme: a Bearer access token.
pub const BEARER: &str = "access_token";

/// What is served: the document as text, and the page's settings.
struct Document {
    json: String,
    page: Arc<Config<'static>>,
}

/// Adds `/openapi.json` and `/docs` to the route table.
pub fn routes(config: &mut ServiceConfig, document: OpenApi) {
    let document = Data::new(Document {
        json: complete(document).to_json().unwrap_or_default(),
        page: Arc::new(Config::from("/openapi.json")),
    });
    config
        .app_data(document)
        .service(Endpoint::at("/openapi.json").get(get_openapi))
        .service(Endpoint::at("/docs").get(get_docs_folder))
        .service(Endpoint::at("/docs/{file:.*}").get(get_docs));
}

/// Adds what every document of ours has.
fn complete(mut document: OpenApi) -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("An access token of auth-service (RFC 6750)"))
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
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

async fn get_docs(
    request: HttpRequest,
    document: Data<Document>,
) -> Result<HttpResponse, problem::Problem> {
    let file = request.match_info().query("file");
    let found = utoipa_swagger_ui::serve(file, Arc::clone(&document.page));
    let file = found
        .map_err(|error| problem::Problem::internal(error.to_string()))?
        .ok_or_else(problem::Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(file.bytes.into_owned()))
}
