//! One connection of the server: SMTP (RFC 5321).

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};

use super::{Inner, MailBehaviour};
use crate::ReceivedMail;

/// How a connection continues after its commands.
pub(super) enum Next {
    StartTls,
}

/// One connection, before or after STARTTLS.
pub(super) struct Conversation<'a> {
    server: &'a Inner,
    offers_tls: bool,
    greets: bool,
    is_encrypted: bool,
    from: String,
    to: Vec<String>,
    login: Option<String>,
}

impl<'a> Conversation<'a> {
    /// A connection without encryption, which the server has begun. If it `offers_tls`, it takes no mail before
    /// STARTTLS.
    pub(super) fn plain(server: &'a Inner, offers_tls: bool) -> Self {
        Self::new(server, offers_tls, true)
    }

    /// A connection over TLS. The server `greets` unless it has done so before STARTTLS.
    pub(super) fn encrypted(server: &'a Inner, greets: bool) -> Self {
        Self { is_encrypted: true, ..Self::new(server, false, greets) }
    }

    fn new(server: &'a Inner, offers_tls: bool, greets: bool) -> Self {
        let (from, to) = (String::new(), Vec::new());
        Self { server, offers_tls, greets, is_encrypted: false, from, to, login: None }
    }

    /// `None` when the connection has ended.
    pub(super) async fn run<S>(&mut self, stream: &mut BufStream<S>) -> Option<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if self.server.behaves(MailBehaviour::Hang) {
            std::future::pending::<()>().await;
        }
        if self.greets {
            answer(stream, "220 mail.test ESMTP").await?;
        }
        loop {
            let line = line(stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let reply = match verb.as_str() {
                "EHLO" if self.offers_tls => "250-mail.test\r\n250-8BITMIME\r\n250 STARTTLS",
                "EHLO" => "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                "STARTTLS" if self.offers_tls => {
                    answer(stream, "220 go ahead").await?;
                    return Some(Next::StartTls);
                }
                _ if self.offers_tls && verb != "QUIT" => "530 Must issue a STARTTLS command first",
                "AUTH" => {
                    self.login = line.strip_prefix("AUTH PLAIN ").map(str::to_owned);
                    "235 welcome"
                }
                "MAIL" => {
                    self.from = path_of(&line);
                    "250 ok"
                }
                "RCPT" if self.server.behaves(MailBehaviour::RejectRecipients) => {
                    "550 no such user here"
                }
                "RCPT" => {
                    self.to.push(path_of(&line));
                    "250 ok"
                }
                "DATA" => {
                    answer(stream, "354 go on").await?;
                    self.data(stream).await?
                }
                "QUIT" => {
                    answer(stream, "221 bye").await?;
                    return None;
                }
                _ => "250 ok",
            };
            answer(stream, reply).await?;
        }
    }

    /// Reads a mail. `None` when the connection ends instead of an answer.
    async fn data<S>(&mut self, stream: &mut BufStream<S>) -> Option<&'static str>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut data = String::new();
        loop {
            let line = line(stream).await?;
            if self.server.behaves(MailBehaviour::DropInData) {
                return None;
            }
            if line == "." {
                break;
            }
            // RFC 5321 §4.5.2: a dot at the beginning of a line is doubled.
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
        let mail = ReceivedMail {
            from: std::mem::take(&mut self.from),
            to: std::mem::take(&mut self.to),
            data,
            is_encrypted: self.is_encrypted,
            login: self.login.clone(),
        };
        self.server.received.lock().expect("mails").push(mail);
        if self.server.behaves(MailBehaviour::HangAfterData) {
            std::future::pending::<()>().await;
        }
        Some("250 queued")
    }
}

async fn answer<S>(stream: &mut BufStream<S>, text: &str) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

/// One line without its end.
async fn line<S>(stream: &mut BufStream<S>) -> Option<String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The address between the angle brackets.
fn path_of(line: &str) -> String {
    let after = line.split_once('<').map_or("", |(_, after)| after);
    after.split_once('>').map_or("", |(path, _)| path).to_owned()
}
