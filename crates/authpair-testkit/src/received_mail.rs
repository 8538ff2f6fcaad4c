//! A mail that a test's server has received.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The message.
    pub data: String,
    /// Whether it came over TLS.
    pub is_encrypted: bool,
    /// The credentials of AUTH PLAIN, if there were any.
    pub login: Option<String>,
}

impl ReceivedMail {
    /// The value of a header; empty when it is missing. Encoded words (RFC 2047) are decoded.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.data.split_once("\r\n\r\n").unwrap_or_default();
        decoded_words(&header(head, name))
    }

    /// The plain text.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// The link: the paragraph of the plain text that is one.
    ///
    /// # Panics
    /// When there is none.
    pub fn link(&self) -> String {
        let text = self.text();
        let mut lines = text.lines().map(str::trim);
        let link = lines.find(|line| line.starts_with("http") && line.contains("#token="));
        link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
    }

    /// The token in the link.
    pub fn token(&self) -> String {
        let link = self.link();
        link.split_once("#token=").expect("a token").1.to_owned()
    }

    fn part(&self, media_type: &str) -> String {
        let content = self.header("Content-Type");
        let boundary = content.split("boundary=").nth(1).unwrap_or_default().trim_matches('"');
        let delimiter = format!("--{boundary}");
        for part in self.data.split(&delimiter) {
            let Some((head, body)) = part.trim_start().split_once("\r\n\r\n") else { continue };
            if header(head, "Content-Type").starts_with(media_type) {
                let body = body.trim_end_matches("\r\n");
                let text = decoded(&header(head, "Content-Transfer-Encoding"), body);
                return text.replace("\r\n", "\n");
            }
        }
        panic!("no {media_type} in {}", self.data)
    }
}

/// A header's value, unfolded.
fn header(head: &str, name: &str) -> String {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut lines = unfolded.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// Decodes `=?utf-8?b?…?=`, the form in which the sender writes words that are not ASCII.
fn decoded_words(value: &str) -> String {
    let (mut text, mut was_encoded) = (String::new(), true);
    for word in value.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        let bytes = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
        // Blanks between two encoded words are not part of the text.
        if !(text.is_empty() || was_encoded && bytes.is_some()) {
            text.push(' ');
        }
        was_encoded = bytes.is_some();
        match bytes {
            Some(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            None => text.push_str(word),
        }
    }
    text
}

fn decoded(encoding: &str, body: &str) -> String {
    match encoding.to_ascii_lowercase().as_str() {
        "base64" => {
            let joined: String = body.split_whitespace().collect();
            String::from_utf8_lossy(&STANDARD.decode(joined).expect("base64")).into_owned()
        }
        "quoted-printable" => quoted_printable(body),
        _ => body.to_owned(),
    }
}

/// RFC 2045 §6.7.
fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'=').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
