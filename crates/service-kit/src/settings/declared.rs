//! The declaration of a setting. The `config` command and the tables of docs/settings.md are made from it.

use std::{borrow::Cow, ops::RangeInclusive, time::Duration};

use super::FromSetting;

/// One setting of a service.
#[derive(Clone, Debug)]
pub struct EffectiveSetting {
    /// The full name.
    pub name: String,
    /// The value in use, secrets masked; empty where there is none.
    pub value: String,
    /// The default in Markdown: a value in backticks, or words where the value depends on the machine.
    pub default: String,
    /// Its purpose and its bounds.
    pub meaning: String,
}

impl EffectiveSetting {
    /// A row of the page's table.
    fn row(&self) -> String {
        let meaning = self.meaning.replace('|', "\\|");
        format!("| `{}` | {} | {meaning} |\n", self.name, self.default)
    }
}

/// The Markdown table of these settings.
pub fn table(settings: &[EffectiveSetting]) -> String {
    let head = "| setting | default | meaning |\n|---|---|---|\n";
    let rows = settings.iter().map(EffectiveSetting::row);
    std::iter::once(head.to_owned()).chain(rows).collect()
}

/// The default of a setting.
#[derive(Clone, Debug)]
pub struct DefaultValue<'a> {
    pub(super) value: Cow<'a, str>,
    words: Option<&'static str>,
}

impl DefaultValue<'_> {
    /// As the page shows it.
    pub(super) fn shown(&self) -> String {
        self.words.map_or_else(|| format!("`{}`", self.value), str::to_owned)
    }
}

/// A default that depends on the machine or on another setting; the page describes it in these words.
pub fn described<'a>(value: impl Into<Cow<'a, str>>, words: &'static str) -> DefaultValue<'a> {
    DefaultValue { value: value.into(), words: Some(words) }
}

impl<'a> From<&'a str> for DefaultValue<'a> {
    fn from(value: &'a str) -> Self {
        Self { value: value.into(), words: None }
    }
}

impl From<String> for DefaultValue<'_> {
    fn from(value: String) -> Self {
        Self { value: value.into(), words: None }
    }
}

/// A type whose settings can have bounds.
pub trait Bounded: FromSetting + PartialOrd {
    /// A value as a setting holds it.
    fn written(&self) -> String;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Bounded for $number {
            fn written(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

numbers!(u16, u32, u64, usize);

impl Bounded for Duration {
    /// In the largest unit that needs no fraction.
    fn written(&self) -> String {
        let millis = self.as_millis();
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        let unit = units
            .into_iter()
            .find(|(length, _)| millis >= *length && millis.is_multiple_of(*length));
        match unit {
            Some((length, name)) => format!("{}{name}", millis / length),
            None if millis == 0 => "0s".to_owned(),
            None => format!("{millis}ms"),
        }
    }
}

/// Bounds in words, such as `from 1 to 256`.
pub(super) fn bounds<T: Bounded>(range: &RangeInclusive<T>) -> String {
    format!("from {} to {}", range.start().written(), range.end().written())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn a_length_of_time_is_written_in_its_largest_whole_unit() {
        for text in ["0s", "1s", "90s", "75s", "10m", "36h", "400d", "1500ms"] {
            assert_eq!(Duration::from_setting(text).unwrap().written(), text);
        }
    }

    #[test]
    fn an_error_about_a_settings_bounds_names_them_and_so_does_the_table() {
        let take = |value: &str| {
            let mut given = Settings::from_pairs("APP", [("APP_DELAY", value)]);
            let range = Duration::ZERO..=Duration::from_secs(8);
            given.take_within("DELAY", "1s", range, "how long calls are still taken")?;
            given.finish()
        };
        let error = take("9s").unwrap_err().to_string();
        assert_eq!(error, "setting APP_DELAY: is not from 0s to 8s");
        let row = "| `APP_DELAY` | `1s` | how long calls are still taken; from 0s to 8s |\n";
        assert_eq!(table(&take("8s").unwrap()).lines().nth(2), Some(row.trim_end()));
    }

    #[test]
    fn the_table_shows_the_default_and_never_the_value_in_use() {
        let pairs = [("APP_KEY", "a-secret-of-mine"), ("APP_THREADS", "7")];
        let mut given = Settings::from_pairs("APP", pairs);
        let _: Option<String> = given.take_secret("KEY", crate::settings::masked, "a key").unwrap();
        let _: u32 = given.take("THREADS", described("2", "one a core"), "threads").unwrap();
        let table = table(&given.finish().unwrap());
        let rows: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            ["| `APP_KEY` | not set | a key |", "| `APP_THREADS` | one a core | threads |"]
        );
    }
}
