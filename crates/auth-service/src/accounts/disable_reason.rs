//! Why a user is disabled, as administrators read it.

/// Most characters of a reason.
const MAX_CHARS: usize = 200;

/// A reason: 1 to 200 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableReason(String);

/// Why a text is no [`DisableReason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to 200 characters without control characters")]
pub struct InvalidReason;

impl DisableReason {
    /// Checks a text.
    ///
    /// # Errors
    /// See [`InvalidReason`].
    pub fn parse(text: &str) -> Result<Self, InvalidReason> {
        let is_plain = !text.contains(char::is_control);
        if is_plain && (1..=MAX_CHARS).contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidReason)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_1_to_200_characters_and_no_control_characters() {
        for good in ["x", "Left the company; see ticket 7.", &"ñ".repeat(200)] {
            assert_eq!(DisableReason::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "two\nlines", "\u{0}", &"x".repeat(201)] {
            assert_eq!(DisableReason::parse(bad), Err(InvalidReason), "{bad:?}");
        }
    }
}
