//! A service that is checked: told what happened and when, it says what is to be done.

use std::time::Duration;

use yottabgp_wire::prefix::Prefix;

use crate::announcement::announces;
use crate::flaps::Flaps;
use crate::options::Options;
use crate::state::{Machine, Observation, State};
use crate::targets::{Answer, Targets};

/// How long an announcement waits for the commands of its change of state.
const HOOKS: Duration = Duration::from_secs(5);
/// How long the removal of addresses waits for the answer to the withdrawal.
const REMOVAL: Duration = Duration::from_secs(2);

/// Something to do, in the order in which it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the checks, and tell [`Service::checked`] this number with the result.
    Check(u64),
    /// Kill the checks of this number: they took too long, or are not needed.
    Kill(u64),
    /// Run these commands, one after the other, with `STATE`; then tell [`Service::executed`] the number.
    Execute {
        /// The number.
        id: u64,
        /// The state that was entered.
        state: State,
        /// Commands for the shell.
        commands: Vec<String>,
    },
    /// Set up the addresses that are missing, before anything that follows.
    AddAddresses,
    /// Remove the addresses.
    RemoveAddresses,
    /// Send a command to the daemon.
    Send(String),
    /// Tell who listens, and the log, that a step was made.
    Step(Step),
    /// Log a line.
    Log(Level, String),
    /// It is over.
    End,
}

/// A step that is worth an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A state was entered.
    Entered(State),
    /// What was to be withdrawn is withdrawn, and acknowledged if acknowledgements are read.
    Withdrawn(State),
    /// The addresses are removed.
    AddressesRemoved(State),
}

impl Step {
    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entered(_) => "state",
            Self::Withdrawn(_) => "withdrawn",
            Self::AddressesRemoved(_) => "addresses-removed",
        }
    }

    /// The state in which it was made.
    pub const fn state(self) -> State {
        match self {
            Self::Entered(state) | Self::Withdrawn(state) | Self::AddressesRemoved(state) => state,
        }
    }
}

/// How bad a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for something.
    Debug,
    /// What happens.
    Info,
    /// What should not.
    Warning,
    /// What does not work.
    Error,
}

/// What was found when it was time for a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The file of `disable` is there.
    pub disable: bool,
    /// The file of `drain` is there.
    pub drain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drain {
    No,
    /// Announced as about to go, until then.
    Until(Duration),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    No,
    /// Routes stay.
    Leave,
    /// Routes are withdrawn and addresses removed.
    Withdraw,
    Over,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    options: Options,
    targets: Targets,
    machine: Machine,
    flaps: Flaps,
    drain: Drain,
    /// A command asked for it.
    drain_asked: bool,
    end: End,
    /// The check that runs, and until when it may.
    running: Option<(u64, Option<Duration>)>,
    /// When the last check was due; the next one counts from here.
    due: Duration,
    /// When the next check starts.
    next: Duration,
    /// The commands that hold the announcement back, and until when.
    hooks: Option<(u64, Duration)>,
    /// The addresses are set up.
    addresses: bool,
    /// Until when the removal of addresses waits.
    removal: Option<Duration>,
    /// A withdrawal is to be told once it is settled.
    withdrawal: bool,
    /// Numbers checks and commands.
    counter: u64,
    random: u64,
    actions: Vec<Action>,
}

impl Service {
    /// A service that is first checked now. `prefixes` are those of [`Options::prefixes`]; their addresses are set up
    /// already, if they are to be. `seed` makes its jitter another than that of others.
    pub fn new(
        options: Options,
        prefixes: &[Prefix],
        reads_answers: bool,
        seed: u64,
        now: Duration,
    ) -> Self {
        let selections = options.grammar.selections(&options.neighbors);
        let targets = Targets::new(prefixes, &selections, reads_answers && !options.no_ack);
        Self {
            targets,
            machine: Machine::default(),
            flaps: Flaps::default(),
            drain: Drain::No,
            drain_asked: false,
            end: End::No,
            running: None,
            due: now,
            next: now,
            hooks: None,
            addresses: options.sets_up_addresses(),
            removal: None,
            withdrawal: false,
            counter: 0,
            random: seed | 1,
            actions: Vec::new(),
            options,
        }
    }

