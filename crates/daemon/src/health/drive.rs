//! The loop of one service: what happens goes in, what is to be done is done.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use yottabgp_health::service::{Level, Step};
use yottabgp_health::{Action, Files, Options, Service, State};
use yottabgp_wire::prefix::Prefix;

use super::check::{self, Verdict};
use super::{Addresses, command};

/// Commands of changes of state that may wait.
const HOOKS: usize = 64;

/// What a daemon says to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line: an acknowledgement, or something else.
    Line(String),
    /// It takes no commands now, or takes them again.
    Blocked(bool),
    /// It is gone.
    Gone,
}

/// The way to the daemon.
pub trait Port {
    /// Gives a command, without a line end. Does not wait.
    fn send(&mut self, line: &str);
    /// Waits for what the daemon says; safe to drop.
    fn heard(&mut self) -> impl Future<Output = Heard>;
    /// Tells of a step.
    fn step(&mut self, step: Step);
    /// The options are others from now on, the neighbors among them.
    fn changed(&mut self, _options: &Options) {}
    /// Logs a line.
    fn log(&mut self, level: Level, text: &str);
}

/// What somebody else asks of a service.
#[derive(Debug)]
pub enum Order {
    /// Withdraw everything and end.
    Stop,
    /// Drain it, or do not any more.
    Drain(bool),
    /// Go on with other options.
    Change(Box<Options>),
    /// Say again what holds: the daemon has new peers.
    Again,
}

/// Commands of a change of state that wait for their turn.
struct Hook {
    id: u64,
    state: State,
    commands: Vec<String>,
    limit: Duration,
}

/// A command of a change of state that failed.
struct HookResult {
    id: u64,
    failures: Vec<String>,
}

struct Driver<'a, P> {
    service: Service,
    addresses: Addresses,
    port: &'a mut P,
    started: Instant,
    check: Option<(u64, JoinHandle<Verdict>)>,
    hooks: mpsc::Sender<Hook>,
    over: bool,
}

/// Runs a service until it ends. `networks` are those of [`Addresses::find`]; `addresses` are set up already.
pub async fn drive<P: Port>(
    options: Options,
    networks: &[Prefix],
    addresses: Addresses,
    reads_answers: bool,
    port: &mut P,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) {
    let prefixes = options.prefixes(networks).unwrap_or_default();
    let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
    let service = Service::new(options, &prefixes, reads_answers, seed, Duration::ZERO);
    let (hooks, mut waiting) = mpsc::channel::<Hook>(HOOKS);
    let (executed, mut results) = mpsc::unbounded_channel();
    // In order, and beside everything else: one that hangs delays the next ones only.
    let runner = tokio::spawn(async move {
        while let Some(hook) = waiting.recv().await {
            let mut failures = Vec::new();
            for text in &hook.commands {
                if let Err(error) = command::hook(text, hook.state.name(), hook.limit).await {
                    failures.push(format!("{text}: {error}"));
                }
            }
            if executed.send(HookResult { id: hook.id, failures }).is_err() {
                return;
            }
        }
    });
    let mut driver = Driver {
        service,
        addresses,
        port,
        started: Instant::now(),
        check: None,
        hooks,
        over: false,
    };
    loop {
        driver.act();
        if driver.over {
            break;
        }
        let wake = driver.service.wake().map(|wake| driver.started + wake);
        let sleep = pin!(async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            (id, verdict) = checked(&mut driver.check) => {
                driver.check = None;
                for (level, line) in &verdict.lines {
                    driver.port.log(*level, line);
                }
                driver.service.checked(driver.now(), id, verdict.healthy);
            }
            heard = driver.port.heard() => driver.hear(heard),
            Some(order) = orders.recv() => driver.obey(order),
            Some(result) = results.recv() => {
                for failure in &result.failures {
                    driver.port.log(Level::Debug, failure);
                }
                driver.service.executed(driver.now(), result.id);
            }
            () = sleep => driver.wake(),
        }
    }
    runner.abort();
}

/// Waits for the checks that run.
async fn checked(check: &mut Option<(u64, JoinHandle<Verdict>)>) -> (u64, Verdict) {
    let Some((id, task)) = check else { return std::future::pending().await };
    let lost = |error| Verdict { healthy: false, lines: vec![(Level::Error, format!("{error}"))] };
    (*id, task.await.unwrap_or_else(lost))
}

impl<P: Port> Driver<'_, P> {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn wake(&mut self) {
        let now = self.now();
        let mut files = Files::default();
        if self.service.is_check_due(now) {
            let there = |path: &Option<String>| {
                path.as_deref().is_some_and(|path| std::fs::exists(path).unwrap_or(false))
            };
            let options = self.service.options();
            files = Files { disable: there(&options.disable), drain: there(&options.drain) };
        }
        self.service.advance(now, files);
    }

    fn hear(&mut self, heard: Heard) {
        let now = self.now();
        match heard {
            Heard::Line(line) => self.service.heard(now, &line),
            Heard::Blocked(blocked) => self.service.block(now, blocked),
            Heard::Gone => self.service.hang_up(),
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Stop => self.service.stop(now),
            Order::Drain(drain) => self.service.ask_drain(now, drain),
            Order::Again => self.service.announce_again(now),
            Order::Change(options) => self.change(now, *options),
        }
    }

    fn change(&mut self, now: Duration, options: Options) {
        let changed = Addresses::find(&options).and_then(|networks| {
            let prefixes = options.prefixes(&networks).map_err(|error| error.to_string())?;
            let addresses =
                Addresses::new(&options, &networks).map_err(|error| error.to_string())?;
            Ok((prefixes, addresses))
        });
        let (prefixes, addresses) = match changed {
            Ok(changed) => changed,
            Err(error) => return self.port.log(Level::Error, &format!("not changed: {error}")),
        };
        let before = std::mem::replace(&mut self.addresses, addresses);
        let there = self.service.has_addresses();
        self.port.changed(&options);
        self.service.change(now, options, &prefixes);
        if there && let Err(error) = self.addresses.take_over(before) {
            self.port.log(Level::Error, &error);
        }
    }

    /// Does what is to be done.
    fn act(&mut self) {
        loop {
            let actions = self.service.actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.one(action);
            }
        }
    }

    fn one(&mut self, action: Action) {
        match action {
            Action::Check(id) => {
                let options = Arc::new(self.service.options().clone());
                self.check = Some((id, tokio::spawn(check::run(options))));
            }
            Action::Kill(id) => {
                if let Some((_, task)) = self.check.take_if(|(running, _)| *running == id) {
                    task.abort();
                }
            }
            Action::Execute { id, state, commands } => {
                let limit = self.service.options().execute_timeout;
                if self.hooks.try_send(Hook { id, state, commands, limit }).is_err() {
                    let text = format!("the commands of {state} are left out: earlier ones hang");
                    self.port.log(Level::Warning, &text);
                    self.service.executed(self.now(), id);
                }
            }
            Action::AddAddresses => {
                if let Err(error) = self.addresses.add() {
                    self.port.log(Level::Error, &error);
                }
            }
            Action::RemoveAddresses => {
                if let Err(error) = self.addresses.remove() {
                    self.port.log(Level::Warning, &error);
                }
            }
            Action::Send(line) => {
                self.port.log(Level::Debug, &line);
                self.port.send(&line);
            }
            Action::Step(step) => self.port.step(step),
            Action::Log(level, text) => self.port.log(level, &text),
            Action::End => self.over = true,
        }
    }
}
