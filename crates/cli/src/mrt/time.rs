//! Times as people write them: UTC.

use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

/// Reads a time, since 1970: a date, with or without a time of day, or seconds. UTC, unless it says another zone.
pub(super) fn parse(text: &str) -> Result<Duration> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0);
    if let Some(time) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        return Ok(time);
    }
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    let plain = text.trim_end_matches('Z').replace('T', " ");
    let plain = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&plain, form).ok())
        .or_else(|| {
            NaiveDate::parse_from_str(&plain, "%Y-%m-%d")
                .ok()
                .map(|date| date.and_time(<_>::default()))
        })
        .map(|time| time.and_utc());
    let time = zoned.or(plain).and_then(|time| {
        let seconds = u64::try_from(time.timestamp()).ok()?;
        Some(Duration::new(seconds, time.timestamp_subsec_nanos().min(999_999_999)))
    });
    match time {
        Some(time) => Ok(time),
        None => bail!(
            "'{text}' is not a time: 2026-11-29, '2026-11-29 17:00', 2026-11-29T17:00:00Z (UTC), or seconds since 1970"
        ),
    }
}

/// Writes a time as RFC 3339 has it, in UTC; with microseconds if there are some.
pub(super) fn push(out: &mut Vec<u8>, time: Duration) {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let Some(date) = DateTime::from_timestamp(seconds, 0) else { return };
    let mut digits = |mut number: u32, width: usize, behind: &[u8]| {
        let at = out.len();
        out.resize(at + width, b'0');
        for place in out.get_mut(at..).unwrap_or_default().iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        out.extend_from_slice(behind);
    };
    digits(date.year().unsigned_abs(), 4, b"-");
    digits(date.month(), 2, b"-");
    digits(date.day(), 2, b"T");
    digits(date.hour(), 2, b":");
    digits(date.minute(), 2, b":");
    digits(date.second(), 2, b"");
    if time.subsec_micros() > 0 {
        out.push(b'.');
        let mut digits = time.subsec_micros() + 1_000_000;
        let at = out.len();
        while digits > 1 {
            out.push(b'0' + u8::try_from(digits % 10).unwrap_or(0));
            digits /= 10;
        }
        out.get_mut(at..).unwrap_or_default().reverse();
    }
    out.push(b'Z');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written_and_as_people_write_them() {
        for (text, seconds) in [
            ("1700000000", 1_700_000_000.0),
            ("1700000000.25", 1_700_000_000.25),
            ("2023-11-14T22:13:20Z", 1_700_000_000.0),
            ("2023-11-14T23:13:20+01:00", 1_700_000_000.0),
            ("2023-11-14 22:13:20.5", 1_700_000_000.5),
            ("2023-11-14 22:13", 1_699_999_980.0),
            ("2023-11-14", 1_699_920_000.0),
        ] {
            assert_eq!(parse(text).unwrap(), Duration::from_secs_f64(seconds), "{text}");
        }
        for text in ["", "soon", "-3", "2023-13-01", "nan", "inf", "1e300"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for (micros, text) in [
            (1_700_000_000_000_000, "2023-11-14T22:13:20Z"),
            (1_700_000_000_000_070, "2023-11-14T22:13:20.000070Z"),
        ] {
            let mut out = Vec::new();
            push(&mut out, Duration::from_micros(micros));
            assert_eq!(String::from_utf8(out).unwrap(), text);
            assert_eq!(parse(text).unwrap(), Duration::from_micros(micros));
        }
    }
}
