//! A mail server for tests. A test can make it misbehave.

mod certificates;
mod smtp;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::BufStream,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use self::{
    certificates::{acceptor, make_certificates},
    smtp::{Conversation, Next},
};
use super::{ReceivedMail, eventually, temporary_folder};

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailBehaviour {
    /// It accepts every mail.
    Accept,
    /// It accepts connections and says nothing.
    Hang,
    /// It takes a whole mail, keeps it, and never answers.
    HangAfterData,
    /// It rejects every recipient for good (550).
    RejectRecipients,
    /// It closes the connection in the middle of a mail, which it does not keep.
    DropInData,
}

/// A running mail server. It ends when dropped.
pub struct MailServer {
    /// Its port on `127.0.0.1`.
    pub port: u16,
    inner: Arc<Inner>,
    folder: Option<TempDir>,
    task: JoinHandle<()>,
}

struct Inner {
    behaviour: Mutex<MailBehaviour>,
    received: Mutex<Vec<ReceivedMail>>,
    connections: Mutex<usize>,
    tls: Option<(TlsMode, TlsAcceptor)>,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TlsMode {
    /// With the first byte, as `smtps://` wants it (RFC 8314).
    Implicit,
    /// After the command STARTTLS (RFC 3207); the server takes no mail before.
    StartTls,
}

impl MailServer {
    /// Starts a server without TLS.
    pub async fn start() -> Self {
        Self::listen(None).await
    }

    /// Starts a server that offers STARTTLS and takes mails only after it. `None` where there is no `openssl`.
    pub async fn start_with_starttls() -> Option<Self> {
        Self::listen_with_tls(TlsMode::StartTls).await
    }

    /// Starts a server that speaks TLS from the first byte. `None` where there is no `openssl`.
    pub async fn start_with_tls() -> Option<Self> {
        Self::listen_with_tls(TlsMode::Implicit).await
    }

    async fn listen_with_tls(mode: TlsMode) -> Option<Self> {
        let folder = temporary_folder();
        make_certificates(folder.path())?;
        Some(Self::listen(Some((mode, folder))).await)
    }

    async fn listen(tls: Option<(TlsMode, TempDir)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner {
            behaviour: Mutex::new(MailBehaviour::Accept),
            received: Mutex::default(),
            connections: Mutex::default(),
            tls: tls.as_ref().map(|(mode, folder)| (*mode, acceptor(folder.path()))),
        });
        let serving = Arc::clone(&inner);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock().expect("a count") += 1;
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { port, inner, folder: tls.map(|(_, folder)| folder), task }
    }

    /// Sets how the server behaves from the next command on; [`MailBehaviour::Hang`] from the next connection on.
    pub fn behave(&self, behaviour: MailBehaviour) {
        *self.inner.behaviour.lock().expect("a behaviour") = behaviour;
    }

    /// The certificate of the authority that has signed the server's own.
    pub fn authority(&self) -> PathBuf {
        self.folder.as_ref().expect("a server with TLS").path().join("ca.crt")
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.inner.connections.lock().expect("a count")
    }

    /// Everything that was received, in order.
    pub fn received(&self) -> Vec<ReceivedMail> {
        self.inner.received.lock().expect("mails").clone()
    }

    /// The mails to this address whose subject is this one, in order.
    pub fn find(&self, to: &str, subject: &str) -> Vec<ReceivedMail> {
        let is_meant = |mail: &ReceivedMail| mail.to == [to] && mail.header("Subject") == subject;
        self.received().into_iter().filter(is_meant).collect()
    }

    /// Waits for mail number `number` (from 1) to this address with this subject.
    pub async fn mail(&self, to: &str, subject: &str, number: usize) -> ReceivedMail {
        eventually(&format!("no mail {number} to {to}: {subject}"), async || {
            let found = self.find(to, subject);
            let other = || {
                let all = self.received();
                let all = all.iter().map(|mail| (mail.to.clone(), mail.header("Subject")));
                format!("{:?}", all.collect::<Vec<_>>())
            };
            found.into_iter().nth(number - 1).ok_or_else(other)
        })
        .await
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inner {
    fn behaves(&self, behaviour: MailBehaviour) -> bool {
        *self.behaviour.lock().expect("a behaviour") == behaviour
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        match &self.tls {
            None => {
                Conversation::plain(&self, false).run(&mut BufStream::new(stream)).await;
            }
            Some((TlsMode::Implicit, tls)) => {
                if let Ok(stream) = tls.accept(stream).await {
                    Conversation::encrypted(&self, true).run(&mut BufStream::new(stream)).await;
                }
            }
            Some((TlsMode::StartTls, tls)) => {
                let mut plain = BufStream::new(stream);
                let next = Conversation::plain(&self, true).run(&mut plain).await;
                if let Some(Next::StartTls) = next
                    && let Ok(stream) = tls.accept(plain.into_inner()).await
                {
                    Conversation::encrypted(&self, false).run(&mut BufStream::new(stream)).await;
                }
            }
        }
    }
}
