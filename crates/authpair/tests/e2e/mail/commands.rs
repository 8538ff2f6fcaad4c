//! `auth-service mail preview|test`

use std::fs;

use authpair_testkit::{Backend, MailBehaviour, MailServer, TestPair};

use super::settings_for;
use crate::support::command_line::run;

#[tokio::test(flavor = "multi_thread")]
async fn preview_writes_every_mail_in_every_language_and_test_sends_one() {
    let mut pair = TestPair::start(Backend::Sqlite).await.unwrap();
    let server = MailServer::start().await;
    for (name, value) in settings_for(&server) {
        pair.set(&name, &value);
    }
    let folder = pair.folder.path().join("preview");
    let path = folder.display().to_string();
    for _ in 0..2 {
        let output = run(&pair, &["mail", "preview", &path], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = fs::read_to_string(folder.join("reset.es.txt")).unwrap();
    assert!(text.starts_with("Subject: Elige una contraseña nueva\n\nHola ana:"), "{text}");
    assert!(text.contains("https://app.example.com/reset#token=AAA"), "{text}");
    assert!(fs::read_to_string(folder.join("revert.pt.html")).unwrap().contains("lang=\"pt\""));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 11 * 3 * 2);

    let pair = std::sync::Arc::new(pair);
    let send = |address: &'static str| {
        let pair = pair.clone();
        tokio::task::spawn_blocking(move || run(&pair, &["mail", "test", address], ""))
    };
    let output = send("ana@example.org").await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mail = server.mail("ana@example.org", "Mail from app.example.com works", 1).await;
    assert!(mail.text().contains("by hand"));
    server.behave(MailBehaviour::RejectRecipients);
    let output = send("bob@example.org").await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("550"), "{said}");
    let output = send("no address").await.unwrap();
    assert!(!output.status.success());
}
