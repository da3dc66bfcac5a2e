//! What was said of each address to each selection of neighbors, what was answered, and when to try again.
//!
//! Commands are numbered as they are sent, and answers as they come: the answer of a number is that of the command of the
//! same number, whatever else was said meanwhile. So nothing gets out of step, and nothing is kept for commands that
//! later ones replaced.

use std::collections::HashMap;
use std::time::Duration;

use yottabgp_wire::prefix::Prefix;

use crate::announcement;
use crate::options::Options;
use crate::state::State;

/// How long the first answer may take before none is expected any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// A refused command is tried again after this,
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// and later and later, up to this.
const LAST_RETRY: Duration = Duration::from_secs(300);

/// A prefix for a selection of neighbors.
#[derive(Clone, Debug)]
struct Target {
    selection: String,
    prefix: Prefix,
    /// What is to hold, as a command without selection.
    wanted: Option<String>,
    /// What was said last.
    said: Option<String>,
    /// The number of the last command, while its answer is awaited.
    awaited: Option<u64>,
    /// The one before is unanswered too: no third one is sent.
    crowded: bool,
    /// How often in a row it was refused, and why the last time.
    refusals: u32,
    reason: String,
    /// When it is tried again.
    retry: Option<Duration>,
    /// It is no longer configured: forgotten once it is withdrawn.
    leaving: bool,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Targets {
    list: Vec<Target>,
    /// Whether answers are read at all.
    pub reads_answers: bool,
    /// Nobody takes commands at the moment.
    pub blocked: bool,
    /// None came in time: they are not waited for until one comes.
    mute: bool,
    sent: u64,
    answered: u64,
    /// When the first command was sent.
    since: Option<Duration>,
    /// The target of each number that is awaited: one for each target at most.
    awaited: HashMap<u64, usize>,
    /// The state that was wanted last.
    told: Option<State>,
    /// `error: REASON`, whose `error` is still to come.
    announced_error: Option<String>,
}

/// What a line of the daemon meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing for us: an event, or an answer to what was replaced long ago.
    Other,
    /// The command was taken.
    Done,
    /// It was not. Told once for each reason.
    Refused {
        /// The command.
        command: String,
        /// Why, as far as the daemon said.
        reason: String,
        /// Whether it is the first time that it was refused for this reason.
        is_new: bool,
        /// When it is tried again.
        again_in: Duration,
    },
}

impl Targets {
    /// Prefixes, in their order, for each selection.
    pub fn new(prefixes: &[Prefix], selections: &[String], reads_answers: bool) -> Self {
        let list =
            pairs(prefixes, selections).map(|(selection, prefix)| Target::new(selection, prefix));
        Self {
            list: list.collect(),
            reads_answers,
            blocked: false,
            mute: false,
            sent: 0,
            answered: 0,
            since: None,
            awaited: HashMap::new(),
            told: None,
            announced_error: None,
        }
    }

    /// Other prefixes or selections: those that stay keep what is known of them, those that go are withdrawn.
    pub fn replace(&mut self, prefixes: &[Prefix], selections: &[String]) {
        let mut old = std::mem::take(&mut self.list);
        for (selection, prefix) in pairs(prefixes, selections) {
            let known = |target: &Target| target.prefix == prefix && target.selection == selection;
            let target = match old.iter().position(known) {
                Some(at) => Target { leaving: false, ..old.swap_remove(at) },
                None => Target::new(selection, prefix),
            };
            self.list.push(target);
        }
        old.retain(Target::is_announced);
        self.list.extend(old.into_iter().map(|target| Target { leaving: true, ..target }));
        self.number_again();
    }

    /// Says what is to hold in a state.
    pub fn want(&mut self, options: &Options, state: State) {
        self.told = Some(state);
        let (mut index, mut before) = (0, None);
        for target in &mut self.list {
            // Targets are ordered by selection: each counts from the first prefix on.
            if before.as_ref().is_some_and(|before| *before != target.selection) {
                index = 0;
            }
            before = Some(target.selection.clone());
            let state = if target.leaving { State::Exit } else { state };
            target.wanted = Some(announcement::command(options, state, index, target.prefix));
            index += 1;
        }
    }

