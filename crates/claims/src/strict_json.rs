//! Reading JSON objects strictly: no member twice at any depth, nothing after the object, and every
//! known member of its own type. The rejection names the member that broke the rule.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::Rejection;
use crate::strict_value::KeptValue;

/// An object read member by member.
pub(crate) trait StrictObject<'de>: Default {
    /// Reads the value of the member `name` into its slot; for an unknown name, calls [`Members::skip`].
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut Members<'_, A>,
    ) -> Result<MemberKind, A::Error>;
}

/// How a second member of the same name will be noticed.
pub(crate) enum MemberKind {
    /// By its slot, which is full.
    Known,
    /// By its name, which has to be remembered.
    Unknown,
}

/// Parses `bytes` as one strict JSON object.
pub(crate) fn read_object<'de, T: StrictObject<'de>>(bytes: &'de [u8]) -> Result<T, Rejection> {
    let mut rejection = Rejection::Malformed;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = reader
        .deserialize_map(ObjectVisitor::<T> { rejection: &mut rejection, object: T::default() });
    match read.and_then(|object| reader.end().map(|()| object)) {
        Ok(object) => Ok(object),
        Err(error) if error.is_data() => Err(rejection),
        Err(_) => Err(Rejection::Malformed),
    }
}

/// The members of an object that is being read.
pub(crate) struct Members<'a, A> {
    map: A,
    rejection: &'a mut Rejection,
}

impl<'de, A: MapAccess<'de>> Members<'_, A> {
    /// Reads a value into its empty slot; `rejection` is the reason if the value is of another type.
    pub(crate) fn read<T: Deserialize<'de>>(
        &mut self,
        slot: &mut Option<T>,
        rejection: Rejection,
    ) -> Result<MemberKind, A::Error> {
        if slot.is_some() {
            *self.rejection = Rejection::DuplicateMember;
            return Err(A::Error::custom("repeated member"));
        }
        *self.rejection = rejection;
        *slot = Some(self.map.next_value()?);
        *self.rejection = Rejection::Malformed;
        Ok(MemberKind::Known)
    }

    /// Reads a value of any type into its empty slot.
    pub(crate) fn keep(&mut self, slot: &mut Option<Value>) -> Result<MemberKind, A::Error> {
        if slot.is_some() {
            *self.rejection = Rejection::DuplicateMember;
            return Err(A::Error::custom("repeated member"));
        }
        *slot = Some(self.map.next_value_seed(KeptValue { rejection: self.rejection })?);
        Ok(MemberKind::Known)
    }

    /// Reads past a value that is ignored.
    pub(crate) fn skip(&mut self) -> Result<MemberKind, A::Error> {
        self.map.next_value_seed(IgnoredValue { rejection: self.rejection })?;
        Ok(MemberKind::Unknown)
    }

    /// Rejects the whole object.
    pub(crate) fn reject(&mut self, reason: Rejection) -> A::Error {
        *self.rejection = reason;
        A::Error::custom("rejected member")
    }
}

struct ObjectVisitor<'a, T> {
    rejection: &'a mut Rejection,
    object: T,
}

impl<'de, T: StrictObject<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<T, A::Error> {
        let mut members = Members { map, rejection: self.rejection };
        let mut names = Names::default();
        while let Some(Text(name)) = members.map.next_key()? {
            if let MemberKind::Unknown = self.object.member(&name, &mut members)? {
                names.add(name, members.rejection)?;
            }
        }
        Ok(self.object)
    }
}

/// A string, borrowed from the input where it holds no escapes.
pub(crate) struct Text<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The member names met so far in one object. A few are compared one by one; an object with more
/// gets a tree, so that a token full of short names stays cheap.
#[derive(Default)]
struct Names<'de> {
    few: [Option<Cow<'de, str>>; 16],
    count: usize,
    many: BTreeSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    fn add<E: Error>(&mut self, name: Cow<'de, str>, rejection: &mut Rejection) -> Result<(), E> {
        let repeated = self.few[..self.count].iter().flatten().any(|met| *met == name);
        if repeated || self.many.contains(&name) {
            *rejection = Rejection::DuplicateMember;
            return Err(E::custom("repeated member"));
        }
        if let Some(slot) = self.few.get_mut(self.count) {
            *slot = Some(name);
            self.count += 1;
        } else {
            self.many.insert(name);
        }
        Ok(())
    }
}

/// Reads past any value and still rejects repeated members inside it.
struct IgnoredValue<'a> {
    rejection: &'a mut Rejection,
}

impl<'de> DeserializeSeed<'de> for IgnoredValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IgnoredValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(IgnoredValue { rejection: self.rejection })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(Text(name)) = map.next_key()? {
            names.add(name, self.rejection)?;
            map.next_value_seed(IgnoredValue { rejection: self.rejection })?;
        }
        Ok(())
    }
}
