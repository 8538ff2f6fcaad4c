//! Logs: what the line of a request holds, and a log that is not read.

use std::{io::Read, process::ChildStderr, time::Duration};

use authpair_testkit::{
    Answer, Backend, Fleet, FleetPlan, Process, Service, TestPair, authpair_command, client,
    free_port,
};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::child::Lines;

/// Long paths make long lines, so that few requests fill the queue of 4 MiB.
const PATH_LENGTH: usize = 7_000;

/// Their lines are 7 MB together.
const REQUESTS: usize = 1_000;

/// One service with its log in a pipe.
struct Logged {
    url: String,
    metrics: String,
    process: Process,
    log: ChildStderr,
    _folder: tempfile::TempDir,
}

impl Logged {
    async fn start(service: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = || format!("127.0.0.1:{}", free_port());
        let (own, metrics) = (address(), address());
        let prefix = if service == "auth-service" { "AUTH" } else { "USERS" };
        let settings = [
            ("LISTEN", own.as_str()),
            ("METRICS_LISTEN", metrics.as_str()),
            ("ISSUER", "http://127.0.0.1:9"),
            ("WORKERS", "1"),
            ("DRAIN_DELAY", "0s"),
        ];
        let settings = settings.map(|(name, value)| (format!("{prefix}_{name}"), value.to_owned()));
        let command =
            authpair_command(crate::program(), &[service, "serve"], &settings, folder.path());
        let url = format!("http://{own}");
        let (process, log) = Process::start_piped(command, &url).await;
        Self { url, metrics: format!("http://{metrics}/metrics"), process, log, _folder: folder }
    }

    /// Sends requests. Each is answered in time although the log is not read.
    async fn flood(&self) {
        let (http, long) = (client(), "x".repeat(PATH_LENGTH));
        for number in 0..REQUESTS {
            let call = http.get(format!("{}/{number}/{long}", self.url));
            let answer = timeout(Duration::from_secs(5), Answer::of(call)).await;
            answer.unwrap_or_else(|_| panic!("request {number} hangs")).expect(404, "not_found");
        }
        timeout(Duration::from_secs(5), Answer::of(http.get(format!("{}/healthz", self.url))))
            .await
            .expect("/healthz answers")
            .ok(200);
    }

