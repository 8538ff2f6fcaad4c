//! Reads a file byte by byte, and counts lines and columns.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Seek, SeekFrom},
};

use super::FilePosition;

/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;

/// The byte order mark that some programs write first.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that is read byte by byte.
pub(super) struct Bytes {
    reader: BufReader<File>,
    position: FilePosition,
    offset: u64,
}

impl Bytes {
    /// Reads a file from its beginning, after a byte order mark.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let mut offset = 0;
        if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
            offset = BYTE_ORDER_MARK.len() as u64;
        }
        Ok(Self { reader, position: FilePosition { line: 1, column: 1 }, offset })
    }

    /// Goes back to a position that was read before.
    pub(super) fn seek(&mut self, offset: u64, position: FilePosition) -> io::Result<()> {
        self.reader.seek(SeekFrom::Start(offset))?;
        (self.offset, self.position) = (offset, position);
        Ok(())
    }

    /// The position of the next byte.
    pub(super) fn position(&self) -> FilePosition {
        self.position
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next byte, which is not consumed.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// The bytes in the buffer, which is filled if it is empty. Empty at the end of the file.
    pub(super) fn buffered(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    /// Consumes the first `count` bytes of [`Self::buffered`].
    pub(super) fn pass(&mut self, count: usize) {
        let passed = self.reader.buffer().get(..count).unwrap_or_default();
        match passed.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                let lines = passed.iter().filter(|byte| **byte == b'\n').count() as u64;
                let column = (passed.len() - last) as u64;
                self.position = FilePosition { line: self.position.line + lines, column };
            }
            None => self.position.column += count as u64,
        }
        self.reader.consume(count);
        self.offset += count as u64;
    }

    /// Consumes the next byte and returns it.
    pub(super) fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.pass(1);
        }
        Ok(byte)
    }
}
