//! Limits and how they are written: `30/min`, `300/5min`, `30/min burst 10`, `off`.

use std::time::Duration;

use service_kit::settings::FromSetting;

/// Most calls that a limit may allow.
const MAX_CALLS: i64 = 1_000_000;

/// The longest time of a limit.
const MAX_PERIOD: i64 = 7 * 86_400;

const SYNTAX: &str =
    "is not a limit, such as 30/min, 300/5min, 10/h or 30/min burst 10 (units: s, min, h, d)";

/// A number of calls in a time, and how many of them may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Calls.
    pub calls: i64,
    /// The time, in seconds.
    pub seconds: i64,
    /// Calls that may come at once after a pause.
    pub burst: i64,
}

impl Limit {
    /// A limit all of whose calls may come at once.
    pub const fn new(calls: i64, seconds: i64) -> Self {
        Self { calls, seconds, burst: calls }
    }

    /// Microseconds after which one more call is allowed.
    pub(super) fn interval(self) -> i64 {
        (self.seconds * 1_000_000 / self.calls).max(1)
    }

    /// Microseconds after which a whole burst is allowed again.
    pub(super) fn window(self) -> i64 {
        self.interval() * self.burst
    }

    /// The limit as numbers of calls in times, where calls are counted and not refilled one by one: the whole number in
    /// its time and, with a smaller burst, the burst in its share of the time.
    pub fn windows(&self) -> impl Iterator<Item = (i64, Duration)> + use<> {
        let (whole, burst) =
            ((self.calls, self.seconds), (self.burst, self.seconds * self.burst / self.calls));
        let burst = (self.burst < self.calls).then_some(burst);
        let as_duration = |seconds: i64| Duration::from_secs(seconds.unsigned_abs().max(1));
        std::iter::once(whole)
            .chain(burst)
            .map(move |(calls, seconds)| (calls, as_duration(seconds)))
    }

    /// A limit with this many times the calls and the burst.
    pub(super) fn times(self, factor: i64) -> Self {
        Self { calls: self.calls * factor, burst: self.burst * factor, ..self }
    }
}

impl FromSetting for Limit {
    fn from_setting(text: &str) -> Result<Self, String> {
        let parsed = match text.split_once(" burst ") {
            Some((rate, burst)) => {
                rate_of(rate).zip(number(burst)).map(|(rate, burst)| (rate, Some(burst)))
            }
            None => rate_of(text).map(|rate| (rate, None)),
        };
        let ((calls, seconds), burst) = parsed.ok_or(SYNTAX)?;
        if seconds > MAX_PERIOD {
            return Err("is a limit over more than 7 days".to_owned());
        }
        Ok(Self { calls, seconds, burst: burst.unwrap_or(calls) })
    }
}

/// `30/min` or `300/5min`: the calls, and the seconds.
fn rate_of(text: &str) -> Option<(i64, i64)> {
    let (calls, time) = text.split_once('/')?;
    let digits = time.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = time.split_at(digits);
    let unit = match unit {
        "s" | "sec" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let count = if count.is_empty() { 1 } else { number(count)? };
    Some((number(calls)?, unit * count))
}

/// A whole number from 1 to [`MAX_CALLS`]. No sign, no blanks.
fn number(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { text.parse().ok()? } else { return None };
    (1..=MAX_CALLS).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use service_kit::settings::{FromSetting, OrOff};

    use super::Limit;

    #[test]
    fn limits_are_written_as_calls_a_time_with_or_without_a_burst() {
        for (text, calls, seconds, burst) in [
            ("30/min", 30, 60, 30),
            ("300/5min", 300, 300, 300),
            ("30/min burst 10", 30, 60, 10),
            ("10/h", 10, 3_600, 10),
            ("2/s burst 100", 2, 1, 100),
            ("1/30s", 1, 30, 1),
            ("1/7d", 1, 604_800, 1),
        ] {
            assert_eq!(Limit::from_setting(text), Ok(Limit { calls, seconds, burst }), "{text}");
        }
        assert_eq!(OrOff::<Limit>::from_setting("off"), Ok(OrOff(None)));
    }

    #[test]
    fn where_calls_are_counted_a_burst_is_a_second_limit_with_its_share_of_the_time() {
        let windows = |text| {
            let windows = Limit::from_setting(text).unwrap();
            windows.windows().map(|(calls, time)| (calls, time.as_secs())).collect::<Vec<_>>()
        };
        assert_eq!(windows("10/h"), [(10, 3_600)]);
        assert_eq!(windows("10/h burst 2"), [(10, 3_600), (2, 720)]);
        assert_eq!(windows("100/s burst 1"), [(100, 1), (1, 1)]);
    }

    #[test]
    fn a_text_that_is_not_a_limit_is_an_error_that_shows_the_syntax() {
        for text in [
            "",
            "30",
            "0/min",
            "-1/min",
            "+1/min",
            "30/",
            "/min",
            "30/m",
            "30/0min",
            "30 / min",
            "30/min burst",
            "30/min burst 0",
            "30/min  burst 10",
            "30/min burst 10 ",
            "30/min,10/h",
            "99999999999999999999/min",
            "1000001/min",
            "1.5/min",
            "30/5 min",
            "30/8d",
            "30/MIN",
        ] {
            let why = OrOff::<Limit>::from_setting(text).unwrap_err();
            let expected = if text == "30/8d" { "7 days" } else { "30/min burst 10" };
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
