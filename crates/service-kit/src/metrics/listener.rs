//! `/metrics` on a listener of its own.

use std::{io, net::SocketAddr};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    middleware::from_fn,
    web::{self, Data},
};

use super::Metrics;
use crate::http::{Endpoint, envelope, not_found};

/// The text format that Prometheus reads.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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
            .wrap(from_fn(envelope))
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

async fn get_metrics(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type(OPENMETRICS).body(metrics.text())
}