    /// The state that was wanted last, if any was.
    pub const fn told(&self) -> Option<State> {
        self.told
    }

    /// Whether nothing is announced.
    pub fn is_silent(&self) -> bool {
        !self.list.iter().any(Target::is_announced)
    }

    /// Gives the commands that are to be sent now. With `again`, announcements that are in place are repeated;
    /// withdrawals never are.
    pub fn flush(&mut self, now: Duration, again: bool, mut send: impl FnMut(String)) {
        if self.blocked {
            return;
        }
        let awaits = self.reads_answers && !self.mute;
        for (index, target) in self.list.iter_mut().enumerate() {
            let Some(wanted) = &target.wanted else { continue };
            let same = target.said.as_ref() == Some(wanted);
            let due = match target.retry {
                Some(retry) if same => retry <= now,
                _ if same => again && target.awaited.is_none() && wanted.starts_with("announce"),
                _ => true,
            };
            if !due || target.crowded {
                continue;
            }
            if !same {
                target.refusals = 0;
            }
            target.retry = None;
            self.sent += 1;
            self.since.get_or_insert(now);
            if awaits {
                if let Some(before) = target.awaited.replace(self.sent) {
                    target.crowded = true;
                    self.awaited.remove(&before);
                }
                self.awaited.insert(self.sent, index);
            }
            target.said = Some(wanted.clone());
            send(format!("{}{wanted}", target.selection));
        }
    }

    /// Lets what is wanted be sent, however many answers are awaited.
    pub fn speak_out(&mut self) {
        for target in &mut self.list {
            target.crowded = false;
        }
    }

    /// Takes a line of the daemon.
    pub fn answer(&mut self, line: &str, now: Duration) -> Answer {
        let line = line.trim();
        if let Some(reason) = line.strip_prefix("error: ") {
            self.announced_error = Some(reason.to_owned());
            return Answer::Other;
        }
        let reason = self.announced_error.take();
        let refused = match line {
            "done" => false,
            "error" => true,
            _ => {
                // An event may come between the two lines of an error.
                self.announced_error = reason;
                return Answer::Other;
            }
        };
        if self.answered == self.sent {
            // To nothing that was said: it must not be taken for the answer to what comes next.
            return Answer::Other;
        }
        self.answered += 1;
        self.mute = false;
        let Some(index) = self.awaited.remove(&self.answered) else { return Answer::Other };
        let Some(target) = self.list.get_mut(index) else { return Answer::Other };
        target.awaited = None;
        target.crowded = false;
        if !refused {
            target.refusals = 0;
            let leaves = target.leaving && target.said == target.wanted;
            if leaves {
                self.list.remove(index);
                self.number_again();
            }
            return Answer::Done;
        }
        let reason = reason.unwrap_or_else(|| "the daemon did not say why".to_owned());
        let again_in = FIRST_RETRY.saturating_mul(1 << target.refusals.min(9)).min(LAST_RETRY);
        let is_new = target.refusals == 0 || target.reason != reason;
        target.refusals += 1;
        target.reason.clone_from(&reason);
        target.retry = Some(now + again_in);
        let command = target.said.clone().unwrap_or_default();
        Answer::Refused {
            command: format!("{}{command}", target.selection),
            reason,
            is_new,
            again_in,
        }
    }

    /// Whether all that was said was answered, as far as answers are to be expected.
    pub fn is_settled(&self) -> bool {
        !self.blocked
            && self.awaited.is_empty()
            && self.list.iter().all(|target| target.said == target.wanted)
    }

    /// When something is to be done without being asked to.
    pub fn deadline(&self) -> Option<Duration> {
        let retry = self.list.iter().filter_map(|target| target.retry).min();
        let silent = self.since.filter(|_| self.expects_the_first()).map(|since| since + PATIENCE);
        retry.into_iter().chain(silent).min()
    }

