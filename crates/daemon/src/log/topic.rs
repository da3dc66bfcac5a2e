//! The subjects of log lines, and their switches.

/// One subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// As printed, and as the target of events names it.
    pub name: &'static str,
    /// Its setting, `exabgp.log.` and this; empty if it cannot be switched.
    pub setting: &'static str,
    /// Whether it is on when nothing is set.
    pub default: bool,
}

const fn topic(name: &'static str, setting: &'static str, default: bool) -> Topic {
    Topic { name, setting, default }
}

/// All subjects.
pub const TOPICS: [Topic; 15] = [
    topic("configuration", "configuration", true),
    topic("reactor", "reactor", true),
    topic("daemon", "daemon", true),
    topic("processes", "processes", true),
    topic("network", "network", true),
    topic("statistics", "statistics", true),
    topic("wire", "packets", false),
    topic("rib", "rib", false),
    topic("message", "message", false),
    topic("timer", "timers", false),
    topic("routes", "routes", false),
    topic("parser", "parser", false),
    topic("startup", "", true),
    topic("cli", "", true),
    topic("api", "", true),
];

/// Which subjects are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topics {
    /// One bit per row of [`TOPICS`].
    enabled: u32,
}

impl Default for Topics {
    fn default() -> Self {
        let mut topics = Self { enabled: 0 };
        for (index, topic) in TOPICS.iter().enumerate() {
            topics.switch(index, topic.default);
        }
        topics
    }
}

impl Topics {
    /// `log.all`: every one of them.
    pub fn all() -> Self {
        Self { enabled: u32::MAX }
    }

    /// Switches the topic of a setting; false if there is no such setting.
    pub fn set(&mut self, setting: &str, on: bool) -> bool {
        let found = TOPICS.iter().position(|topic| !setting.is_empty() && topic.setting == setting);
        if let Some(index) = found {
            self.switch(index, on);
        }
        found.is_some()
    }

    /// Whether a topic is printed; those that are no row always are.
    pub fn is_on(&self, name: &str) -> bool {
        match TOPICS.iter().position(|topic| topic.name == name) {
            Some(index) => self.enabled & (1 << index) != 0,
            None => true,
        }
    }

    fn switch(&mut self, index: usize, on: bool) {
        let bit = 1 << index;
        self.enabled = if on { self.enabled | bit } else { self.enabled & !bit };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches() {
        let mut topics = Topics::default();
        assert!(topics.is_on("processes") && !topics.is_on("wire") && topics.is_on("api"));
        assert!(topics.set("packets", true) && topics.set("processes", false));
        assert!(!topics.is_on("processes") && topics.is_on("wire"));
        assert!(!topics.set("", false) && !topics.set("wire", false), "not names of settings");
        assert!(Topics::all().is_on("routes") && topics.is_on("peer-1"));
    }
}
