//! Adds mails to the outbox, in the transaction of the change that they report.

use database::AnyConnection;
use service_kit::{
    ids::{SessionId, UserId},
    unix_time::UnixMicros,
};
use uuid::Uuid;

use super::{Locale, MailKind, MailPolicy};
use crate::{
    accounts::EmailAddress,
    audit::{Actor, RequestContext},
    sessions::ClientInfo,
    store::{
        self, DbResult,
        outbox::{AskedBy, MailRow},
        users::UserRow,
    },
};

/// A mail to add.
#[derive(Clone, Debug)]
pub struct NewMail {
    kind: MailKind,
    user_id: Option<UserId>,
    address: String,
    address_key: String,
    locale: Option<String>,
    session_id: Option<SessionId>,
    grants: Option<String>,
    asked_by: AskedBy,
}

impl NewMail {
    /// A mail to a user, at the user's address.
    pub fn to_user(kind: MailKind, user: &UserRow) -> Self {
        Self {
            kind,
            user_id: Some(user.id.clone()),
            address: user.email.clone(),
            address_key: user.email_key.clone(),
            locale: user.address.locale.clone(),
            session_id: None,
            grants: None,
            asked_by: AskedBy::default(),
        }
    }

    /// The same mail to another address of the user: a new one, or an old one.
    #[must_use]
    pub fn at(self, address: &EmailAddress) -> Self {
        let (address, address_key) = (address.display().to_owned(), address.canonical().to_owned());
        Self { address, address_key, ..self }
    }

    /// The same mail about a session.
    #[must_use]
    pub fn about_session(self, id: &SessionId) -> Self {
        Self { session_id: Some(id.clone()), ..self }
    }

    /// A mail to an address whose user is not known.
    pub fn to_address(kind: MailKind, address: &EmailAddress, locale: Option<&Locale>) -> Self {
        Self {
            kind,
            user_id: None,
            address: address.display().to_owned(),
            address_key: address.canonical().to_owned(),
            locale: locale.map(Locale::to_string),
            session_id: None,
            grants: None,
            asked_by: AskedBy::default(),
        }
    }

    /// The same mail with the client that asks for it. It is needed for the audit entry, which is written later, when
    /// the user is looked up.
    #[must_use]
    pub fn asked_in(self, context: &RequestContext) -> Self {
        Self { asked_by: AskedBy::from(context), ..self }
    }

    /// The same mail with the grants of an invite, as JSON.
    #[must_use]
    pub fn with_grants(self, grants: String) -> Self {
        Self { grants: Some(grants), ..self }
    }

    /// The row to insert.
    pub(super) fn into_row(self, at: UnixMicros) -> MailRow {
        MailRow {
            id: Uuid::now_v7().to_string(),
            kind: self.kind.as_str().to_owned(),
            user_id: self.user_id,
            address: self.address,
            address_key: self.address_key,
            locale: self.locale,
            session_id: self.session_id,
            created_at: at,
            due_at: at.seconds(),
            tries: 0,
            grants: self.grants,
            asked_by: self.asked_by,
        }
    }
}

impl MailPolicy {
    /// Adds a mail to the outbox at `at`. Does nothing if mail is off.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub fn add(
        &self,
        transaction: &mut AnyConnection,
        mail: NewMail,
        at: UnixMicros,
    ) -> DbResult<()> {
        if !self.is_on {
            return Ok(());
        }
        store::outbox::insert(transaction, &mail.into_row(at))
    }
}

impl From<&RequestContext> for AskedBy {
    fn from(context: &RequestContext) -> Self {
        Self {
            ip: context.client.ip.map(|ip| ip.to_string()),
            user_agent: context.client.user_agent.clone(),
            request_id: context.request_id.clone(),
        }
    }
}

impl AskedBy {
    /// The context of the call, for an audit entry at `at`. The caller was not authenticated.
    pub(super) fn context(&self, at: UnixMicros) -> RequestContext {
        let ip = self.ip.as_deref().and_then(|ip| ip.parse().ok());
        RequestContext {
            actor: Actor::Anonymous,
            at,
            client: ClientInfo { user_agent: self.user_agent.clone(), ip },
            request_id: self.request_id.clone(),
        }
    }
}
