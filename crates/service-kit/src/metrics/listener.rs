//! `/metrics` on a listener of its own.

use std::{io, net::SocketAddr};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header::VARY,
    middleware::from_fn,
    web::{self, Data},
};

use super::{Metrics, text_format::TextFormat};
use crate::http::{Endpoint, not_found, request_middleware};

/// Serves `/metrics` on its own address.
///
/// # Errors
/// When the address cannot be bound.
pub(crate) fn serve(address: SocketAddr, metrics: &Metrics) -> io::Result<ServerHandle> {
    let metrics = Data::new(metrics.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(metrics.clone())
            .service(Endpoint::at("/metrics").get(get_metrics))
            .default_service(web::to(not_found))
            .wrap(from_fn(request_middleware))
    })
    .workers(1)
    .disable_signals()
    .bind(address)
    .map_err(|error| {
        io::Error::new(error.kind(), format!("METRICS_LISTEN: cannot listen on {address}: {error}"))
    })?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

async fn get_metrics(request: HttpRequest, metrics: Data<Metrics>) -> HttpResponse {
    let format = TextFormat::negotiate(request.headers());
    HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((VARY, "Accept"))
        .body(format.render(metrics.text()))
}
