//! Sends messages to a mail server, or writes them into files.

use super::{Message, file_sender::FileSender, smtp::SmtpSender};

/// Why a message was not sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{summary}")]
pub struct SendError {
    /// For the log and the database. It never contains an address, a token or a text of the mail.
    pub summary: String,
    /// For the person at the command line: the answer of the server.
    pub detail: Option<String>,
}

impl SendError {
    /// An error without details.
    pub(super) fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), detail: None }
    }
}

/// Sends messages.
#[derive(Debug)]
pub enum Sender {
    /// Into files, for development.
    File(FileSender),
    /// To a mail server.
    Smtp(SmtpSender),
}

impl Sender {
    /// Sends a message.
    ///
    /// # Errors
    /// When it was not accepted.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        match self {
            Self::File(folder) => folder.write(message),
            Self::Smtp(server) => server.send(message).await,
        }
    }
}
