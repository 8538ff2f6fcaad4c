//! The state of a fake issuer: what it publishes, and the proper answers that follow from it.

use serde_json::{Value, json};

use super::{Answer, RecordedRequest, TestKey, jwk_set};

#[derive(Debug)]
pub(super) struct IssuerState {
    pub(super) keys: Vec<TestKey>,
    pub(super) max_age: u64,
    pub(super) keys_answer: Answer,
    pub(super) feed_answer: Answer,
    pub(super) token_answer: Answer,
    pub(super) expires_in: u64,
    pub(super) epoch: u32,
    pub(super) page_size: usize,
    pub(super) revocations: Vec<Value>,
    pub(super) requests: Vec<RecordedRequest>,
}

impl Default for IssuerState {
    fn default() -> Self {
        Self {
            keys: vec![TestKey::FIRST],
            max_age: 600,
            keys_answer: Answer::Proper,
            feed_answer: Answer::Proper,
            token_answer: Answer::Proper,
            expires_in: 900,
            epoch: 1,
            page_size: 10_000,
            revocations: Vec::new(),
            requests: Vec::new(),
        }
    }
}

impl IssuerState {
    pub(super) fn key_set(&self, request: &RecordedRequest) -> Answer {
        let body = json!(jwk_set(&self.keys)).to_string();
        let tag = format!("\"{}\"", self.keys.iter().map(TestKey::kid).collect::<String>());
        let answer = if request.header("if-none-match") == Some(&tag) {
            Answer::Always { status: 304, headers: Vec::new(), body: Vec::new() }
        } else {
            Answer::typed("application/jwk-set+json", body)
        };
        let lifetime = format!("public, max-age={}", self.max_age);
        answer.with_header("ETag", &tag).with_header("Cache-Control", &lifetime)
    }

    pub(super) fn token(&self) -> Answer {
        let count = self.requests.iter().filter(|r| r.target == "/oauth2/token").count();
        Answer::json(
            json!({
                "access_token": format!("token-{count}"),
                "token_type": "Bearer",
                "expires_in": self.expires_in,
            })
            .to_string(),
        )
    }

    /// How many revocations a holder of this cursor has seen; `None` for a foreign one.
    pub(super) fn position(&self, cursor: Option<&str>) -> Option<usize> {
        let (epoch, position) = cursor?.split_once('-')?;
        let position = position.parse().ok().filter(|seen| *seen <= self.revocations.len());
        position.filter(|_| epoch.parse() == Ok(self.epoch))
    }

    pub(super) fn page(&self, cursor: Option<&str>) -> Answer {
        let position = self.position(cursor);
        let from = position.unwrap_or(0);
        let to = self.revocations.len().min(from + self.page_size);
        let entries = &self.revocations[from..to];
        Answer::json(
            json!({
                "cursor": format!("{}-{to}", self.epoch),
                "reset": position.is_none(),
                "more": to < self.revocations.len(),
                "revoked": entries,
            })
            .to_string(),
        )
    }
}
