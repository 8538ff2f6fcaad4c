//! The HTTP server of the front end's files.

use std::net::TcpListener;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpResponseBuilder, HttpServer,
    dev::ServerHandle,
    http::{Method, header},
    web::{self, Data},
};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::both::Both;

use super::{
    BUILD_COMMAND,
    files::{Files, Found},
    service_addresses::{ServiceAddress, config, content_policy, host_name},
};

/// For files whose content never changes under their name.
const CACHE_FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

struct Site {
    files: Files,
    addresses: Both<ServiceAddress>,
}

/// The server; dropping it stops it.
#[derive(Debug)]
pub struct WebServer {
    task: JoinHandle<std::io::Result<()>>,
    _handle: ServerHandle,
}

impl WebServer {
    /// Starts on a bound listener. If that fails, the pair runs without the front end.
    pub(super) fn start(
        listener: TcpListener,
        files: Files,
        addresses: Both<ServiceAddress>,
    ) -> Option<Self> {
        let site = Data::new(Site { files, addresses });
        let server = HttpServer::new(move || {
            App::new().app_data(site.clone()).default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .inspect_err(|error| tracing::warn!(%error, "the front end cannot be served"))
        .ok()?
        .run();
        let handle = server.handle();
        Some(Self { task: tokio::spawn(server), _handle: handle })
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host_name(host);
    let mut response = HttpResponse::Ok();
    protect(&mut response, &content_policy(&site.addresses, host));
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        response.status(actix_web::http::StatusCode::METHOD_NOT_ALLOWED);
        return response.insert_header((header::ALLOW, "GET, HEAD")).finish();
    }
    if request.path() == "/config.json" {
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        return response.content_type("application/json").body(config(&site.addresses, host));
    }
    let (files, path) = (site.files.clone(), request.path().to_owned());
    let found = spawn_blocking(move || files.find(&path)).await.unwrap_or(Found::Nothing);
    finish(response, found)
}

fn finish(mut response: HttpResponseBuilder, found: Found) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    match found {
        Found::Page(content) => response.content_type("text/html; charset=utf-8").body(content),
        Found::File { content, media_type, is_hashed } => {
            if is_hashed {
                response.insert_header((header::CACHE_CONTROL, CACHE_FOR_A_YEAR));
            }
            response.content_type(media_type).body(content)
        }
        Found::Nothing => {
            response.status(actix_web::http::StatusCode::NOT_FOUND);
            response.content_type("text/plain; charset=utf-8").body("There is no such file.\n")
        }
        Found::NotBuilt => {
            response.status(actix_web::http::StatusCode::SERVICE_UNAVAILABLE);
            let text = format!(
                "The front end is not built. Build it and load this again:\n\n    {BUILD_COMMAND}\n"
            );
            response.content_type("text/plain; charset=utf-8").body(text)
        }
    }
}

fn protect(response: &mut HttpResponseBuilder, policy: &str) {
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("permissions-policy", "camera=(), geolocation=(), microphone=()"));
}