    /// Gives up waiting for answers if none ever came; returns whether it was now.
    pub fn expire(&mut self, now: Duration) -> bool {
        let silent = self.since.is_some_and(|since| since + PATIENCE <= now);
        if !silent || !self.expects_the_first() {
            return false;
        }
        self.mute = true;
        self.awaited.clear();
        for target in &mut self.list {
            target.awaited = None;
            target.crowded = false;
        }
        true
    }

    /// Whether a retry is due.
    pub fn is_due(&self, now: Duration) -> bool {
        self.list.iter().any(|target| target.retry.is_some_and(|retry| retry <= now))
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many answers are remembered as awaited: never more than there are targets.
    pub fn awaited(&self) -> usize {
        self.awaited.len()
    }

    fn expects_the_first(&self) -> bool {
        self.reads_answers && !self.mute && self.answered == 0 && self.sent > 0
    }

    fn number_again(&mut self) {
        self.awaited.clear();
        for (index, target) in self.list.iter().enumerate() {
            self.awaited.extend(target.awaited.map(|number| (number, index)));
        }
    }
}

impl Target {
    const fn new(selection: String, prefix: Prefix) -> Self {
        Self {
            selection,
            prefix,
            wanted: None,
            said: None,
            awaited: None,
            crowded: false,
            refusals: 0,
            reason: String::new(),
            retry: None,
            leaving: false,
        }
    }

