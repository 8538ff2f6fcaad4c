//! E-mail: the kinds of mails, their texts, their links, and how they are sent.
//!
//! A change adds its mail to the outbox in its own transaction: only the recipient and the kind, never a token or a
//! text. The job `outbox` sends it later. So if the mail server is unavailable, no request fails and no mail is lost.
//! The token of a link is made when the mail is sent; the database has only its hash.
//!
//! | module | its job |
//! |---|---|
//! | `kind` | [`MailKind`]: the kind of a mail, and the purpose of its link |
//! | `link_token` | [`LinkToken`]: the secret of a link; [`LinkPurpose`] |
//! | `policy` | [`MailPolicy`]: the rules that account functions need: whether mail is on, who must prove the address |
//! | `outbox` | [`NewMail`]: adds a mail to the outbox |
//! | `delivery` | sends the mails that are due: claims a mail, makes its token, sends, stores the result |
//! | `claim` | claims a mail and decides in the same transaction whether it is sent |
//! | `schedule` | when a mail is tried again |
//! | `purge` | deletes expired links and old mails |
//! | `catalogue` | [`Catalogue`]: the texts in each language (Fluent) |
//! | `locale` | [`Locale`]: the language of a user |
//! | `rendered` | the texts of one mail; `html` makes the HTML part from the plain one |
//! | `message` | the message as it is sent (RFC 5322) |
//! | `sender`, `smtp`, `file_sender` | [`Sender`]: sends a message to a server, or writes it into a file |
//! | `mailer` | [`Mailer`]: makes and sends messages in the running service |

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
