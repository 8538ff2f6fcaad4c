//! E-mail: what is sent, to whom, and the links in it.
//!
//! A change writes its mail into the outbox, in its own transaction: only who and what, never a token or a text. The job
//! `outbox` sends it later, so a mail server that is away fails no request and loses no mail. The token of a link is made
//! when the mail is sent; the database has its hash only.
//!
//! | module | its job |
//! |---|---|
//! | `kind` | [`MailKind`]: what a mail says, and what its link is for |
//! | `link_token` | [`LinkToken`]: the secret of a link; [`LinkPurpose`] |
//! | `policy` | [`MailPolicy`]: the rules that account functions need: whether mail is on, who must prove the address |
//! | `outbox` | [`NewMail`]: adds a mail to the outbox |
//! | `delivery` | sends what is due: claims a mail, makes its token, sends, notes the result |
//! | `claim` | what is decided about a mail before it is sent, in one transaction |
//! | `schedule` | when a mail is tried again |
//! | `purge` | deletes expired links and old mails |
//! | `catalogue` | [`Catalogue`]: the texts in each language (Fluent) |
//! | `locale` | [`Locale`]: the language of a user |
//! | `rendered` | the texts of one mail; `html` makes the HTML part from the plain one |
//! | `message` | the message as it is sent (RFC 5322) |
//! | `sender`, `smtp`, `file_sender` | [`Sender`]: where messages go |
//! | `mailer` | [`Mailer`]: all of this in the running service |

mod catalogue;
mod claim;
mod delivery;
mod file_sender;
mod html;
mod kind;
mod link_token;
mod locale;
mod mailer;
mod message;
mod outbox;
mod policy;
mod purge;
mod rendered;
mod schedule;
mod sender;
mod smtp;

pub(crate) use self::delivery::Delivery;
pub use self::{
    catalogue::{Catalogue, CatalogueError},
    kind::MailKind,
    link_token::{LinkPurpose, LinkToken},
    locale::Locale,
    mailer::{Mailer, Outgoing},
    message::Message,
    outbox::NewMail,
    policy::{MailPolicy, Verification},
    purge::purge,
    rendered::{Rendered, sample_link},
    sender::{SendError, Sender},
};
