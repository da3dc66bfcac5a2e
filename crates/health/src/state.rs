//! The states of a service, and how many checks lead from one to the other.

/// A state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing is known yet.
    #[default]
    Init,
    /// The file of `disable` is there: not checked.
    Disabled,
    /// Checks succeed, not often enough yet.
    Rising,
    /// Checks fail, not often enough yet.
    Falling,
    /// Healthy.
    Up,
    /// Not healthy.
    Down,
    /// Traffic is asked to go elsewhere, before the routes are withdrawn.
    Draining,
    /// Withdrawn by whoever asked for it, however well the service is.
    Drained,
    /// The check ends: everything is withdrawn.
    Exit,
}

impl State {
    /// The name, as hooks and events have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Disabled => "DISABLED",
            Self::Rising => "RISING",
            Self::Falling => "FALLING",
            Self::Up => "UP",
            Self::Down => "DOWN",
            Self::Draining => "DRAINING",
            Self::Drained => "DRAINED",
            Self::Exit => "EXIT",
        }
    }

    /// Whether it is about to change: checked at the fast interval.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Rising | Self::Falling)
    }

    /// Whether something is to be announced or withdrawn in it.
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Init | Self::Rising | Self::Falling)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What one look at the service said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It is disabled: not checked.
    Disabled,
    /// Its checks succeeded.
    Healthy,
    /// A check failed.
    Failed,
}

/// Counts observations. Knows nothing of draining, which is not for observations to decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The present state; never [`State::Draining`], [`State::Drained`] or [`State::Exit`].
    pub state: State,
    /// Equal observations in a row, while the state is passing.
    pub checks: u32,
}

impl Machine {
    /// Takes an observation. `rise` and `fall` are how many it takes; with `held` a service that rises is not let up.
    /// Returns whether the state changed.
    pub const fn observe(
        &mut self,
        observation: Observation,
        rise: u32,
        fall: u32,
        held: bool,
    ) -> bool {
        let before = self.state;
        match (observation, self.state) {
            (Observation::Disabled, _) => self.state = State::Disabled,
            // Back from a pause: it is looked at again first.
            (_, State::Disabled) => self.state = State::Init,
            (Observation::Healthy, State::Up) | (Observation::Failed, State::Down) => {}
            (Observation::Healthy, state) => {
                self.count(matches!(state, State::Rising));
                self.state = if self.checks >= rise && !held { State::Up } else { State::Rising };
            }
            (Observation::Failed, state) => {
                self.count(matches!(state, State::Falling));
                self.state = if self.checks >= fall { State::Down } else { State::Falling };
            }
        }
        self.state as u8 != before as u8
    }

    const fn count(&mut self, again: bool) {
        self.checks = if again { self.checks.saturating_add(1) } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::Observation::{Disabled, Failed, Healthy};
    use super::*;

    fn states(observations: &[Observation], rise: u32, fall: u32) -> Vec<State> {
        let mut machine = Machine::default();
        observations
            .iter()
            .map(|observation| {
                machine.observe(*observation, rise, fall, false);
                machine.state
            })
            .collect()
    }

    #[test]
    fn three_checks_up_and_two_down() {
        use State::{Down, Falling, Rising, Up};
        let seen = [Healthy, Healthy, Healthy, Failed, Healthy, Failed, Failed, Failed, Healthy];
        let expected = [Rising, Rising, Up, Falling, Rising, Falling, Down, Down, Rising];
        assert_eq!(states(&seen, 3, 2), expected);
    }

    #[test]
    fn one_is_enough_if_it_is_to_be() {
        use State::{Down, Up};
        for enough in [0, 1] {
            assert_eq!(
                states(&[Healthy, Failed, Failed, Healthy], enough, enough),
                [Up, Down, Down, Up]
            );
        }
    }

    #[test]
    fn disabled_starts_over() {
        use State::{Init, Rising, Up};
        let seen = [Healthy, Healthy, Disabled, Disabled, Healthy, Healthy, Healthy];
        let expected = [Rising, Up, State::Disabled, State::Disabled, Init, Rising, Up];
        assert_eq!(states(&seen, 2, 2), expected);
    }

    #[test]
    fn one_that_is_held_rises_until_it_is_let_go() {
        let mut machine = Machine { state: State::Rising, checks: 5 };
        machine.observe(Healthy, 3, 3, true);
        assert_eq!(machine.state, State::Rising);
        machine.observe(Healthy, 3, 3, false);
        assert_eq!(machine.state, State::Up);
    }
}
