//! Reads records in JSON: the lines of JSON Lines, or the elements of one array.

use std::{fs::File, io};

use super::{FilePosition, MAX_RECORD_LEN, RowError, bytes::Bytes, fields::Fields, over_lines};
use service_kit::unique_json;

/// How the records are arranged in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Layout {
    /// One object a line.
    Lines,
    /// The elements of one array.
    Array,
    /// An object whose member `users` is the array, as Firebase writes it.
    UsersMember,
}

impl Layout {
    /// Reads the layout from the beginning of a file. `None` if it is not JSON.
    pub(in super::super) fn detect(beginning: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(beginning);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('[') {
            return Some(Self::Array);
        }
        let inside = text.strip_prefix('{')?.trim_start();
        let users = inside.strip_prefix("\"users\"").map(str::trim_start);
        let array = users.and_then(|rest| rest.strip_prefix(':')).map(str::trim_start);
        Some(if array.is_some_and(|rest| rest.starts_with('[')) {
            Self::UsersMember
        } else {
            Self::Lines
        })
    }
}

/// Reads records in JSON.
pub(in super::super) struct JsonReader {
    bytes: Bytes,
    layout: Layout,
    begun: bool,
    ended: bool,
}

impl JsonReader {
    /// Reads a file from its beginning.
    pub(in super::super) fn new(file: File, layout: Layout) -> io::Result<Self> {
        Ok(Self { bytes: Bytes::new(file)?, layout, begun: false, ended: false })
    }

    /// How many bytes were read.
    pub(in super::super) fn offset(&self) -> u64 {
        self.bytes.offset()
    }

    /// Goes to a record whose position is known.
    pub(in super::super) fn seek(&mut self, offset: u64, position: FilePosition) -> io::Result<()> {
        (self.begun, self.ended) = (true, false);
        self.bytes.seek(offset, position)
    }

    /// The next record, with the offset at which it begins. `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read. The inner error is about this record alone.
    pub(in super::super) fn next(&mut self) -> io::Result<Option<(u64, Result<Fields, RowError>)>> {
        if !self.begun {
            self.begun = true;
            self.enter()?;
        }
        if self.ended || !self.skip_to_record()? {
            return Ok(None);
        }
        let (position, offset) = (self.bytes.position(), self.bytes.offset());
        let raw = match self.layout {
            Layout::Lines => self.line()?,
            Layout::Array | Layout::UsersMember => self.element()?,
        };
        let lines = position.lines_to(self.bytes.position());
        let raw = raw.map_err(|why| RowError::of_row(position, over_lines(why, lines)));
        Ok(Some((offset, raw.and_then(|raw| parse(position, raw)))))
    }

    /// Skips everything before the first record.
    fn enter(&mut self) -> io::Result<()> {
        if self.layout != Layout::Lines {
            while let Some(byte) = self.bytes.next()? {
                if byte == b'[' {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Skips everything before the next record. `false` if no record follows.
    fn skip_to_record(&mut self) -> io::Result<bool> {
        while let Some(byte) = self.bytes.peek()? {
            let in_array = self.layout != Layout::Lines;
            if in_array && byte == b']' {
                self.ended = true;
                return Ok(false);
            }
            let is_between = byte.is_ascii_whitespace() || (in_array && byte == b',');
            if !is_between {
                return Ok(true);
            }
            self.bytes.pass(1);
        }
        Ok(false)
    }

    /// The rest of the line.
    fn line(&mut self) -> io::Result<Result<Vec<u8>, &'static str>> {
        let (mut raw, mut too_long) = (Vec::new(), false);
        loop {
            let buffer = self.bytes.buffered()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let count = end.unwrap_or(buffer.len());
            let part = buffer.get(..count).unwrap_or_default();
            too_long |= raw.len() + part.len() > MAX_RECORD_LEN;
            if !too_long {
                raw.extend_from_slice(part);
            }
            let at_end = buffer.is_empty() || end.is_some();
            self.bytes.pass(count);
            if at_end {
                return Ok(if too_long { Err("is longer than 1 MiB") } else { Ok(raw) });
            }
        }
    }

    /// One element of the array. An object is read to its end; any other value to the next comma or bracket.
    fn element(&mut self) -> io::Result<Result<Vec<u8>, &'static str>> {
        let (mut raw, mut too_long) = (Vec::new(), false);
        let mut scanner = Scanner::default();
        while let Some(byte) = self.bytes.peek()? {
            if scanner.depth == 0 && !scanner.in_string && matches!(byte, b',' | b']') {
                break;
            }
            self.bytes.pass(1);
            scanner.take(byte);
            too_long |= raw.len() >= MAX_RECORD_LEN;
            if !too_long {
                raw.push(byte);
            }
            if scanner.depth == 0 && matches!(byte, b'}') && !scanner.in_string {
                break;
            }
        }
        Ok(match (too_long, scanner.depth) {
            (true, _) => Err("is longer than 1 MiB"),
            (false, 0) => Ok(raw),
            (false, _) => Err("does not end"),
        })
    }
}

/// Counts open brackets, and recognises strings.
#[derive(Default)]
struct Scanner {
    depth: u64,
    in_string: bool,
    is_escaped: bool,
}

impl Scanner {
    fn take(&mut self, byte: u8) {
        match (self.in_string, self.is_escaped, byte) {
            (true, true, _) => self.is_escaped = false,
            (true, false, b'\\') => self.is_escaped = true,
            (_, _, b'"') => self.in_string = !self.in_string,
            (false, _, b'{' | b'[') => self.depth += 1,
            (false, _, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn parse(position: FilePosition, raw: Vec<u8>) -> Result<Fields, RowError> {
    match unique_json::object(&raw) {
        Ok(members) => Ok(Fields::of_json(position, members, raw)),
        Err(error) if unique_json::is_repeated(&error) => {
            Err(RowError::of_row(position, "has a member twice"))
        }
        // serde's message may repeat a value.
        Err(error) if error.is_data() => Err(RowError::of_row(position, "is not a JSON object")),
        Err(error) => {
            let lines = u64::try_from(error.line().saturating_sub(1)).unwrap_or(0);
            let column = u64::try_from(error.column().max(1)).unwrap_or(1);
            let column = if lines == 0 { position.column + column - 1 } else { column };
            let position = FilePosition { line: position.line + lines, column };
            Err(RowError::of_row(position, "is not valid JSON"))
        }
    }
}
