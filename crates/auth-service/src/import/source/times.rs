//! Parses times in files of other systems.

use service_kit::unix_time::UnixMicros;
use time::{
    OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem,
    format_description::well_known::Rfc3339, macros::format_description,
};

/// Times as PostgreSQL and Python print them, without an offset: in UTC.
const DATE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second][optional [.[subsecond]]]");

/// Maximum length of a time in bytes.
const MAX_LEN: usize = 64;

/// Reads a time: RFC 3339, or as PostgreSQL and Python print it.
pub(super) fn parse_time(text: &str) -> Option<UnixMicros> {
    let micros = |time: OffsetDateTime| {
        i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).ok().map(UnixMicros::new)
    };
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return micros(time);
    }
    if !text.is_ascii() || !(19..=MAX_LEN).contains(&text.len()) {
        return None;
    }
    let text = text.trim_end_matches(" UTC").replacen('T', " ", 1);
    // PostgreSQL writes `+00` for UTC. The date has hyphens too, so the offset is searched after the time.
    let (date_time, rest) = text.split_at_checked(19)?;
    if let Some(place) = rest.find(['+', '-']) {
        let (fraction, offset) = rest.split_at_checked(place)?;
        let (sign, offset) = offset.split_at_checked(1)?;
        let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
        let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        let local = PrimitiveDateTime::parse(&format!("{date_time}{fraction}"), DATE_TIME).ok()?;
        let shift = time::Duration::minutes(60 * i64::from(hours) + i64::from(minutes));
        let shift = if sign == "+" { shift } else { -shift };
        return micros(local.assume_utc().checked_sub(shift)?);
    }
    let local = PrimitiveDateTime::parse(&text, DATE_TIME).ok()?;
    micros(local.assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_databases_and_programs_print_them() {
        let expected = Some(UnixMicros::new(1_700_000_000_000_000));
        for text in [
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.000Z",
            "2023-11-14 22:13:20",
            "2023-11-14 22:13:20.000000",
            "2023-11-14 22:13:20+00",
            "2023-11-14 22:13:20.000000+00:00",
            "2023-11-14 23:13:20+01",
            "2023-11-14 17:13:20-05:00",
            "2023-11-14T22:13:20",
            "2023-11-14 22:13:20 UTC",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        let many = format!("2023-11-14 22:13:20{}", "+00".repeat(350_000));
        for text in [&many, "2023-11-14 22:13:20+99999999999999", "2023-11-14 22:13:20+24"] {
            assert_eq!(parse_time(text), None);
        }
        for text in ["", "yesterday", "1700000000", "2023-11-14", "2023-13-14 22:13:20", "é"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
