//! The OpenAPI 3.1 document at `/openapi.json`, rendered at `/docs` without files from other hosts.

mod error_responses;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    web::{Bytes, Data, ServiceConfig},
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

/// The document, and the configuration of the page. All worker threads share one.
///
/// The text is made at the first request for it, because making it takes milliseconds and a megabyte, and most
/// processes never need it.
pub struct Documentation {
    make: Box<dyn Fn() -> OpenApi + Send + Sync>,
    public: Option<PublicUrl>,
    json: OnceLock<Bytes>,
    page: Arc<Config<'static>>,
}

impl Documentation {
    /// The document that `make` makes. `public` is where clients find the service, if that is known.
    pub fn new(
        make: impl Fn() -> OpenApi + Send + Sync + 'static,
        public: Option<PublicUrl>,
    ) -> Data<Self> {
        let page = Arc::new(Config::from("../openapi.json"));
        Data::new(Self { make: Box::new(make), public, json: OnceLock::new(), page })
    }

    fn json(&self) -> Bytes {
        let make = || complete((self.make)(), self.public.as_ref()).to_json().unwrap_or_default();
        self.json.get_or_init(|| make().into()).clone()
    }
}

impl fmt::Debug for Documentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documentation").finish_non_exhaustive()
    }
}

/// The page at `/docs/` may run and show its own files, and call this host. Swagger UI sets styles on its
/// elements and has its icons as data.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds `/openapi.json` and `/docs` to the route table.
///
/// The page uses relative URLs, so it works with and without the path prefix of a proxy.
pub fn routes(config: &mut ServiceConfig, documentation: &Data<Documentation>) {
    config
        .app_data(documentation.clone())
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

async fn get_openapi(documentation: Data<Documentation>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "public, max-age=60"))
        .body(documentation.json())
}

async fn get_docs_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish()
}

async fn get_docs(
    request: HttpRequest,
    documentation: Data<Documentation>,
) -> Result<HttpResponse, Problem> {
    let file = request.match_info().query("file");
    let found = utoipa_swagger_ui::serve(file, Arc::clone(&documentation.page));
    let file = found
        .map_err(|error| Problem::internal(error.to_string()))?
        .ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(file.bytes.into_owned()))
}
