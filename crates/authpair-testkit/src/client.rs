//! HTTP clients of the tests.

use std::net::IpAddr;

use reqwest::{Client, RequestBuilder};

/// A client that follows no redirect and uses no proxy.
pub fn client() -> Client {
    build(Client::builder())
}

/// The same, calling from the loopback address `127.0.0.NUMBER`, so that the services see another client.
pub fn client_from(number: u8) -> Client {
    build(Client::builder().local_address(IpAddr::from([127, 0, 0, number])))
}

fn build(client: reqwest::ClientBuilder) -> Client {
    let client = client.redirect(reqwest::redirect::Policy::none()).no_proxy();
    client.build().expect("an HTTP client")
}

/// A call to this URL.
pub(super) fn call(http: &Client, method: &str, url: &str) -> RequestBuilder {
    http.request(method.parse().expect("a method"), url)
}