    /// Takes what is to be done.
    pub fn actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The state, as it is told.
    pub const fn state(&self) -> State {
        match (self.end, self.drain) {
            (End::Withdraw | End::Over, _) => State::Exit,
            (_, Drain::Until(_)) => State::Draining,
            (_, Drain::Done) => State::Drained,
            _ => self.machine.state,
        }
    }

    /// Its options.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// What it said and was answered.
    pub const fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Whether its addresses are set up, as far as it was told.
    pub const fn has_addresses(&self) -> bool {
        self.addresses
    }

    /// When [`Self::advance`] is to be called, if nothing else happens before; `None` once it is over.
    pub fn wake(&self) -> Option<Duration> {
        let next = match (self.end, self.running) {
            (End::Over, _) => return None,
            (End::No, None) => Some(self.next),
            (End::No, Some((_, until))) => until,
            _ => None,
        };
        let drain = match self.drain {
            Drain::Until(until) => Some(until),
            _ => None,
        };
        let hooks = self.hooks.map(|(_, until)| until);
        let all = [next, drain, hooks, self.removal, self.targets.deadline()];
        all.into_iter().flatten().min()
    }

    /// Whether a check is due, so that [`Files`] are worth looking for.
    pub fn is_check_due(&self, now: Duration) -> bool {
        self.end == End::No && self.running.is_none() && self.next <= now
    }

    /// Time went by.
    pub fn advance(&mut self, now: Duration, files: Files) {
        if self.targets.expire(now) {
            let text =
                "the daemon does not acknowledge commands: not waited for any more (see --no-ack)";
            self.log(Level::Warning, text);
        }
        if let Some((id, Some(until))) = self.running
            && until <= now
        {
            self.actions.push(Action::Kill(id));
            let text =
                format!("the check did not end within {} s", self.options.timeout.as_secs_f64());
            self.log(Level::Warning, text);
            self.checked(now, id, false);
        }
        if let Drain::Until(until) = self.drain
            && until <= now
        {
            self.drained(now);
        }
        if self.hooks.is_some_and(|(_, until)| until <= now) {
            self.hooks = None;
            self.log(Level::Warning, "the commands of this state take long: not waited for");
            self.flush(now, false);
        }
        if self.targets.is_due(now) {
            self.flush(now, false);
        }
        if self.is_check_due(now) {
            self.begin(now, files);
        }
        self.settle(now);
    }

    /// The checks of this number ended.
    pub fn checked(&mut self, now: Duration, id: u64, healthy: bool) {
        if self.running.is_none_or(|(running, _)| running != id) {
            return;
        }
        self.running = None;
        let observation = if healthy { Observation::Healthy } else { Observation::Failed };
        self.observe(now, observation);
    }

    /// The commands of this number ended.
    pub fn executed(&mut self, now: Duration, id: u64) {
        if self.hooks.is_some_and(|(waiting, _)| waiting == id) {
            self.hooks = None;
            self.flush(now, false);
            self.settle(now);
        }
    }

    /// The daemon said a line.
    pub fn heard(&mut self, now: Duration, line: &str) {
        match self.targets.answer(line, now) {
            Answer::Other => {}
            Answer::Done => self.flush(now, false),
            Answer::Refused { command, reason, is_new, again_in } => {
                let level = if is_new { Level::Warning } else { Level::Debug };
                let seconds = again_in.as_secs();
                self.log(
                    level,
                    format!("refused, tried again in {seconds} s: {command}: {reason}"),
                );
                self.flush(now, false);
            }
        }
        self.settle(now);
    }

    /// Whether the daemon takes commands: while it does not, none are given.
    pub fn block(&mut self, now: Duration, blocked: bool) {
        if std::mem::replace(&mut self.targets.blocked, blocked) && !blocked {
            self.flush(now, false);
            self.settle(now);
        }
    }

    /// Somebody asks for the service to be drained, or not to be any more.
    pub fn ask_drain(&mut self, now: Duration, drain: bool) {
        self.drain_asked = drain;
        if self.end == End::No {
            self.drain_or_not(now, drain);
            self.settle(now);
        }
    }

    /// Says again what holds: the daemon may have forgotten.
    pub fn announce_again(&mut self, now: Duration) {
        if self.end == End::No && self.hooks.is_none() {
            self.flush(now, true);
            self.settle(now);
        }
    }

