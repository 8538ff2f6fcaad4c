//! Service accounts of a test, and how they call OAuth's endpoints.

use std::process::Output;

use authpair_testkit::{Answer, TestPair};
use reqwest::RequestBuilder;

use super::command_line::run;

/// The credentials of a service account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Account {
    /// Creates one with the command line, as an operator does.
    pub(crate) fn create(pair: &TestPair, scope: &str) -> Self {
        let output = clients(pair, &["create", "--scope", scope, "--name", "Reports"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        let value = |name: &str| {
            let mut values = printed.lines().filter_map(|line| line.strip_prefix(name));
            values.next().unwrap_or_else(|| panic!("no {name} in {printed}")).to_owned()
        };
        Self { id: value("client_id="), secret: value("client_secret=") }
    }

    /// The same id with another secret.
    pub(crate) fn guessing(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    /// Posts a form with these credentials in HTTP Basic.
    pub(crate) async fn call(&self, pair: &TestPair, path: &str, form: &[(&str, &str)]) -> Answer {
        let call = post_form(pair, path, form);
        Answer::of(call.basic_auth(&self.id, Some(&self.secret))).await
    }

    /// Asks for a token.
    pub(crate) async fn ask(&self, pair: &TestPair, scope: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        self.call(pair, "/oauth2/token", &form).await
    }

    /// A token with every scope of the account.
    pub(crate) async fn token(&self, pair: &TestPair) -> String {
        self.ask(pair, "").await.ok(200).string("access_token")
    }

    /// Introspects a token.
    pub(crate) async fn introspect(&self, pair: &TestPair, token: &str) -> Answer {
        self.call(pair, "/oauth2/introspect", &[("token", token)]).await.ok(200)
    }

    /// Revokes a token.
    pub(crate) async fn revoke(&self, pair: &TestPair, token: &str) -> Answer {
        self.call(pair, "/oauth2/revoke", &[("token", token)]).await
    }
}

/// `auth-service clients …`
pub(crate) fn clients(pair: &TestPair, arguments: &[&str]) -> Output {
    run(pair, &[&["clients"], arguments].concat(), "")
}

/// Posts a form without credentials.
pub(crate) fn post_form(pair: &TestPair, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    let call = pair.auth_call("POST", path);
    call.header("content-type", "application/x-www-form-urlencoded").body(body.finish())
}

/// The same answer, if it is this error in the format of RFC 6749 §5.2.
#[track_caller]
pub(crate) fn refused(answer: Answer, status: u16, code: &str) -> Answer {
    assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("www-authenticate").starts_with("Basic "), status == 401);
    answer
}
