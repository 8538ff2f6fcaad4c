//! The `.env` file: one `NAME=value` a line. `$` stands for itself, and no refusal repeats a value.
//!
//! A value without quotes ends with the line, or at ` #`. Between `'` everything stands for itself; between `"` the
//! escapes `\\`, `\"`, `\'`, `\$`, `\n`, and `\` before a blank are known. A quoted value may go over several lines.

use std::{iter::Peekable, str::Chars};

/// A name with its value.
#[derive(PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A line that cannot be parsed, counted from 1, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

const NO_NAME: &str = "does not begin with a name and =";
const BLANK: &str = "has a blank in its value: put the value between quotes";
const QUOTE: &str =
    "has a quote inside its value: put the whole value between quotes of the other kind";
const OPEN: &str = "opens a quote that is not closed";
const BEHIND: &str = "has text behind the closing quote";
const ESCAPE: &str =
    "has an unknown escape: write \\\\ for a backslash, or put the value between single quotes";
const NUMBER_SIGN: &str =
    "has a value that begins with #: put it between quotes, or a blank before a comment";

/// Parses a whole file.
///
/// # Errors
/// The first line that cannot be parsed.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text.chars().peekable(), line: 1 };
    let mut entries = Vec::new();
    loop {
        reader.skip(char::is_whitespace);
        let line = reader.line;
        match reader.rest.peek() {
            None => return Ok(entries),
            Some('#') => reader.skip(|character| character != '\n'),
            Some(_) => {
                let entry = reader.entry();
                let (name, value) = entry.map_err(|reason| Fault { line, reason })?;
                entries.push(Entry { name, value, line });
            }
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn entry(&mut self) -> Result<(String, String), &'static str> {
        let mut name = self.name()?;
        self.skip(is_blank);
        if name == "export" && self.rest.peek() != Some(&'=') {
            name = self.name()?;
            self.skip(is_blank);
        }
        if self.next() != Some('=') {
            return Err(NO_NAME);
        }
        let value = match self.rest.peek() {
            Some('#') => return Err(NUMBER_SIGN),
            _ => self.value()?,
        };
        Ok((name, value))
    }

    fn name(&mut self) -> Result<String, &'static str> {
        let mut name = String::new();
        while let Some(character) =
            self.rest.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            name.push(character);
        }
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if begins_well { Ok(name) } else { Err(NO_NAME) }
    }

    fn value(&mut self) -> Result<String, &'static str> {
        self.skip(is_blank);
        match self.rest.peek() {
            Some(&quote @ ('\'' | '"')) => {
                self.next();
                let value = self.quoted(quote)?;
                let gap = self.skip_blanks();
                match self.rest.peek() {
                    None | Some('\n') => Ok(value),
                    Some('\r') => Ok(value),
                    Some('#') if gap => {
                        self.skip(|character| character != '\n');
                        Ok(value)
                    }
                    Some(_) => Err(BEHIND),
                }
            }
            _ => self.unquoted(),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(OPEN),
                Some(character) if character == quote => return Ok(value),
                Some('\\') if quote == '"' => value.push(self.escaped()?),
                Some(character) => value.push(character),
            }
        }
    }

    fn unquoted(&mut self) -> Result<String, &'static str> {
        let mut value = String::new();
        let mut gap = false;
        loop {
            match self.rest.peek() {
                None | Some('\n') => return Ok(value),
                Some('#') if gap || value.is_empty() => {
                    self.skip(|character| character != '\n');
                    return Ok(value);
                }
                Some(character) if character.is_whitespace() => gap = true,
                Some(_) if gap => return Err(BLANK),
                Some('\'' | '"') => return Err(QUOTE),
                Some('\\') => {
                    self.next();
                    value.push(self.escaped()?);
                    continue;
                }
                Some(&character) => value.push(character),
            }
            self.next();
        }
    }

    fn escaped(&mut self) -> Result<char, &'static str> {
        match self.next() {
            Some('n') => Ok('\n'),
            Some(character @ ('\\' | '"' | '\'' | '$' | ' ')) => Ok(character),
            _ => Err(ESCAPE),
        }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.next();
        if character == Some('\n') {
            self.line += 1;
        }
        character
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        while self.rest.peek().is_some_and(|character| is_skipped(*character)) {
            self.next();
        }
    }

    /// Whether there were blanks.
    fn skip_blanks(&mut self) -> bool {
        let found = self.rest.peek().copied().is_some_and(is_blank);
        self.skip(is_blank);
        found
    }
}

/// (A carriage return is one only where the line ends behind it; elsewhere it is refused as text.)
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

#[cfg(test)]
mod tests;
