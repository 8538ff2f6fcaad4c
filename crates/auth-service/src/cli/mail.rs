//! `auth-service mail preview|test`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use service_kit::{
    clock::Clock,
    private_files::{make_file, make_folder},
};
use uuid::Uuid;

use super::{CommandError, print};
use crate::{
    accounts::EmailAddress,
    mail::{MailKind, Mailer, Message, Outgoing},
    settings::AuthSettings,
};

/// The commands about mail. Neither needs the database.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum MailCommand {
    /// Write every mail in every language into files of a folder: text and HTML, with links that open nothing.
    Preview {
        /// The folder; it is made if there is none. Files of an earlier preview are replaced.
        folder: PathBuf,
    },
    /// Send a message to this address, to try AUTH_MAIL.
    Test {
        /// The address.
        address: String,
        /// Its language.
        #[arg(long, default_value = "en")]
        locale: String,
    },
}

pub(super) async fn run(
    command: &MailCommand,
    settings: &AuthSettings,
) -> Result<(), CommandError> {
    let mailer = Mailer::open(settings.mail.clone())?;
    match command {
        MailCommand::Preview { folder } => preview(&mailer, folder),
        MailCommand::Test { address, locale } => test(&mailer, address, locale).await,
    }
}

fn preview(mailer: &Mailer, folder: &Path) -> Result<(), CommandError> {
    make_folder(folder)?;
    for (locale, message) in mailer.samples_of_all(Clock::system().now())? {
        let Message { kind, rendered, .. } = &message;
        let name = format!("{}.{locale}", kind.as_str());
        let text = format!("Subject: {}\n\n{}\n", rendered.subject, rendered.text);
        replace(&folder.join(format!("{name}.txt")), &text)?;
        replace(&folder.join(format!("{name}.html")), &rendered.html)?;
        print(&format!("{name}  {}", rendered.subject))?;
    }
    Ok(())
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    make_file(path)?.write_all(text.as_bytes())
}

async fn test(mailer: &Mailer, address: &str, locale: &str) -> Result<(), CommandError> {
    let address = EmailAddress::parse(address).map_err(|error| format!("address: {error}"))?;
    let (now, id) = (Clock::system().now(), Uuid::new_v4().to_string());
    let mail = Outgoing {
        kind: MailKind::Test,
        to: address.display(),
        name: "",
        locale: Some(locale),
        at: now.into(),
        id: &id,
    };
    let message = mailer.message(mail, None, now)?;
    match mailer.send(&message).await {
        Ok(()) => print(&format!("sent to {}", address.display())),
        // The person at the command line may see what the server answered.
        Err(error) => Err(error.detail.unwrap_or(error.summary).into()),
    }
}
