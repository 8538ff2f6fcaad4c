//! The example front end that `authpair` serves: its files and their headers.

use std::path::Path;

use authpair_testkit::{Process, authpair_command, client, free_port};
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// `authpair` with the front end from this folder on this port, and its two services.
async fn start(folder: &Path, web: u16) -> (Process, u16, u16) {
    let (auth, users) = (free_port(), free_port());
    let settings = [
        ("AUTHPAIR_WEB_LISTEN", format!("127.0.0.1:{web}")),
        ("AUTHPAIR_WEB_DIST", "dist".to_owned()),
        ("AUTH_LISTEN", format!("127.0.0.1:{auth}")),
        ("AUTH_ISSUER", format!("http://127.0.0.1:{auth}")),
        ("AUTH_METRICS_LISTEN", "off".to_owned()),
        ("USERS_LISTEN", format!("127.0.0.1:{users}")),
        ("USERS_METRICS_LISTEN", "off".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let command = authpair_command(crate::program(), &[], &settings, folder);
    let process = Process::start(command, &format!("http://127.0.0.1:{users}")).await;
    process.wait_for("/readyz").await;
    (process, auth, users)
}

fn build(folder: &Path) {
    std::fs::create_dir_all(folder.join("dist/assets")).unwrap();
    std::fs::write(folder.join("dist/index.html"), "<!doctype html>the page").unwrap();
    std::fs::write(folder.join("dist/config.json"), "{}").unwrap();
    std::fs::write(folder.join("dist/assets/index-1a2b3c.js"), "the script").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_serve_the_page_hashed_files_are_cached_and_each_answer_has_the_content_security_policy()
 {
    let folder = tempfile::tempdir().unwrap();
    let web = free_port();
    let (_pair, auth, users) = start(folder.path(), web).await;
    let site = format!("http://localhost:{web}");
    let not_built = client().get(&site).send().await.unwrap();
    assert_eq!(not_built.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(not_built.text().await.unwrap().contains(authpair::web::BUILD_COMMAND));

    build(folder.path());
    for (path, status, cache, body) in [
        ("/", 200, "no-store", "the page"),
        ("/login", 200, "no-store", "the page"),
        ("/account/keys?from=mail", 200, "no-store", "the page"),
        ("/assets/index-1a2b3c.js", 200, "public, max-age=31536000, immutable", "the script"),
        ("/assets/index-0000.js", 404, "no-store", "no such file"),
        ("/config.json", 200, "no-store", "authUrl"),
    ] {
        let answer = client().get(format!("{site}{path}")).send().await.unwrap();
        let headers = answer.headers().clone();
        assert_eq!(
            (answer.status().as_u16(), &headers["cache-control"]),
            (status, &cache.parse().unwrap()),
            "{path}"
        );
        assert!(answer.text().await.unwrap().contains(body), "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        let services =
            format!("connect-src 'self' http://localhost:{auth} http://localhost:{users};");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(policy.contains(&services) && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
    }
    let config = client().get(format!("{site}/config.json")).send().await.unwrap();
    let expected =
        format!(r#"{{"authUrl":"http://localhost:{auth}","usersUrl":"http://localhost:{users}"}}"#);
    assert_eq!(config.text().await.unwrap(), expected);
    let posted = client().request(Method::POST, &site).send().await.unwrap();
    assert_eq!(
        (posted.status().as_u16(), &posted.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_ends_pages_may_call_both_services_and_other_pages_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let web = free_port();
    let (_pair, auth, users) = start(folder.path(), web).await;
    for url in [
        format!("http://localhost:{auth}/api/auth/me"),
        format!("http://localhost:{users}/api/users/me"),
    ] {
        for (origin, is_listed) in [
            (format!("http://localhost:{web}"), true),
            (format!("http://127.0.0.1:{web}"), true),
            (format!("http://localhost:{auth}"), false),
            ("https://evil.example".to_owned(), false),
        ] {
            let answer = client().get(&url).header("origin", &origin).send().await.unwrap();
            let allowed = answer.headers().get("access-control-allow-origin");
            assert_eq!(allowed.is_some(), is_listed, "{url} from {origin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_front_ends_folder() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path());
    std::fs::write(folder.path().join("secret.txt"), "a secret").unwrap();
    std::fs::write(folder.path().join("dist/.env"), "a secret").unwrap();
    let web = free_port();
    let _pair = start(folder.path(), web).await;
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/.env",
        "/./../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/../data/authpair.db",
        "http://localhost/../secret.txt",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", web)).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert!(!answer.contains("a secret"), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_stops_neither_service_and_its_page_is_no_listed_origin() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let web = taken.local_addr().unwrap().port();
    let (_pair, auth, _users) = start(folder.path(), web).await;
    let url = format!("http://127.0.0.1:{auth}/api/auth/me");
    let origin = format!("http://localhost:{web}");
    let answer = client().get(&url).header("origin", &origin).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.headers().get("access-control-allow-origin").is_none());
}
