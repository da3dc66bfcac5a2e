//! Local wall-clock time, for log lines and the names of files only.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment as a clock on the wall shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// With the century.
    pub year: u16,
    /// 0-11.
    pub month: u8,
    /// 1-31.
    pub day: u8,
    /// 0-23.
    pub hour: u8,
    /// 0-59.
    pub minute: u8,
    /// 0-60.
    pub second: u8,
}

impl LocalTime {
    /// `moment` in the time zone of the system; the epoch if it cannot be told.
    pub fn at(moment: SystemTime) -> Self {
        let seconds = moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let time = libc::time_t::try_from(seconds).unwrap_or_default();
        let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both pointers are valid; the call fills the structure or returns null, and a
        // zeroed `tm` is a valid value of it either way.
        let parts = unsafe {
            libc::localtime_r(&raw const time, parts.as_mut_ptr());
            parts.assume_init()
        };
        let small = |value: i32| u8::try_from(value).unwrap_or_default();
        Self {
            year: u16::try_from(parts.tm_year.saturating_add(1900)).unwrap_or_default(),
            month: small(parts.tm_mon),
            day: small(parts.tm_mday),
            hour: small(parts.tm_hour),
            minute: small(parts.tm_min),
            second: small(parts.tm_sec),
        }
    }

    /// `Jan` to `Dec`.
    pub fn month_name(&self) -> &'static str {
        const NAMES: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        NAMES.get(usize::from(self.month)).copied().unwrap_or("Jan")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn agrees_with_date() {
        let moment = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let output =
            std::process::Command::new("date").args(["-d", "@1700000000", "+%m %d %T"]).output();
        let Ok(output) = output else { return };
        let time = LocalTime::at(moment);
        let ours = format!(
            "{:02} {:02} {:02}:{:02}:{:02}",
            time.month + 1,
            time.day,
            time.hour,
            time.minute,
            time.second
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), ours);
    }
}