    /// The options changed. State and routes stay, as far as the new options have them.
    ///
    /// If [`Self::has_addresses`], whoever calls sets up those of the new options.
    pub fn change(&mut self, now: Duration, options: Options, prefixes: &[Prefix]) {
        self.options = options;
        let selections = self.options.grammar.selections(&self.options.neighbors);
        self.targets.replace(prefixes, &selections);
        if let Some(state) = self.targets.told() {
            self.targets.want(&self.options, state);
        }
        self.next = self.next.min(now + self.options.interval);
        self.flush(now, false);
        self.settle(now);
    }

    /// It is to end: withdraws everything, removes the addresses, and ends.
    pub fn stop(&mut self, now: Duration) {
        if self.end == End::Over {
            return;
        }
        self.end = End::Withdraw;
        self.kill();
        self.hooks = None;
        self.tell(State::Exit);
        // The last command is not kept back for answers: nobody could send it later.
        self.targets.speak_out();
        self.flush(now, false);
        self.removal = Some(now + REMOVAL);
        self.settle(now);
    }

    /// The daemon is gone, and with it the routes.
    pub fn hang_up(&mut self) {
        if self.end == End::Over {
            return;
        }
        self.kill();
        self.end = End::Withdraw;
        self.log(Level::Info, "the daemon is gone");
        self.finish();
    }

    /// It is time to look.
    fn begin(&mut self, now: Duration, files: Files) {
        self.drain_or_not(now, files.drain || self.drain_asked);
        if files.disable {
            self.observe(now, Observation::Disabled);
        } else if self.drain == Drain::Done {
            self.schedule(now);
        } else if self.options.command.is_none() && self.options.checks.is_empty() {
            self.observe(now, Observation::Healthy);
        } else {
            self.counter += 1;
            let timeout = self.options.timeout;
            let until = (!timeout.is_zero()).then(|| now + timeout);
            self.running = Some((self.counter, until));
            self.actions.push(Action::Check(self.counter));
        }
    }

    fn observe(&mut self, now: Duration, observation: Observation) {
        let Options { rise, fall, flap_limit, flap_window, .. } = self.options;
        let limit = flap_limit as usize;
        let held = self.flaps.held_until(now, limit, flap_window).is_some();
        let changed = self.machine.observe(observation, rise, fall, held);
        if self.drain == Drain::No {
            if changed {
                self.entered(now);
            }
            let state = self.machine.state;
            if state.is_told() && self.hooks.is_none() {
                if changed {
                    self.tell(state);
                }
                self.flush(now, !self.options.debounce);
            }
        } else if matches!(self.machine.state, State::Down | State::Disabled)
            && self.drain != Drain::Done
        {
            // Nobody to wait for.
            self.drained(now);
        } else {
            self.flush(now, !self.options.debounce);
        }
        self.schedule(now);
        if self.options.interval.is_zero() && !self.machine.state.is_passing() {
            self.log(Level::Info, "the interval is 0: it ends after its announcement");
            self.end = End::Leave;
            self.removal = Some(now + HOOKS + REMOVAL);
        }
        self.settle(now);
    }

    /// A state was entered: whoever wants to know is told.
    fn entered(&mut self, now: Duration) {
        let state = self.state();
        self.actions.push(Action::Step(Step::Entered(state)));
        if state == State::Down && self.targets.told() == Some(State::Up) {
            let Options { flap_limit, flap_window, .. } = self.options;
            let limit = flap_limit as usize;
            self.flaps.fell(now, limit);
            if let Some(until) = self.flaps.held_until(now, limit, flap_window) {
                let seconds = (until - now).as_secs_f64().ceil();
                self.log(
                    Level::Warning,
                    format!("it falls too often: not up for the next {seconds} s"),
                );
            }
        }
        let own: &[String] = match state {
            State::Up => &self.options.up_execute,
            State::Down => &self.options.down_execute,
            State::Disabled => &self.options.disabled_execute,
            _ => &[],
        };
        let commands: Vec<String> = own.iter().chain(&self.options.execute).cloned().collect();
        self.hooks = None;
        if commands.is_empty() {
            return;
        }
        self.counter += 1;
        let id = self.counter;
        self.actions.push(Action::Execute { id, state, commands });
        if state == State::Up {
            // Good news can wait for what has to be there first; bad news can not.
            self.hooks = Some((id, now + HOOKS));
            self.tell(state);
        }
    }

