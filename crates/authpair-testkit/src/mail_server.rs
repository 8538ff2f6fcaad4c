//! A mail server of a test: it speaks SMTP (RFC 5321), with STARTTLS where it has a certificate, and misbehaves when it is
//! told to.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
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
    /// It refuses every recipient for good.
    Refuse,
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
    tls: Option<TlsAcceptor>,
}

impl MailServer {
    /// Starts a server without TLS.
    pub async fn start() -> Self {
        Self::listen(None).await
    }

    /// Starts a server that offers STARTTLS and takes mails only after it. `None` where there is no `openssl`.
    pub async fn start_with_tls() -> Option<Self> {
        let folder = temporary_folder();
        make_certificates(folder.path())?;
        Some(Self::listen(Some(folder)).await)
    }

    async fn listen(folder: Option<TempDir>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner {
            behaviour: Mutex::new(MailBehaviour::Accept),
            received: Mutex::default(),
            connections: Mutex::default(),
            tls: folder.as_ref().map(|folder| acceptor(folder.path())),
        });
        let serving = Arc::clone(&inner);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock().expect("a count") += 1;
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { port, inner, folder, task }
    }

    /// Behaves so from the next command on.
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
        let mut plain = BufStream::new(stream);
        let upgrade = Talk::new(&self, self.tls.is_some()).run(&mut plain, true).await;
        if let (Some(Next::StartTls), Some(tls)) = (upgrade, &self.tls)
            && let Ok(stream) = tls.accept(plain.into_inner()).await
        {
            let mut talk = Talk::new(&self, false);
            talk.is_encrypted = true;
            talk.run(&mut BufStream::new(stream), false).await;
        }
    }
}

/// What follows the commands of a connection.
enum Next {
    StartTls,
}

/// One connection, before or after STARTTLS.
struct Talk<'a> {
    server: &'a Inner,
    offers_tls: bool,
    is_encrypted: bool,
    from: String,
    to: Vec<String>,
    login: Option<String>,
}

impl<'a> Talk<'a> {
    fn new(server: &'a Inner, offers_tls: bool) -> Self {
        let (from, to) = (String::new(), Vec::new());
        Self { server, offers_tls, is_encrypted: false, from, to, login: None }
    }

    /// `None` when the connection has ended.
    async fn run<S>(&mut self, stream: &mut BufStream<S>, greets: bool) -> Option<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if self.server.behaves(MailBehaviour::Hang) {
            std::future::pending::<()>().await;
        }
        if greets {
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
                "RCPT" if self.server.behaves(MailBehaviour::Refuse) => "550 no such user here",
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

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join("server.crt"));
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("a certificate")], key);
    TlsAcceptor::from(Arc::new(config.expect("a server's TLS")))
}

/// An authority, and a certificate of the server for `127.0.0.1`. `None` where there is no `openssl`.
fn make_certificates(folder: &Path) -> Option<()> {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(["req", "-x509", "-nodes", "-days", "2"]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        let done = command.args(arguments.split(' ')).output().ok()?;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Some(())
    };
    openssl("-keyout ca.key -out ca.crt -subj /CN=authority")?;
    openssl(
        "-CA ca.crt -CAkey ca.key -keyout server.key -out server.crt -subj /CN=mail \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false",
    )
}
