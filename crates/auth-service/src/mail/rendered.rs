//! The texts of one mail.

use std::time::Duration;

use fluent_bundle::FluentArgs;
use service_kit::{timestamp::Timestamp, unix_time::UnixMicros};

use super::{
    Catalogue, CatalogueError, LinkPurpose, LinkToken, MailKind,
    html::{Button, escape, fill, paragraphs},
};

/// The variable values of a mail's text.
#[derive(Clone, Copy, Debug)]
pub struct MailFacts<'a> {
    /// The host of the front end.
    pub site: &'a str,
    /// The user name; empty for an invite, and in mails to an address that the user has not proven.
    pub name: &'a str,
    /// The address that the mail is about.
    pub address: &'a str,
    /// When the change happened.
    pub at: UnixMicros,
    /// The link, if the kind has one.
    pub link: Option<Link<'a>>,
}

/// A link, and how long it works.
#[derive(Clone, Copy)]
pub struct Link<'a> {
    /// The link, with its token.
    pub url: &'a str,
    /// How long it works.
    pub lifetime: Duration,
}

/// Hides the token.
impl std::fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// The texts of one mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Rendered {
    /// Renders a mail in this language, or in English if there are no texts in this language.
    ///
    /// # Errors
    /// When a message of the templates is missing or uses an unknown variable.
    pub fn new(
        catalogue: &Catalogue,
        locale: Option<&str>,
        kind: MailKind,
        facts: &MailFacts<'_>,
    ) -> Result<Self, CatalogueError> {
        let locale = catalogue.effective(locale);
        let mut arguments = FluentArgs::new();
        arguments.set("site", facts.site);
        arguments.set("name", isolated(facts.name));
        arguments.set("named", if facts.name.is_empty() { "no" } else { "yes" });
        arguments.set("address", isolated(facts.address));
        arguments.set("time", minute(facts.at));
        let name = kind.as_str();
        let mut button = None;
        if let Some(link) = facts.link {
            arguments.set("link", link.url);
            arguments.set("lifetime", lifetime(catalogue, locale, link.lifetime)?);
            let label = catalogue.text(locale, &format!("{name}-button"), &arguments)?;
            button = Some((link.url, label));
        }
        let subject = catalogue.text(locale, &format!("{name}-subject"), &arguments)?;
        // The subject must be one line. Further lines would be folded into the header.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = catalogue.text(locale, &format!("{name}-text"), &arguments)?;
        let button = button.as_ref().map(|(link, label)| Button { link, label });
        let (title, body) = (escape(&subject), paragraphs(&text, button));
        let values = [("{{lang}}", locale), ("{{subject}}", &title), ("{{body}}", &body)];
        let html = fill(catalogue.layout(), &values);
        Ok(Self { subject, text, html })
    }
}

/// Hides the token.
impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// A link that does not work, for previews.
pub fn sample_link(front_url: &str, purpose: LinkPurpose) -> Option<String> {
    let token = LinkToken::parse(&"A".repeat(43))?;
    Some(token.link(front_url, purpose))
}

/// Prepares a name or an address for a sentence. Removes control characters. If the text is not ASCII, puts it between
/// marks (FSI, PDI), so that letters that run from right to left do not reorder the sentence.
fn isolated(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() && !is_direction_mark(*c));
    let kept: String = kept.collect();
    if kept.is_ascii() { kept } else { format!("\u{2068}{kept}\u{2069}") }
}

/// Characters that change the direction of the text around them, and line separators.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A time in minutes, such as `2026-11-26 17:45 UTC`.
fn minute(at: UnixMicros) -> String {
    let text = Timestamp::from(at).to_string();
    let minute: String = text.chars().take(16).collect();
    format!("{} UTC", minute.replace('T', " "))
}

/// A duration in words, in its largest whole unit.
fn lifetime(
    catalogue: &Catalogue,
    locale: &str,
    lifetime: Duration,
) -> Result<String, CatalogueError> {
    let minutes = lifetime.as_secs().div_ceil(60);
    let (unit, count) = match minutes {
        whole if whole.is_multiple_of(1_440) => ("days", whole / 1_440),
        whole if whole.is_multiple_of(60) => ("hours", whole / 60),
        whole => ("minutes", whole),
    };
    let mut arguments = FluentArgs::new();
    arguments.set("unit", unit);
    arguments.set("count", count);
    catalogue.text(locale, "lifetime", &arguments)
}

#[cfg(test)]
mod tests;
