//! Both services behind one host, each below a path of its own, with the proxy of `deploy/nginx/one-host.conf`.

use std::{path::Path, process::Command};

use authpair_testkit::{
    Answer, Backend, PASSWORD, Process, TestPair, free_port, missing::program_of_the_check,
};
use reqwest::{RequestBuilder, Url};
use serde_json::json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx");

/// The pair behind its proxy.
struct Site {
    pair: TestPair,
    root: String,
    _nginx: Process,
}

impl Site {
    /// `None` where there is no nginx.
    async fn start() -> Option<Self> {
        let program = program_of_the_check("nginx")?;
        let port = free_port();
        let root = format!("http://127.0.0.1:{port}");
        let (issuer, users) = (format!("{root}/auth"), format!("{root}/users"));
        let settings = [
            ("AUTH_ISSUER", issuer.as_str()),
            ("USERS_ISSUER", &issuer),
            ("USERS_PUBLIC_URL", &users),
        ];
        let pair = TestPair::start_with(Backend::Sqlite, &settings).await.unwrap();
        let nginx = start_nginx(&program, &pair, port, &issuer).await;
        Some(Self { pair, root, _nginx: nginx })
    }

    /// A call to a path at the proxy, or to a whole URL.
    fn call(&self, method: &str, address: &str) -> RequestBuilder {
        let url = Url::parse(&self.root).unwrap().join(address).unwrap();
        self.pair.http.request(method.parse().unwrap(), url)
    }

    async fn get(&self, address: &str) -> Answer {
        Answer::of(self.call("GET", address)).await
    }
}

/// Starts nginx with the example, in which this pair's addresses are filled in.
async fn start_nginx(program: &Path, pair: &TestPair, port: u16, issuer: &str) -> Process {
    let folder = pair.folder.path();
    let example = std::fs::read_to_string(Path::new(FOLDER).join("one-host.conf")).unwrap();
    let mut config = example;
    for (from, to) in [
        // This one first, because later values may be paths below /tmp.
        ("/tmp/", format!("{}/", folder.display())),
        ("listen 80;", format!("listen 127.0.0.1:{port};")),
        ("server 127.0.0.1:8080;", format!("server {};", pair.auth.trim_start_matches("http://"))),
        ("server 127.0.0.1:8081;", format!("server {};", pair.users.trim_start_matches("http://"))),
        ("/etc/nginx/problems.conf", format!("{FOLDER}/problems.conf")),
        ("/usr/share/nginx/html", folder.display().to_string()),
    ] {
        assert!(config.contains(from), "{from} is not in the example");
        config = config.replace(from, &to);
    }
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    // One process, which ends with the test.
    command.args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c"]).arg(file);
    Process::start_logged(command, issuer, &folder.join("nginx.log")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_knows_only_the_issuer_finds_everything_behind_the_prefix() {
    let Some(site) = Site::start().await else { return };
    let issuer = format!("{}/auth", site.root);
    for path in [
        "/.well-known/oauth-authorization-server/auth",
        "/.well-known/openid-configuration/auth",
        "/auth/.well-known/oauth-authorization-server",
        "/auth/.well-known/openid-configuration",
    ] {
        let metadata = site.get(path).await.ok(200).body;
        assert_eq!(metadata["issuer"], issuer, "{path}");
        let keys = site.get(metadata["jwks_uri"].as_str().unwrap()).await.ok(200);
        assert_eq!(keys.body["keys"].as_array().unwrap().len(), 1);
        let token = site.call("POST", metadata["token_endpoint"].as_str().unwrap());
        let token = token.header("content-type", "application/x-www-form-urlencoded");
        let refused = Answer::of(token.body("grant_type=client_credentials")).await;
        assert_eq!((refused.status, refused.code()), (401, "invalid_client"));
    }
    for path in ["", "/other", "/auth/more", "/Auth"] {
        let path = format!("/.well-known/oauth-authorization-server{path}");
        let answer = Answer::of(site.pair.auth_call("GET", &path)).await;
        assert_eq!(answer.status, if path.ends_with("server") { 200 } else { 404 }, "{path}");
    }
    site.get("/auth/.well-known/revoked-sessions").await.expect(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_host_logs_in_refreshes_pages_and_logs_out_behind_the_prefix() {
    let Some(site) = Site::start().await else { return };
    site.pair.register("ana").await;
    site.pair.register("bob").await;
    let body = json!({ "username": "ana", "password": PASSWORD, "cookie": true });
    let login = site.call("POST", "/auth/api/auth/login").header("origin", &site.root).json(&body);
    let login = Answer::of(login).await.ok(200);
    let set = login.header("set-cookie");
    assert!(set.contains("; Path=/auth/api/auth;"), "{set}");
    let cookie = set.split(';').next().unwrap();

    let csrf = site.call("GET", "/auth/api/auth/csrf").header("cookie", cookie);
    let csrf = Answer::of(csrf.header("sec-fetch-site", "same-origin")).await.ok(200);
    let refresh = site.call("POST", "/auth/api/auth/refresh").header("cookie", cookie);
    let refresh = refresh.header("origin", &site.root);
    let refreshed =
        Answer::of(refresh.header("x-csrf-token", csrf.string("csrf_token"))).await.ok(200);
    let access = refreshed.string("access_token");

    let mut address = "/users/api/users?per_page=1".to_owned();
    for last in [false, true] {
        let page = Answer::of(site.call("GET", &address).bearer_auth(&access)).await.ok(200);
        let links = page.header("link");
        let next = links.split(", ").find(|link| link.ends_with("rel=\"next\""));
        assert_eq!(next.is_none(), last, "{links}");
        if let Some(next) = next {
            address = next[1..].split('>').next().unwrap().to_owned();
            assert!(address.starts_with("/users/api/users?"), "{address}");
        }
    }
    let me = site.call("GET", "/users/api/users/me").bearer_auth(&access);
    Answer::of(me).await.ok(200);
    let logout = site.call("POST", "/auth/api/auth/logout").bearer_auth(&access);
    Answer::of(logout).await.ok(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_docs_page_of_both_services_works_behind_the_prefix() {
    let Some(site) = Site::start().await else { return };
    for (prefix, path) in [("auth", "/.well-known/jwks.json"), ("users", "/api/whoami")] {
        let folder = Url::parse(&format!("{}/{prefix}/docs", site.root)).unwrap();
        let moved = site.get(folder.as_str()).await.expect_status(308);
        let page = folder.join(moved.header("location")).unwrap();
        assert_eq!(page.as_str(), format!("{folder}/"));
        assert!(site.get(page.as_str()).await.ok(200).text.contains("swagger-ui"));
        let script = page.join("./swagger-initializer.js").unwrap();
        let script = site.get(script.as_str()).await.ok(200).text;
        let address = script.split("\"url\": \"").nth(1).unwrap_or_else(|| panic!("{script}"));
        let document = page.join(address.split('"').next().unwrap()).unwrap();
        assert_eq!(document.as_str(), format!("{}/{prefix}/openapi.json", site.root));
        let document = site.get(document.as_str()).await.ok(200).body;
        let server = document["servers"][0]["url"].as_str().unwrap();
        assert_eq!(server, format!("{}/{prefix}", site.root));
        assert!(document["paths"].get(path).is_some(), "{path}");
        site.get(&format!("{server}{path}")).await.ok(200);
    }
}
