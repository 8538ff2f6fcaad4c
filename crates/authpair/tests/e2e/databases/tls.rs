//! A PostgreSQL that accepts only TLS connections and has a certificate.

use std::{path::PathBuf, process::Command, time::Duration};

use authpair_testkit::{Cluster, Fleet, FleetPlan, authpair_command, free_port, postgres};
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_both_services_verify_the_server_and_stop_even_while_it_is_frozen() {
    let Some(server) = TlsServer::start() else { return };
    let plain = format!("{}?sslmode=disable", server.url);
    assert!(postgres::expect_error(&plain, "SELECT 1").contains("no encryption"));
    let mut fleet =
        Fleet::start(FleetPlan::pair(crate::program(), &server.proven_by("ca.crt"))).await;
    fleet.auth[0].register("ana").await;
    let session = fleet.auth[0].login("ana").await;
    fleet.users[0].get("/api/users/me", &session.access).await.ok(200);
    let encrypted = "SELECT bool_and(ssl) AND count(*) > 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE backend_type = 'client backend'";
    assert_eq!(postgres::execute(&server.url, encrypted), "t");
    // TLS libraries clean up at exit while threads are still blocked in them.
    server.cluster.freeze();
    let stuck = fleet.users[0].call("GET", "/api/users").bearer_auth(&session.access).send();
    let stuck = tokio::spawn(stuck);
    sleep(Duration::from_millis(200)).await;
    for service in fleet.auth.iter_mut().chain(&mut fleet.users) {
        service.process.signal("TERM");
        assert_eq!(service.process.exit_code().await, Some(0));
    }
    assert_eq!(stuck.await.unwrap().unwrap().status(), 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_certificate_fails_gets_no_connection_and_the_reason_is_logged() {
    let Some(server) = TlsServer::start() else { return };
    for (url, reason) in [
        (server.proven_by("other.crt"), "certificate verify failed"),
        (server.proven_by("ca.crt").replace("127.0.0.1", "localhost"), "does not match host name"),
        (server.proven_by("absent.crt"), "absent.crt"),
    ] {
        let fleet = Fleet::start(FleetPlan { auth: 0, users: 0, ..plan(&url) }).await;
        let settings = fleet.auth_settings("http://127.0.0.1:0");
        for command in ["serve", "migrate"] {
            let done = authpair_command(
                crate::program(),
                &["auth-service", command],
                &settings,
                fleet.folder.path(),
            )
            .output()
            .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert_eq!(done.status.code(), Some(1), "{said}");
            assert!(said.contains(reason), "{said}");
            assert!(command == "migrate" || said.contains("AUTH_DATABASE_URL"), "{said}");
        }
        users_api_is_never_ready_and_says(&fleet, reason).await;
    }
}

/// users-api may start before its database, so it waits also for one that it will never accept.
async fn users_api_is_never_ready_and_says(fleet: &Fleet, reason: &str) {
    let own = format!("http://127.0.0.1:{}", free_port());
    let users = fleet.start_users(&own, "http://127.0.0.1:9").await;
    let ready = users.get("/readyz", "").await.expect_status(503);
    assert_eq!(ready.body["checks"]["database"]["ok"], false, "{}", ready.text);
    users.log_line(|line| line.contains(reason)).await;
}

fn plan(url: &str) -> FleetPlan {
    FleetPlan::pair(crate::program(), url)
}

struct TlsServer {
    cluster: Cluster,
    url: String,
}

impl TlsServer {
    /// `None` where there is no PostgreSQL.
    fn start() -> Option<Self> {
        let options = ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"];
        let mut cluster = Cluster::new(&options)?;
        let authority = |name: &str| {
            openssl(
                &cluster,
                &format!("-keyout {name}.key -out {name}.crt -subj /CN=authority-{name}"),
            );
        };
        authority("ca");
        authority("other");
        let signed = "-CA ca.crt -CAkey ca.key -keyout server.key -out server.crt -subj /CN=database \
             -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false";
        openssl(&cluster, signed);
        let only = "hostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(cluster.folder().join("pg_hba.conf"), only).unwrap();
        cluster.start();
        let url = cluster.url("postgres");
        Some(Self { cluster, url })
    }

    fn proven_by(&self, file: &str) -> String {
        let file: PathBuf = self.cluster.folder().join(file);
        format!("{}?sslmode=verify-full&sslrootcert={}", self.url, file.display())
    }
}

/// Makes a key and a certificate in the cluster's folder, as the user whose server reads them.
fn openssl(cluster: &Cluster, arguments: &str) {
    let mut command: Command = cluster.command("openssl");
    command.current_dir(cluster.folder()).args(["req", "-x509", "-nodes", "-days", "2"]);
    command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    let done = command.args(arguments.split(' ')).output().expect("openssl");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