    fn is_announced(&self) -> bool {
        self.said.as_deref().is_some_and(|said| said.starts_with("announce"))
    }
}

fn pairs<'a>(
    prefixes: &'a [Prefix],
    selections: &'a [String],
) -> impl Iterator<Item = (String, Prefix)> + 'a {
    let of = move |selection: &'a String| {
        prefixes.iter().map(move |prefix| (selection.clone(), *prefix))
    };
    selections.iter().flat_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn targets(ips: &[&str], state: State, options: &Options) -> Targets {
        let prefixes: Vec<_> = ips.iter().map(|ip| Prefix::parse(ip).unwrap()).collect();
        let mut targets = Targets::new(&prefixes, &["neighbor * ".to_owned()], true);
        targets.want(options, state);
        targets
    }

    fn flush(targets: &mut Targets, now: Duration, again: bool) -> Vec<String> {
        let mut sent = Vec::new();
        targets.flush(now, again, |line| sent.push(line));
        sent
    }

    #[test]
    fn announcements_may_be_repeated_and_withdrawals_never() {
        let options = Options { withdraw_on_down: true, ..Options::default() };
        let mut targets = targets(&["192.0.2.1"], State::Up, &options);
        assert_eq!(flush(&mut targets, NOW, false).len(), 1);
        assert_eq!(flush(&mut targets, NOW, true), Vec::<String>::new(), "unanswered");
        assert_eq!(targets.answer("done", NOW), Answer::Done);
        assert_eq!(flush(&mut targets, NOW, false), Vec::<String>::new());
        assert_eq!(flush(&mut targets, NOW, true).len(), 1);
        targets.want(&options, State::Down);
        assert_eq!(
            flush(&mut targets, NOW, true),
            ["neighbor * withdraw route 192.0.2.1/32 next-hop self"]
        );
        targets.answer("done", NOW);
        targets.answer("done", NOW);
        assert_eq!(flush(&mut targets, NOW, true), Vec::<String>::new());
        assert!(targets.is_settled());
    }

    #[test]
    fn what_is_refused_is_tried_again_later_and_later() {
        let options = Options::default();
        let mut targets = targets(&["192.0.2.1", "2001:db8::1"], State::Up, &options);
        flush(&mut targets, NOW, false);
        assert_eq!(targets.answer("error: no such family", NOW), Answer::Other);
        assert_eq!(targets.answer("{ \"exabgp\": \"5.0.0\" }", NOW), Answer::Other);
        let Answer::Refused { command, reason, is_new, again_in } = targets.answer("error", NOW)
        else {
            panic!()
        };
        assert!(command.contains("192.0.2.1/32"));
        assert_eq!((&*reason, is_new, again_in), ("no such family", true, Duration::from_secs(1)));
        assert_eq!(targets.answer("done", NOW), Answer::Done);
        assert_eq!(flush(&mut targets, NOW, true).len(), 1, "only the other one is repeated");
        targets.answer("done", NOW);
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..11 {
            now = targets.deadline().unwrap();
            assert_eq!(flush(&mut targets, now, false).len(), 1);
            targets.answer("error: no such family", now);
            let Answer::Refused { is_new, again_in, .. } = targets.answer("error", now) else {
                panic!()
            };
            assert!(!is_new, "told once");
            waits.push(again_in.as_secs());
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        targets.want(&options, State::Down);
        assert_eq!(flush(&mut targets, now, false).len(), 2, "something else is said at once");
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_not_flooded() {
        let options = Options::default();
        let mut targets = targets(&["192.0.2.1"], State::Up, &options);
        flush(&mut targets, NOW, false);
        targets.answer("done", NOW);
        let mut sent = 0;
        for _ in 0..1000 {
            for state in [State::Down, State::Up] {
                targets.want(&options, state);
                sent += flush(&mut targets, NOW, true).len();
            }
        }
        assert_eq!(sent, 2);
        assert_eq!(targets.awaited(), 1);
        targets.want(&options, State::Down);
        targets.answer("done", NOW);
        targets.answer("done", NOW);
        assert_eq!(flush(&mut targets, NOW, false).len(), 1, "the last state counts");
    }

    #[test]
    fn answers_to_nothing_are_not_counted() {
        let options = Options::default();
        let mut targets = targets(&["192.0.2.1"], State::Up, &options);
        assert_eq!(targets.answer("done", NOW), Answer::Other);
        flush(&mut targets, NOW, false);
        assert_eq!(targets.answer("done", NOW), Answer::Done);
        assert_eq!(targets.answer("error", NOW), Answer::Other);
        targets.want(&options, State::Down);
        flush(&mut targets, NOW, false);
        assert_eq!(targets.answer("done", NOW), Answer::Done);
    }

    #[test]
    fn nobody_who_never_answers_is_waited_for() {
        let options = Options::default();
        let mut targets = targets(&["192.0.2.1"], State::Up, &options);
        flush(&mut targets, NOW, false);
        let deadline = targets.deadline().unwrap();
        assert!(!targets.is_settled() && targets.expire(deadline) && targets.is_settled());
        flush(&mut targets, deadline, true);
        assert_eq!(targets.deadline(), None);
        targets.answer("done", deadline);
        targets.answer("done", deadline);
        targets.want(&options, State::Down);
        flush(&mut targets, deadline, true);
        assert!(!targets.is_settled(), "one that answers after all is heard");
        assert_eq!(targets.answer("done", deadline), Answer::Done);
    }

    #[test]
    fn what_goes_is_withdrawn_and_what_stays_is_left_alone() {
        let options = Options::default();
        let mut targets = targets(&["192.0.2.1", "192.0.2.2"], State::Up, &options);
        flush(&mut targets, NOW, false);
        targets.answer("done", NOW);
        targets.answer("done", NOW);
        let now = ["192.0.2.1", "192.0.2.3"].map(|ip| Prefix::parse(ip).unwrap());
        targets.replace(&now, &["neighbor * ".to_owned()]);
        targets.want(&options, State::Up);
        assert_eq!(
            flush(&mut targets, NOW, false),
            [
                "neighbor * announce route 192.0.2.3/32 next-hop self med 101",
                "neighbor * withdraw route 192.0.2.2/32 next-hop self",
            ]
        );
        targets.answer("done", NOW);
        targets.answer("done", NOW);
        assert_eq!(targets.len(), 2);
    }
}
