//! Reads records in CSV (RFC 4180). The names come from the header, or from the format.

use std::{collections::HashMap, fs::File, io, sync::Arc};

use csv_core::{ReadRecordResult, Reader};

use super::{
    FilePosition, MAX_RECORD_LEN, RowError, bytes::Bytes, fields::Fields, over_lines,
    quotes::QuoteState,
};

/// Maximum number of values of one record.
const MAX_VALUES: usize = 256;

/// The names of the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Header {
    names: Vec<String>,
    columns: HashMap<String, usize>,
    /// Whether records may have more or fewer values.
    is_flexible: bool,
}

impl Header {
    /// These names, in the order of the columns.
    pub(in super::super) fn new(names: Vec<String>) -> Self {
        let columns =
            names.iter().cloned().enumerate().map(|(index, name)| (name, index)).collect();
        Self { names, columns, is_flexible: false }
    }

    /// The names of a file without a header. Its records may end before the last column.
    pub(in super::super) fn flexible(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { is_flexible: true, ..Self::new(names) }
    }

    /// The indexes of two columns that have the same name.
    fn repeated(&self) -> Option<(usize, usize)> {
        let named = self.names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        named.filter_map(|(first, name)| Some((first, self.index(name)?))).find(|(a, b)| a != b)
    }

    /// The names.
    pub(in super::super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The index of a column.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.columns.get(name).copied()
    }
}

/// Reads records in CSV.
pub(in super::super) struct CsvReader {
    bytes: Bytes,
    parser: Reader,
    header: Option<Arc<Header>>,
    output: Vec<u8>,
    ends: Vec<usize>,
}

impl CsvReader {
    /// Reads a file from its beginning. If `header` is `None`, the first record of the file is the header.
    pub(in super::super) fn new(file: File, header: Option<Header>) -> io::Result<Self> {
        Ok(Self {
            bytes: Bytes::new(file)?,
            parser: Reader::new(),
            header: header.map(Arc::new),
            output: vec![0; MAX_RECORD_LEN],
            ends: vec![0; MAX_VALUES],
        })
    }

    /// How many bytes were read.
    pub(in super::super) fn offset(&self) -> u64 {
        self.bytes.offset()
    }

    /// The next record. `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read. The inner error is about this record alone.
    pub(in super::super) fn next(&mut self) -> io::Result<Option<Result<Fields, RowError>>> {
        if self.header.is_none() {
            let Some(names) = self.values()? else { return Ok(None) };
            let names = names.map_err(io::Error::other)?;
            let names = names.values.iter().map(|name| name.trim().to_owned()).collect();
            let header = Header::new(names);
            if let Some((first, last)) = header.repeated() {
                let (first, last) = (first + 1, last + 1);
                let why = format!("columns {first} and {last} of the header have the same name");
                return Err(io::Error::other(why));
            }
            self.header = Some(Arc::new(header));
        }
        let Some(values) = self.values()? else { return Ok(None) };
        let header = self.header.clone().unwrap_or_default();
        Ok(Some(values.and_then(|Values { position, values, lines }| {
            let (found, expected) = (values.len(), header.names.len());
            if found == expected || header.is_flexible {
                Ok(Fields::of_csv(position, header, values))
            } else {
                let why = format!("has {found} values where the header has {expected}");
                Err(RowError::of_row(position, over_lines(&why, lines)))
            }
        })))
    }

    /// The values of the next record.
    fn values(&mut self) -> io::Result<Option<Result<Values, RowError>>> {
        self.skip_empty_lines()?;
        let position = self.bytes.position();
        let (mut written, mut ended) = (0, 0);
        let (mut error, mut quotes) = (None, QuoteState::default());
        loop {
            let input = self.bytes.buffered()?;
            let output = self.output.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(ended..).unwrap_or_default();
            let (result, read, wrote, finished) = self.parser.read_record(input, output, ends);
            if !quotes.pass(input.get(..read).unwrap_or_default()) {
                error = error.or(Some("has text after a closing quote"));
            }
            self.bytes.pass(read);
            (written, ended) = (written + wrote, ended + finished);
            match result {
                ReadRecordResult::InputEmpty => {}
                // The values so far are dropped, and the record is skipped to its end.
                ReadRecordResult::OutputFull => {
                    (written, error) = (0, Some("is longer than 1 MiB"));
                }
                ReadRecordResult::OutputEndsFull => {
                    (ended, error) = (0, Some("has too many values"));
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        let lines = position.lines_to(self.bytes.position());
        if quotes.is_open() {
            error = Some("has a quote that does not end");
        }
        if let Some(why) = error {
            return Ok(Some(Err(RowError::of_row(position, over_lines(why, lines)))));
        }
        Ok(Some(self.split(position, ended, lines)))
    }

    /// Skips empty lines, so that the position of a record is that of its first value.
    fn skip_empty_lines(&mut self) -> io::Result<()> {
        while self.bytes.peek()?.is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            self.bytes.pass(1);
        }
        Ok(())
    }

    fn split(&self, position: FilePosition, count: usize, lines: u64) -> Result<Values, RowError> {
        let (mut begin, mut values) = (0, Vec::with_capacity(count));
        for end in self.ends.iter().take(count) {
            let bytes = self.output.get(begin..*end).unwrap_or_default();
            let column = values.len() as u64 + 1;
            let text = std::str::from_utf8(bytes).map_err(|_| {
                RowError::of_row(FilePosition { column, ..position }, "is not UTF-8")
            })?;
            values.push(text.to_owned());
            begin = *end;
        }
        Ok(Values { position, values, lines })
    }
}

/// The values of one record.
struct Values {
    position: FilePosition,
    values: Vec<String>,
    /// Number of lines of the record.
    lines: u64,
}
