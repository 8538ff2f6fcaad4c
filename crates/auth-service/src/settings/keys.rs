//! The settings of signing keys.

use std::time::Duration;

use service_kit::settings::{OrOff, Settings, SettingsError};

pub(super) fn take_key_bits(given: &mut Settings) -> Result<usize, SettingsError> {
    let bits = given.take("KEY_BITS", "2048", "size of new keys: 2048, 3072 or 4096")?;
    if [2048, 3072, 4096].contains(&bits) {
        Ok(bits)
    } else {
        Err(given.invalid("KEY_BITS", "is not 2048, 3072 or 4096"))
    }
}

pub(super) fn take_rotation(given: &mut Settings) -> Result<Option<Duration>, SettingsError> {
    let OrOff(age) = given.take(
        "KEY_ROTATION",
        "off",
        "age at which the signing key is replaced, such as `90d`; a minute at least",
    )?;
    if age.is_some_and(|age| age < Duration::from_secs(60)) {
        return Err(given.invalid("KEY_ROTATION", "is less than a minute"));
    }
    Ok(age)
}
