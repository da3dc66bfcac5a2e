//! Many sessions come up, stay up, and are let go.

use crate::field::{Field, Kind};

#[test]
fn all_come_up_whoever_calls() {
    for kind in Kind::ALL {
        let field = Field::start(kind, 100, 180, "", "");
        field.established();
        field.settled();
        assert!(field.crowd.stories().iter().all(|story| story.ended == 0), "{kind:?}");
        field.daemon.ready();
        field.daemon.stop();
    }
}
