//! Processes that start together on an empty database and an empty key folder agree on one signing key.

use std::path::{Path, PathBuf};

use authpair_testkit::{Answer, Process, TestPair, authpair_command, free_port};

use crate::on_both;

#[on_both]
async fn four_processes_that_start_without_keys_publish_one_key_and_keep_one_file(
    mut pair: TestPair,
) {
    pair.halt().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_on_nothing(&pair, folder.path()).await;
    let one = || start(settings.clone(), folder.path().to_owned());
    let (first, second, third, fourth) = tokio::join!(one(), one(), one(), one());
    let processes = [first, second, third, fourth];

    for (_, url) in &processes {
        let answer = authpair_testkit::client().get(format!("{url}/.well-known/jwks.json"));
        let answer = Answer::of(answer).await.ok(200);
        assert_eq!(answer.body["keys"].as_array().unwrap().len(), 1, "{}", answer.body);
    }
    let mut list = authpair_command(
        crate::program(),
        &["auth-service", "keys", "list"],
        &settings,
        folder.path(),
    );
    let listed = String::from_utf8(list.output().unwrap().stdout).unwrap();
    assert_eq!(listed.lines().filter(|line| line.contains("active  made")).count(), 1, "{listed}");
    let files = std::fs::read_dir(folder.path().join("keys")).unwrap();
    let files = files
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ext| ext == "pem"));
    assert_eq!((listed.lines().count(), files.count()), (1, 1), "{listed}");
}

/// The pair's own settings, with a database and a key folder that do not exist yet.
async fn settings_on_nothing(pair: &TestPair, folder: &Path) -> Vec<(String, String)> {
    let mut settings = pair.settings_of("AUTH_");
    let replaced = ["AUTH_KEYS_DIR", "AUTH_DATABASE_URL", "AUTH_LISTEN"];
    settings.retain(|(name, _)| !replaced.contains(&name.as_str()));
    let url = if pair.database_url.starts_with("postgres") {
        authpair_testkit::postgres::new_database().await.unwrap()
    } else {
        format!("sqlite://{}/new.db", folder.display())
    };
    settings.push(("AUTH_KEYS_DIR".to_owned(), folder.join("keys").display().to_string()));
    settings.push(("AUTH_DATABASE_URL".to_owned(), url));
    settings
}

/// Starts one more auth-service with these settings, and waits until it answers.
async fn start(mut settings: Vec<(String, String)>, folder: PathBuf) -> (Process, String) {
    let address = format!("127.0.0.1:{}", free_port());
    settings.push(("AUTH_LISTEN".to_owned(), address.clone()));
    let command =
        authpair_command(crate::program(), &["auth-service", "serve"], &settings, &folder);
    let url = format!("http://{address}");
    (Process::start(command, &url).await, url)
}
