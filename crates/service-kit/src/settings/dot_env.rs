//! The `.env` file: one `NAME=value` a line. `$` is not expanded, and no error repeats a value.
//!
//! A value without quotes ends with the line, or at ` #`. Between `'` nothing is special; between `"` the
//! escapes `\\`, `\"`, `\'`, `\$`, `\n`, and `\` before a space are known, and so they are in a value without quotes:
//! a Windows path such as `D:\new` belongs between `'`. A quoted value may go over several lines.

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
pub(super) struct ParseError {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

const MISSING_NAME: &str = "does not begin with a name and =";
const SPACE_IN_VALUE: &str = "has a space in its value: put the value between quotes";
const QUOTE_IN_VALUE: &str =
    "has a quote inside its value: put the whole value between quotes of the other kind";
const UNCLOSED_QUOTE: &str = "opens a quote that is not closed";
const TEXT_AFTER_QUOTE: &str = "has text after the closing quote";
const UNKNOWN_ESCAPE: &str =
    "has an unknown escape: write \\\\ for a backslash, or put the value between single quotes";
const NUMBER_SIGN: &str =
    "has a value that begins with #: put it between quotes, or a space before a comment";

/// Parses a whole file.
///
/// # Errors
/// The first line that cannot be parsed.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, ParseError> {
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
                let entry = reader.entry(line).map_err(|reason| ParseError { line, reason })?;
                entries.push(entry);
            }
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn entry(&mut self, line: usize) -> Result<Entry, &'static str> {
        let mut name = self.name()?;
        self.skip(is_blank);
        if name == "export" && self.rest.peek() != Some(&'=') {
            name = self.name()?;
            self.skip(is_blank);
        }
        if self.next() != Some('=') {
            return Err(MISSING_NAME);
        }
        let value = match self.rest.peek() {
            Some('#') => return Err(NUMBER_SIGN),
            _ => self.value()?,
        };
        Ok(Entry { name, value, line })
    }

    fn name(&mut self) -> Result<String, &'static str> {
        let mut name = String::new();
        while let Some(character) =
            self.rest.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            name.push(character);
        }
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if begins_well { Ok(name) } else { Err(MISSING_NAME) }
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
                    Some(_) => Err(TEXT_AFTER_QUOTE),
                }
            }
            _ => self.unquoted(),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(UNCLOSED_QUOTE),
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
                Some(_) if gap => return Err(SPACE_IN_VALUE),
                Some('\'' | '"') => return Err(QUOTE_IN_VALUE),
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
            _ => Err(UNKNOWN_ESCAPE),
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

/// (A carriage return is a blank only at the end of a line; elsewhere it is text.)
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

#[cfg(test)]
mod tests;