    async fn lost(&self) -> u64 {
        let text = Answer::of(client().get(&self.metrics)).await.ok(200).text;
        let line =
            text.lines().find_map(|line| line.strip_prefix("authpair_log_lines_lost_total "));
        line.unwrap_or_else(|| panic!("not shown in {text}")).parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_log_is_not_read_keeps_answering_and_later_logs_how_many_lines_are_lost() {
    for service in ["auth-service", "users-api"] {
        let logged = Logged::start(service).await;
        assert_eq!(logged.lost().await, 0);
        logged.flood().await;
        let lost = logged.lost().await;
        assert!(lost > 100, "{service} lost {lost} lines");
        let lines = Lines::of(logged.log);
        let entry = loop {
            let line: Value = serde_json::from_str(&lines.next()).unwrap();
            if line["message"].as_str().is_some_and(|text| text.starts_with("log lines were lost"))
            {
                break line;
            }
        };
        assert_eq!((entry["lines"].as_u64(), &entry["level"]), (Some(lost), &json!("ERROR")));
        Answer::of(client().get(format!("{}/healthz", logged.url))).await.ok(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_log_is_not_read_stops_within_ten_seconds() {
    let mut logged = Logged::start("auth-service").await;
    logged.flood().await;
    let started = Instant::now();
    logged.process.signal("TERM");
    assert_eq!(logged.process.exit_code().await, Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_lines_of_a_service_that_stops_are_written() {
    for service in ["auth-service", "users-api"] {
        let mut logged = Logged::start(service).await;
        Answer::of(client().get(format!("{}/the-last-call", logged.url))).await.expect_status(404);
        logged.process.signal("TERM");
        assert_eq!(logged.process.exit_code().await, Some(0));
        let mut text = String::new();
        logged.log.read_to_string(&mut text).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines: Vec<_> = lines.collect();
        let answered = lines.iter().any(|line| line["span"]["path"] == "/the-last-call");
        let stops = lines.iter().any(|line| line["message"] == "the service stops");
        assert!(answered && stops, "{text}");
    }
}

async fn fleet() -> Fleet {
    let plan = FleetPlan::pair_on(crate::program(), Backend::Sqlite).await.unwrap();
    Fleet::start(plan.with("AUTH_TRUSTED_PROXIES", "127.0.0.1")).await
}

/// The lines of a service's log, once one of them is wanted.
async fn lines_with(service: &Service, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    service.log_line(|line| serde_json::from_str(line).is_ok_and(|line| wanted(&line))).await;
    let log = std::fs::read_to_string(&service.log).unwrap();
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

async fn line_of(service: &Service, path: &str, status: u64) -> Value {
    let is_it = |line: &Value| {
        line["message"] == "answered" && line["span"]["path"] == path && line["status"] == status
    };
    lines_with(service, is_it).await.into_iter().find(is_it).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_line_of_a_refused_call_has_its_code_and_that_of_a_failed_login_has_address_and_account()
 {
    let fleet = fleet().await;
    let (auth, users) = (&fleet.auth[0], &fleet.users[0]);
    let ana = auth.register("ana").await;
    let body = json!({ "username": "ana", "password": "not her password" });
    let call = auth.call("POST", "/api/auth/login").header("x-forwarded-for", "203.0.113.9");
    Answer::of(call.json(&body)).await.expect(401, "invalid_credentials");
    let line = line_of(auth, "/api/auth/login", 401).await;
    assert_eq!(line["code"], "invalid_credentials", "{line}");
    assert_eq!(line["client"], "203.0.113.9", "{line}");
    assert_eq!(line["account"], ana.id, "{line}");
    let id = &line["span"]["id"];
    let lines = lines_with(auth, |line| line["span"]["id"] == *id).await;
    let lines = lines.iter().filter(|line| line["span"]["id"] == *id);
    assert_eq!(lines.count(), 1, "of one call");

    // An unknown name has no account, and otherwise the same line.
    let body = json!({ "username": "nobody", "password": "not her password" });
    let call = auth.call("POST", "/api/auth/login").header("x-request-id", "nobodys-call");
    Answer::of(call.json(&body)).await.expect(401, "invalid_credentials");
    let is_it =
        |line: &Value| line["span"]["id"] == "nobodys-call" && line["message"] == "answered";
    let line = lines_with(auth, is_it).await.into_iter().find(is_it).unwrap();
    assert_eq!(
        (&line["code"], &line["client"]),
        (&json!("invalid_credentials"), &json!("127.0.0.1"))
    );
    assert!(line.get("account").is_none(), "{line}");

    // Also for errors of OAuth endpoints, of the verifier and of the router.
    let form = auth.call("POST", "/oauth2/token").body("grant_type=password");
    Answer::of(form.header("content-type", "application/x-www-form-urlencoded")).await;
    assert_eq!(line_of(auth, "/oauth2/token", 400).await["code"], "unsupported_grant_type");
    users.get("/api/users", "no.to.ken").await;
    assert_eq!(line_of(users, "/api/users", 401).await["code"], "invalid_token");
    users.get("/nope", "").await;
    assert_eq!(line_of(users, "/nope", 404).await["code"], "not_found");
    users.get("/api/whoami", "").await;
    assert!(line_of(users, "/api/whoami", 200).await.get("code").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_are_not_logged_at_info() {
    let fleet = fleet().await;
    for service in [&fleet.auth[0], &fleet.users[0]] {
        for path in ["/readyz", "/healthz", "/readyz", "/nope"] {
            service.get(path, "").await;
        }
        let lines = lines_with(service, |line| line["span"]["path"] == "/nope").await;
        let probes = lines.iter().filter(|line| line["message"] == "answered");
        let probes: Vec<_> = probes
            .filter(|line| line["span"]["path"] == "/readyz" || line["span"]["path"] == "/healthz")
            .collect();
        assert!(probes.is_empty(), "{probes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_shows_no_path_and_no_file_mode() {
    use std::os::unix::fs::PermissionsExt;
    let mut pair = TestPair::start(Backend::Sqlite).await.unwrap();
    pair.halt_auth().await;
    let keys = pair.folder.path().join("keys");
    let spare = pair.folder.path().join("spare");
    std::fs::rename(&keys, &spare).unwrap();
    // The database names a key whose file is missing.
    std::fs::create_dir(&keys).unwrap();
    std::fs::copy(spare.join("secrets.key"), keys.join("secrets.key")).unwrap();
    pair.resume_auth().await;
    let answer = Answer::of(pair.auth_call("GET", "/readyz")).await.expect_status(503);
    assert_eq!(answer.body["checks"]["signing_keys"]["ok"], false, "{}", answer.text);
    let shows_no_path_and_no_mode = |text: &str| {
        let path = pair.folder.path().display().to_string();
        let mode = ["0644", "0600", "chmod"].iter().any(|word| text.contains(word));
        assert!(!text.contains(&path) && !text.contains(".pem") && !mode, "{text}");
    };
    shows_no_path_and_no_mode(&answer.text);
    // The file is here, and other users may read it.
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(&spare, &keys).unwrap();
    let mut files = std::fs::read_dir(&keys).unwrap().map(|file| file.unwrap().path());
    let key = files.find(|file| file.extension().is_some_and(|kind| kind == "pem")).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    pair.pair().auth().state().keyring.reload().await.unwrap();
    let answer = Answer::of(pair.auth_call("GET", "/readyz")).await.expect_status(503);
    assert_eq!(answer.body["checks"]["signing_keys"]["ok"], false, "{}", answer.text);
    shows_no_path_and_no_mode(&answer.text);
}
