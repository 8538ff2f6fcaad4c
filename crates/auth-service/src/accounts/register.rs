//! Registration of a user, by the user.

use claims::Scopes;
use database::{Database, DatabaseError};

use super::{
    EmailAddress, InviteRejection, NewPasswordError, Password, PasswordService, Username,
    create_user::new_row,
    hashing::QueuePermit,
    invites::{self, UsedInvite},
    name_assignment::{self, AddressOwner, TakenField, taken_field},
};
use crate::{
    audit::{self, Actor, Event, RequestContext},
    mail::{LinkToken, Locale, MailKind, MailPolicy, NewMail},
    store::{
        DbResult, Transaction,
        users::{AddressState, UserRow},
    },
};

/// A user to register. Each value was checked by its parser.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The user name.
    pub username: Username,
    /// The e-mail address.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The user's scopes, such as `users:read`, if no invite names others.
    pub scopes: Scopes,
    /// The language of mails to the user.
    pub locale: Option<Locale>,
    /// The token of an invite.
    pub invite: Option<LinkToken>,
}

/// Why a user is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another user has the name or the address.
    #[error("a user of that name or address exists")]
    Taken(TakenField),
    /// The invite is not accepted.
    #[error(transparent)]
    Invite(#[from] InviteRejection),
    /// The password is not accepted, or cannot be hashed now.
    #[error(transparent)]
    Password(#[from] NewPasswordError),
    /// The database is unavailable.
    #[error(transparent)]
    Database(DatabaseError),
}

impl From<DatabaseError> for RegisterError {
    fn from(error: DatabaseError) -> Self {
        taken_field(&error).map_or(Self::Database(error), Self::Taken)
    }
}

/// The result of a registration.
#[derive(Clone, Debug)]
pub enum Registered {
    /// There is a new user.
    User(Box<UserRow>),
    /// The address was taken, so only its owner got a mail. If log-ins need a proven address, the client must not learn
    /// that the address is taken.
    OnlyMail,
}

/// Registers a user. If mail is on, the user gets a mail to prove the address. An invite is consumed only if the user
/// is stored; the address of an invite counts as proven.
///
/// # Errors
/// See [`RegisterError`]. If log-ins need a proven address, a taken address is an error only with an invite: its holder
/// has proven the address, and may know.
pub async fn register(
    database: &Database,
    passwords: &PasswordService,
    permit: &QueuePermit,
    registration: Registration,
    policy: &MailPolicy,
    context: &RequestContext,
) -> Result<Registered, RegisterError> {
    let Registration { username, email, password, scopes, locale, invite } = &registration;
    if let Some(token) = invite {
        // Read first: an invalid invite costs no password hash.
        invites::check(database, token, email, context.at.seconds()).await??;
    }
    let hides_taken = policy.requires_proof() && invite.is_none();
    let hash = passwords.hash_new(permit, password.clone()).await?;
    let address = AddressState {
        locale: locale.as_ref().map(Locale::to_string),
        proof_due_at: policy.proof_due_at(context.at.seconds()),
        ..AddressState::default()
    };
    let row = UserRow { address, ..new_row(username, email, Some(hash), scopes, context.at) };
    let new = HashedRegistration {
        row,
        registration,
        policy: *policy,
        context: context.clone(),
        hides_taken,
    };
    let first = write(database, new.clone()).await;
    let written = match first {
        // Another registration of the same address was committed meanwhile. The second try sees it.
        Err(RegisterError::Taken(TakenField::Email)) if hides_taken => write(database, new).await,
        first => first,
    };
    match written {
        Err(RegisterError::Taken(TakenField::Email)) if hides_taken => Ok(Registered::OnlyMail),
        written => written,
    }
}

async fn write(database: &Database, new: HashedRegistration) -> Result<Registered, RegisterError> {
    Ok(audit::transaction(database, move |transaction| new.register_in(transaction)).await??)
}

/// A registration whose password is hashed.
#[derive(Clone)]
struct HashedRegistration {
    row: UserRow,
    registration: Registration,
    policy: MailPolicy,
    context: RequestContext,
    /// Whether the client must not learn that the address is taken.
    hides_taken: bool,
}

impl HashedRegistration {
    fn register_in(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> DbResult<Result<Registered, InviteRejection>> {
        let Registration { email, invite, .. } = &self.registration;
        if let Some(token) = invite {
            let now = self.context.at.seconds();
            let Some(invite) = UsedInvite::take(transaction, token, now)? else {
                return Ok(Err(InviteRejection::Invalid));
            };
            let row = invite.with_grants(self.row.clone(), self.context.at);
            return self.insert(transaction, row, &invite.email, Some(&invite)).map(Ok);
        }
        if self.hides_taken
            && let Some(owner) = self.owner_of_address(transaction)?
        {
            let AddressOwner { user, is_current } = owner;
            let mail = NewMail::to_user(MailKind::AddressTaken, &user);
            // The owner of a previous address can take it back; the user's current address may be a thief's.
            let mail = if is_current { mail } else { mail.at(email) };
            self.policy.add(transaction, mail, self.context.at)?;
            let refused = self.context.refused(Event::UserRegistered, "address_taken");
            transaction.audit(refused.about_user(&user.id))?;
            return Ok(Ok(Registered::OnlyMail));
        }
        self.insert(transaction, self.row.clone(), email, None).map(Ok)
    }

    fn owner_of_address(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> DbResult<Option<AddressOwner>> {
        let (id, now) = (&self.row.id, self.context.at.seconds());
        // The name comes first: clients may learn whether a name is taken, and that answer must not depend on the
        // address.
        name_assignment::reject_taken_name(transaction, &self.registration.username, id)?;
        name_assignment::owner_of_address(transaction, &self.registration.email, id, now)
    }

    fn insert(
        &self,
        transaction: &mut Transaction<'_>,
        row: UserRow,
        email: &EmailAddress,
        invite: Option<&UsedInvite>,
    ) -> DbResult<Registered> {
        let (context, username) = (&self.context, &self.registration.username);
        name_assignment::insert_user(transaction, &row, username, email)?;
        let entry = context.done(Event::UserRegistered).about_user(&row.id);
        if let Some(invite) = invite {
            transaction.audit(entry.with("invite", invite.id.as_str()))?;
            let by_user = context.by(Actor::User(row.id.clone()));
            transaction.audit(by_user.done(Event::EmailVerified).about_user(&row.id))?;
        } else {
            if self.policy.verifies_new_users() {
                let mail = NewMail::to_user(MailKind::Verify, &row);
                self.policy.add(transaction, mail, context.at)?;
            }
            transaction.audit(entry)?;
        }
        Ok(Registered::User(Box::new(row)))
    }
}