    /// What is to be announced from now on.
    fn tell(&mut self, state: State) {
        let goes = matches!(state, State::Down | State::Disabled) && self.options.dynamic_ip_setup;
        let needed = announces(&self.options, state) && !goes && self.options.sets_up_addresses();
        if needed && !self.addresses {
            self.addresses = true;
            self.actions.push(Action::AddAddresses);
        }
        if needed {
            self.removal = None;
        }
        self.targets.want(&self.options, state);
        let removes = match state {
            State::Down | State::Disabled => self.options.dynamic_ip_setup,
            State::Drained => self.options.removes_addresses(),
            _ => false,
        };
        self.withdrawal = state == State::Drained;
        if removes && self.addresses {
            self.removal = Some(Duration::ZERO);
        }
    }

    /// Sends what is to be sent.
    fn flush(&mut self, now: Duration, again: bool) {
        if self.hooks.is_some() || self.end == End::Over {
            return;
        }
        let actions = &mut self.actions;
        self.targets.flush(now, again, |line| actions.push(Action::Send(line)));
        if self.removal == Some(Duration::ZERO) {
            self.removal = Some(now + REMOVAL);
        }
    }

    /// Does what waits for answers, once they are there or took too long.
    fn settle(&mut self, now: Duration) {
        let late = self.removal.is_some_and(|until| until <= now);
        if !self.targets.is_settled() && !late {
            return;
        }
        if std::mem::take(&mut self.withdrawal) {
            self.actions.push(Action::Step(Step::Withdrawn(self.state())));
        }
        match self.end {
            End::No => {
                if self.removal.take().is_some() {
                    self.remove_addresses();
                }
            }
            End::Leave => self.over(),
            End::Withdraw => self.finish(),
            End::Over => {}
        }
    }

    fn remove_addresses(&mut self) {
        if std::mem::take(&mut self.addresses) {
            self.actions.push(Action::RemoveAddresses);
            self.actions.push(Action::Step(Step::AddressesRemoved(self.state())));
        }
    }

    fn finish(&mut self) {
        if self.options.removes_addresses() {
            self.remove_addresses();
        }
        self.over();
    }

    fn over(&mut self) {
        self.end = End::Over;
        self.actions.push(Action::End);
    }

    fn kill(&mut self) {
        if let Some((id, _)) = self.running.take() {
            self.actions.push(Action::Kill(id));
        }
    }

    fn drain_or_not(&mut self, now: Duration, drain: bool) {
        match (drain, self.drain) {
            (true, Drain::No) => {
                let announced = !self.targets.is_silent();
                self.drain = Drain::Until(now + self.options.drain_time);
                if announced && !self.options.drain_time.is_zero() {
                    self.entered(now);
                    self.tell(State::Draining);
                    self.flush(now, false);
                } else {
                    self.drained(now);
                }
            }
            (false, Drain::Until(_) | Drain::Done) => {
                self.drain = Drain::No;
                self.removal = None;
                self.withdrawal = false;
                self.kill();
                self.machine = Machine::default();
                self.entered(now);
                self.next = now;
                self.due = now;
            }
            _ => {}
        }
    }

    fn drained(&mut self, now: Duration) {
        self.drain = Drain::Done;
        self.kill();
        self.entered(now);
        self.tell(State::Drained);
        self.flush(now, false);
    }

    /// When the next check is: counted from when the last one was due, so that nothing drifts; those that were missed
    /// are left out.
    fn schedule(&mut self, now: Duration) {
        let passing = self.drain == Drain::No && self.machine.state.is_passing();
        let interval = if passing { self.options.fast_interval } else { self.options.interval };
        self.due += interval;
        if self.due <= now {
            let behind = (now - self.due).as_nanos();
            let rest = behind.checked_rem(interval.as_nanos()).unwrap_or_default();
            let rest = Duration::from_nanos(u64::try_from(rest).unwrap_or_default());
            self.due = now - rest + interval;
        }
        self.next = self.due + self.options.jitter.mul_f64(self.chance());
    }

    /// From 0 to 1, by chance (xorshift64*).
    fn chance(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let bits = self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        f64::from(u32::try_from(bits).unwrap_or_default()) / f64::from(1_u32 << 24)
    }

    fn log(&mut self, level: Level, text: impl Into<String>) {
        self.actions.push(Action::Log(level, text.into()));
    }
}
