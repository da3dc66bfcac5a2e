//! `done` and `error`: the line after which a process knows that its command was dealt with.

use yottabgp_wire::io::text::{push, push_escaped};

use crate::command::{Acknowledge, Refusal};

/// Whether the commands of one process are acknowledged. Starts with what `exabgp.api.ack` says, at each start of the
/// process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    enabled: bool,
}

impl Acknowledgement {
    /// Acknowledges or not.
    pub const fn new(enabled: bool) -> Self {
        Self { enabled }
    }

    /// Whether commands are acknowledged.
    pub const fn is_enabled(self) -> bool {
        self.enabled
    }

    /// Executes the command that changes this, and acknowledges it as it is to be.
    pub fn set(&mut self, acknowledge: Acknowledge, out: &mut Vec<u8>) {
        match acknowledge {
            Acknowledge::Enable => {
                self.enabled = true;
                self.done(out);
            }
            Acknowledge::Disable => {
                self.done(out);
                self.enabled = false;
            }
            Acknowledge::Silence => self.enabled = false,
        }
    }

    /// The command was executed.
    pub fn done(self, out: &mut Vec<u8>) {
        if self.enabled {
            push(out, "done\n");
        }
    }

    /// The command was not executed: a line that says why, then `error`.
    pub fn refused(self, refusal: &Refusal, out: &mut Vec<u8>) {
        if self.enabled {
            push(out, "error: ");
            push_escaped(out, refusal.to_string().as_bytes());
            push(out, "\nerror\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(commands: &[Acknowledge]) -> String {
        let mut out = Vec::new();
        let mut acknowledgement = Acknowledgement::new(true);
        for command in commands {
            acknowledgement.set(*command, &mut out);
            push(&mut out, "|");
        }
        acknowledgement.refused(&Refusal::NoGroup, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_way_to_switch_acknowledges_itself_in_its_own_way() {
        assert_eq!(lines(&[]), "error: not in group block\nerror\n");
        assert_eq!(lines(&[Acknowledge::Disable]), "done\n|");
        assert_eq!(lines(&[Acknowledge::Silence]), "|");
        assert_eq!(
            lines(&[Acknowledge::Silence, Acknowledge::Enable]),
            "|done\n|error: not in group block\nerror\n"
        );
    }
}
