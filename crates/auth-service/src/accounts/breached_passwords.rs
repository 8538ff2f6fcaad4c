//! A large file of breached passwords that the operator provides: `AUTH_BREACHED_PASSWORDS`.
//!
//! The file has the form that Have I Been Pwned's downloader writes: sorted lines, one for each password, with its
//! SHA-1 in 40 hexadecimal digits, then optionally `:` and a count. A look-up does not read the whole file: it is a
//! binary search of about 35 reads.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;

/// No line is longer than this: digits, a colon, a count, and the line's end.
const MAX_LINE_LEN: usize = 64;

/// Passwords known from breaches of other services. Look-ups read the disk: call them on a blocking thread.
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    length: u64,
}

impl BreachedPasswords {
    /// Opens the file, if there is one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_if_set(path: Option<&Path>) -> io::Result<Option<Self>> {
        path.map(Self::open).transpose()
    }

    /// Opens the file and checks the form of its first and its last line.
    ///
    /// # Errors
    /// When it cannot be read, is empty, or does not look like a sorted list of SHA-1 hashes.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let list = Self { file, length };
        let first = list.hash_at(0)?;
        let last = list.hash_at(list.line_start(length.saturating_sub(MAX_LINE_LEN as u64))?)?;
        if first > last { Err(malformed()) } else { Ok(list) }
    }

    /// Whether this password, in the form that is hashed, is in the file.
    ///
    /// # Errors
    /// When the file cannot be read, or a line that was read has another form.
    pub fn contains(&self, password: &[u8]) -> io::Result<bool> {
        let wanted = to_hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, password).as_ref());
        // If the line exists, it starts in `low..high`.
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let middle = low + (high - low) / 2;
            let start = self.line_start(middle)?;
            if start >= high {
                high = middle;
                continue;
            }
            match self.hash_at(start)?.cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = start + DIGITS as u64,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }

    /// The offset of the first line that begins at this offset or after it; the file's length if there is none.
    fn line_start(&self, offset: u64) -> io::Result<u64> {
        let Some(before) = offset.checked_sub(1) else { return Ok(0) };
        let mut buffer = [0; MAX_LINE_LEN];
        let read = self.read(&mut buffer, before)?;
        match buffer[..read].iter().position(|byte| *byte == b'\n') {
            Some(end) => Ok(before + end as u64 + 1),
            None if read < MAX_LINE_LEN => Ok(self.length),
            None => Err(malformed()),
        }
    }

    /// The hash of the line that begins here.
    fn hash_at(&self, start: u64) -> io::Result<[u8; DIGITS]> {
        let mut digits = [0; DIGITS];
        if self.read(&mut digits, start)? < DIGITS || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(malformed());
        }
        digits.make_ascii_uppercase();
        Ok(digits)
    }

    /// Fills the buffer, up to the end of the file.
    fn read(&self, buffer: &mut [u8], start: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], start + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn malformed() -> io::Error {
    let why = "is not a sorted list of SHA-1 hashes, one a line in 40 hexadecimal digits";
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn to_hexadecimal(hash: &[u8]) -> [u8; DIGITS] {
    const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";
    let mut digits = [0; DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair[0] = HEXADECIMAL[usize::from(byte >> 4)];
        pair[1] = HEXADECIMAL[usize::from(byte & 15)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{BreachedPasswords, digest, to_hexadecimal};

    fn hash(password: &str) -> String {
        let hash = digest(&super::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        String::from_utf8(to_hexadecimal(hash.as_ref()).to_vec()).unwrap()
    }

    /// A sorted file with the hashes of these passwords. `tail` gives the end of each line by its number.
    fn file(passwords: &[String], tail: impl Fn(usize) -> String) -> tempfile::NamedTempFile {
        let mut hashes: Vec<_> = passwords.iter().map(|password| hash(password)).collect();
        hashes.sort();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for (number, hash) in hashes.iter().enumerate() {
            write!(file, "{hash}{}", tail(number)).unwrap();
        }
        file
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(hash("password"), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }

    #[test]
    fn each_password_in_the_file_is_found_and_no_other_whatever_the_length_of_its_lines() {
        for count in [1, 2, 3, 7, 200] {
            let known: Vec<_> = (0..count).map(|number| format!("known {number}")).collect();
            let tails: [&dyn Fn(usize) -> String; 4] = [
                &|_| "\n".to_owned(),
                &|_| "\r\n".to_owned(),
                &|number| format!(":{}\r\n", number * number * 1_001),
                // The last line has no end.
                &|number| if number + 1 == count { ":7".to_owned() } else { ":7\n".to_owned() },
            ];
            for tail in tails {
                let file = file(&known, tail);
                let list = BreachedPasswords::open(file.path()).unwrap();
                for password in &known {
                    assert!(list.contains(password.as_bytes()).unwrap(), "{count} {password}");
                }
                for number in 0..200 {
                    assert!(!list.contains(format!("other {number}").as_bytes()).unwrap());
                }
            }
        }
    }

    #[test]
    fn lower_case_hashes_are_read_too() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "{}", hash("password").to_lowercase()).unwrap();
        assert!(BreachedPasswords::open(file.path()).unwrap().contains(b"password").unwrap());
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let backwards = format!("{}\n{}\n", "F".repeat(40), "0".repeat(40));
        for text in ["", "\n", "password\n", &"A".repeat(1_000), &backwards] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert!(BreachedPasswords::open(file.path()).is_err(), "{text:?}");
        }
    }
}
