//! Django's `dumpdata`, JSON or JSON Lines: records of the user model, and of `account.emailaddress` (django-allauth).
//!
//! The addresses may come after the users. So the file is read once before, and only the user and the position of each
//! address are kept in memory. The address itself is read again when its user is read.

use std::{io, path::Path};

use super::super::{
    row::{NamedValue, Row},
    source::{Fields, FilePosition, JsonReader, Layout, RowError},
};

/// allauth's model.
const EMAIL_ADDRESS: &str = "account.emailaddress";

/// Maximum number of addresses of one file. Each needs 32 bytes of memory.
const MAX_ADDRESSES: usize = 1_000_000;

/// The positions of the primary addresses in the file.
pub(super) struct Addresses {
    /// Sorted by the user's key.
    positions: Vec<AddressPosition>,
    reader: JsonReader,
}

struct AddressPosition {
    user: u64,
    offset: u64,
    position: FilePosition,
}

impl Addresses {
    /// Reads the file and keeps the positions.
    pub(super) fn read(path: &Path, layout: Layout) -> io::Result<Self> {
        let mut reader = super::json_records(path, layout)?;
        let mut positions = Vec::new();
        while let Some((offset, record)) = reader.next()? {
            // A broken record is reported in the second pass.
            let Ok(record) = record else { continue };
            let (position, Ok(Some(address))) = (record.position(), primary_address(&record))
            else {
                continue;
            };
            if positions.len() == MAX_ADDRESSES {
                let why = format!("the file has more than {MAX_ADDRESSES} addresses: split it");
                return Err(io::Error::other(why));
            }
            positions.push(AddressPosition { user: key(&address.user), offset, position });
        }
        positions.sort_by_key(|found| found.user);
        Ok(Self { positions, reader })
    }

    /// The primary address of a user.
    fn of_user(&mut self, id: &str) -> io::Result<Option<Address>> {
        let user = key(id);
        let first = self.positions.partition_point(|found| found.user < user);
        for found in self.positions.iter().skip(first).take_while(|found| found.user == user) {
            self.reader.seek(found.offset, found.position)?;
            let Some((_, Ok(record))) = self.reader.next()? else { continue };
            if let Ok(Some(address)) = primary_address(&record)
                && address.user == id
            {
                return Ok(Some(address));
            }
        }
        Ok(None)
    }
}

/// A hash of the user's id. Two users with the same hash are distinguished when their records are read again.
fn key(id: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

struct Address {
    user: String,
    email: String,
    verified: bool,
}

fn primary_address(record: &Fields) -> Result<Option<Address>, RowError> {
    if record.text("model")?.as_deref() != Some(EMAIL_ADDRESS) {
        return Ok(None);
    }
    let Some(fields) = record.nested("fields") else { return Ok(None) };
    if fields.flag("primary")? != Some(true) {
        return Ok(None);
    }
    let (Some(user), Some(email)) = (fields.text("user")?, fields.text("email")?) else {
        return Ok(None);
    };
    Ok(Some(Address { user, email, verified: fields.flag("verified")?.unwrap_or(false) }))
}

/// The user of a record; `None` for a record of another model.
pub(super) fn row(
    record: &Fields,
    addresses: Option<&mut Addresses>,
) -> io::Result<Option<Result<Row, RowError>>> {
    let Some(fields) = record.nested("fields") else {
        return Ok(Some(Err(RowError::of_row(record.position(), "is no record of dumpdata"))));
    };
    // Only user models have a password together with a name or an address.
    if !fields.has("password") || !(fields.has("username") || fields.has("email")) {
        return Ok(None);
    }
    let id = match record.text("pk") {
        Ok(id) => id,
        Err(error) => return Ok(Some(Err(error))),
    };
    let address = match (&id, addresses) {
        (Some(id), Some(addresses)) => addresses.of_user(id)?,
        _ => None,
    };
    Ok(Some(user(fields, id, address)))
}

fn user(fields: Fields, id: Option<String>, address: Option<Address>) -> Result<Row, RowError> {
    let mut email = NamedValue::first_of(&fields, &["email"])?;
    let mut email_verified = None;
    if let Some(address) = address {
        let is_same =
            email.value.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(&address.email));
        // An address that differs from the user's own is not the one that signs in.
        if is_same {
            email.value = Some(address.email);
            email_verified = Some(address.verified);
        }
    }
    Ok(Row {
        id,
        username: NamedValue::first_of(&fields, &["username"])?,
        email,
        email_verified,
        password_hash: NamedValue::first_of(&fields, &["password"])?,
        created_at: fields.time("date_joined")?,
        disabled: fields.flag("is_active")?.map(|active| !active),
        ..Row::empty(fields)
    })
}
