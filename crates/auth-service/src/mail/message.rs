//! A message as it is sent (RFC 5322).

use std::time::{Duration, SystemTime};

use lettre::{
    Address,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use service_kit::unix_time::UnixSeconds;

use super::{MailKind, Rendered, SendError};

/// This header stops automatic answers, such as out-of-office replies (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// A message that is ready to be sent.
pub struct Message {
    /// The kind of mail.
    pub kind: MailKind,
    /// The address that it goes to.
    pub to: String,
    /// The texts.
    pub rendered: Rendered,
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// Shows neither the address nor a text.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The parts of a message's head.
#[derive(Clone, Copy, Debug)]
pub struct MessageHead<'a> {
    /// `AUTH_MAIL_FROM`.
    pub from: &'a Mailbox,
    /// The address that it goes to.
    pub to: &'a str,
    /// The part of its id before the `@`.
    pub id: &'a str,
    /// When it is sent.
    pub at: UnixSeconds,
}

impl Message {
    /// Makes the message. The address is the only text of a user in its headers, and it must be valid.
    ///
    /// # Errors
    /// When the address is not valid in a message.
    pub fn new(
        kind: MailKind,
        head: MessageHead<'_>,
        rendered: Rendered,
    ) -> Result<Self, SendError> {
        let to: Address =
            head.to.parse().map_err(|_| SendError::new("the address cannot be used"))?;
        let seconds = u64::try_from(head.at.as_i64()).unwrap_or_default();
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let id = format!("<{}@{}>", head.id, head.from.email.domain());
        let parts = MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone());
        let message = lettre::Message::builder()
            .from(head.from.clone())
            .to(Mailbox::new(None, to))
            .subject(rendered.subject.as_str())
            .date(date)
            .message_id(Some(id))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .multipart(parts)
            .map_err(|error| SendError::new(error.to_string()))?;
        let (envelope, bytes) = (message.envelope().clone(), message.formatted());
        Ok(Self { kind, to: head.to.to_owned(), rendered, envelope, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(to: &str, subject: &str) -> Result<String, SendError> {
        let rendered = Rendered {
            subject: subject.to_owned(),
            text: "Olá\n\nhttps://app.example.com/reset#token=AAA\n".to_owned(),
            html: "<p>Olá</p>".to_owned(),
        };
        let from = "Our Service <no-reply@example.com>".parse().unwrap();
        let at = UnixSeconds::new(1_800_000_000);
        let head = MessageHead { from: &from, to, id: "1", at };
        let message = Message::new(MailKind::Reset, head, rendered)?;
        Ok(String::from_utf8(message.bytes).unwrap())
    }

    #[test]
    fn a_message_has_both_parts_and_says_that_a_program_sent_it() {
        let text = message("ana@example.org", "Senha nova").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "To: ana@example.org",
            "Subject: Senha nova",
            "Message-ID: <1@example.com>",
            "Auto-Submitted: auto-generated",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        ] {
            assert!(head.lines().any(|found| found == line), "{line} is not in\n{head}");
        }
        let from = head.lines().find(|line| line.starts_with("From: ")).unwrap();
        assert_eq!(from.replace('"', ""), "From: Our Service <no-reply@example.com>");
        assert!(head.contains("multipart/alternative"));
        assert!(body.contains("text/plain") && body.contains("text/html"));
    }

    #[test]
    fn neither_a_subject_nor_an_address_adds_a_header() {
        let text = message("ana@example.org", "a\r\nBcc: x@example.net\r\n\r\nb").unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        for bad in ["", "ana", "a@b\r\nBcc: x@example.net", "a b@example.org", "<a@example.org>"] {
            assert!(message(bad, "a").is_err(), "{bad:?}");
        }
    }
}
