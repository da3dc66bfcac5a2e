//! OPERATIONAL messages that sessions start with.

use crate::support::{Lab, Session, Site, open};

const OPERATIONAL: u8 = 6;

/// The next OPERATIONAL message: its type and its value, after the family.
#[track_caller]
fn message(session: &mut Session) -> (u8, Vec<u8>) {
    loop {
        let message = session.next().expect("an OPERATIONAL message was awaited");
        if message.kind == OPERATIONAL {
            assert_eq!(message.body[4..7], [0, 1, 1], "IPv4 unicast");
            return (message.body[1], message.body[7..].to_vec());
        }
    }
}

#[test]
fn each_session_starts_with_what_is_configured_and_the_last_static_advisory() {
    let lab = Lab::new();
    let site = Site::new(2);
    let daemon = lab.start(&site.neighbor(
        "family { ipv4 unicast; } capability { operational; }
         operational { asm afi ipv4 safi unicast advisory \"work at noon\"; rpcq afi ipv4 safi unicast; }",
    ));
    let mut able = open();
    able.capabilities.push((185, Vec::new()));
    let mut session = site.session_with(&able);
    assert_eq!(message(&mut session), (2, b"work at noon".to_vec()));
    // A question: our identifier, and its number.
    assert_eq!(message(&mut session), (3, vec![1, 1, 1, 1, 0, 0, 0, 1]));
    daemon.ask("announce operational asm afi ipv4 safi unicast advisory \"work is done\"");
    assert_eq!(message(&mut session), (2, b"work is done".to_vec()));
    daemon.ask("announce operational adm afi ipv4 safi unicast advisory \"once\"");
    assert_eq!(message(&mut session), (1, b"once".to_vec()));
    daemon.ask("teardown 4");
    session.notification();

    let mut session = site.session_with(&able);
    assert_eq!(message(&mut session), (3, vec![1, 1, 1, 1, 0, 0, 0, 2]));
    assert_eq!(message(&mut session), (2, b"work is done".to_vec()));
    // Whoever does not speak it is told nothing of it.
    drop(session);
    let mut session = site.session();
    session.until_eor();
    daemon.await_log("OPERATIONAL messages are not sent: operational was not negotiated");
    daemon.stop();
}
