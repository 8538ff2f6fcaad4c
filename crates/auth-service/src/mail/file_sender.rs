//! Writes messages into files instead of sending them, for development.

use std::{io::Write as _, path::PathBuf};

use service_kit::{clock::Clock, private_files::make_file};
use uuid::Uuid;

use super::{Message, SendError};

/// A folder for messages. Each message becomes two files: the message itself (`.eml`), and its plain text with the link
/// on a line of its own (`.txt`). They contain links that work, so only their owner can read them.
#[derive(Debug)]
pub struct FileSender {
    folder: PathBuf,
}

impl FileSender {
    /// Uses this folder, which must exist.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes a message.
    pub(super) fn write(&self, message: &Message) -> Result<(), SendError> {
        // The real clock, so that the files are in the order of sending even if a test moves its own clock.
        let (micros, random) = (Clock::system().micros(), Uuid::new_v4().simple().to_string());
        let name = format!("{micros}-{}-{}", message.kind.as_str(), &random[..8]);
        let Message { to, rendered, .. } = message;
        let text = format!("To: {to}\nSubject: {}\n\n{}\n", rendered.subject, rendered.text);
        // The message is written first: a reader who finds the text also finds the message.
        self.write_file(&format!("{name}.eml"), &message.bytes)?;
        self.write_file(&format!("{name}.txt"), text.as_bytes())
    }

    fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), SendError> {
        // Renamed when it is complete, so that a reader never sees a part of it.
        let (path, part) = (self.folder.join(name), self.folder.join(format!(".{name}.part")));
        let written = make_file(&part)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| std::fs::rename(&part, &path));
        written.map_err(|error| SendError::new(format!("the file cannot be written: {error}")))
    }
}
