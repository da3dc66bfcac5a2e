//! The section `mrt`, of all neighbors and of one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod common;

use common::{bad, good, loaded, neighbor, wrap};
use yottabgp_config::print::{self, Secrets};
use yottabgp_config::recording::{FileName, Recorded, Recording};
use yottabgp_config::{export, schema};

fn name(text: &str) -> Option<FileName> {
    Some(FileName::new(text).unwrap())
}

#[test]
fn what_is_recorded_of_all_and_of_one() {
    let text = format!(
        "mrt {{ updates /d/u.%Y%m%d.%H%M.gz; rotate 300; messages [ update state ]; received false; sent true; \
         table /d/t.%s.bz2; table-interval 3600; }} {}",
        wrap("mrt { updates \"/d/{peer}.%Y%m%d.%H%M\"; }")
    );
    let configuration = good(&text);
    let all = Recording {
        updates: name("/d/u.%Y%m%d.%H%M.gz"),
        rotate: 300,
        messages: Recorded(Recorded::UPDATE.0 | Recorded::STATE.0),
        received: false,
        sent: true,
        table: name("/d/t.%s.bz2"),
        table_interval: 3600,
    };
    assert_eq!(configuration.mrt, Some(all));
    let one = Recording {
        updates: name("/d/{peer}.%Y%m%d.%H%M"),
        rotate: 900,
        messages: Recorded::EVERYTHING,
        received: true,
        sent: false,
        table: None,
        table_interval: 7200,
    };
    assert_eq!(configuration.neighbors[0].mrt.as_ref(), Some(&one));

    let printed = print::configuration(&configuration, Secrets::Shown);
    assert_eq!(good(&printed), configuration, "{printed}");
    let exported = export::configuration(&configuration);
    assert_eq!(exported["mrt"]["rotate"], 300);
    assert_eq!(exported["mrt"]["messages"], serde_json::json!(["update", "state"]));
    let own = &exported["neighbors"][&configuration.neighbors[0].name]["mrt"];
    assert_eq!(own["updates"], "/d/{peer}.%Y%m%d.%H%M");
    assert_eq!(schema::schema(Some("mrt")).unwrap()["properties"]["sent"]["default"], false);

    let none = good(&wrap(""));
    assert_eq!((none.mrt, none.neighbors[0].mrt.clone()), (None, None));
    assert!(neighbor("").mrt.is_none());
}

#[test]
fn a_template_says_what_a_neighbor_does_not() {
    let text = format!(
        "template {{ neighbor t {{ mrt {{ updates /d/u.%s; rotate 60; sent true; }} }} }} {} {}",
        wrap("inherit t; mrt { received false; }"),
        wrap("inherit t;").replace("192.0.2.1", "192.0.2.2")
    );
    let configuration = good(&text);
    let of = |index: usize| configuration.neighbors[index].mrt.as_ref().unwrap();
    assert_eq!((of(0).updates.clone(), of(0).rotate), (name("/d/u.%s"), 60));
    assert_eq!((of(0).received, of(0).sent), (false, true));
    // Both write to one file.
    assert_eq!((of(1).updates.clone(), of(1).received), (name("/d/u.%s"), true));
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    for (body, error) in [
        (
            "updates u.%s;",
            "t:1:15: error: 'u.%s': the path is not absolute: begin it with '/' \
             (an absolute path, such as /var/lib/yottabgp/updates.%Y%m%d.%H%M.gz)",
        ),
        (
            "updates /d/;",
            "t:1:15: error: '/d/': the path is that of a directory: name a file in it \
             (an absolute path, such as /var/lib/yottabgp/updates.%Y%m%d.%H%M.gz)",
        ),
        (
            "updates /d/%Q;",
            "t:1:15: error: '/d/%Q': '%' is followed by something that is no part of a time: %Y %m %d %H %M %S are, \
             and %% is '%' (an absolute path, such as /var/lib/yottabgp/updates.%Y%m%d.%H%M.gz)",
        ),
        (
            "updates /d/u.%Y%m%d;",
            "t:1:7: error: the next file begins after 900 seconds, and has the same name \
             (add the time, such as '%Y%m%d.%H%M', or 'rotate 0;')",
        ),
        (
            "table /d/t;",
            "t:1:7: error: the table is written again after 7200 seconds, and its file has the same name \
             (add the time, such as '%Y%m%d.%H%M')",
        ),
        (
            "updates /d/u.%s; messages [ update route ];",
            "t:1:42: error: 'route' is not a message that can be recorded (valid options: open, update, notification, \
             keepalive, refresh, operational, state)",
        ),
        (
            "updates /d/u.%s; messages [ ];",
            "t:1:35: error: nothing is named that is to be recorded (leave 'messages' out for everything, or 'updates' for nothing)",
        ),
        (
            "table /d/t.%s; table-interval 0;",
            "t:1:37: error: number of seconds 0 is invalid (must be 1 to 604800)",
        ),
        (
            "updates /d/x.%s; table /d/x.%s;",
            "t:1:24: error: the file /d/x.%s is written by another section, too, and it can not have both messages and tables \
             (give it another name)",
        ),
        (
            "updates /d/u.%s; update x;",
            "t:1:24: error: invalid keyword \"update\" in mrt (did you mean 'updates'?)",
        ),
    ] {
        let errors = bad(&format!("mrt {{ {body} }} {}", wrap("")));
        assert_eq!(errors, [error], "{body}");
    }
    let other =
        bad(&format!("mrt {{ updates /d/u.%s; }} {}", wrap("mrt { updates /d/u.%s; rotate 60; }")));
    assert_eq!(other.len(), 1, "{other:?}");
    assert!(
        other[0].contains(
            "/d/u.%s is written by another section, too, and 'rotate' is another one there"
        )
    );
    let braces = bad("process p { run /bin/x; mrt { }");
    assert!(
        braces.iter().any(|line| line.contains("is the '}' of the section before it missing?"))
    );
}

#[test]
fn what_records_nothing_is_told() {
    let warned = |text: &str| loaded(text).1;
    assert_eq!(
        warned(&format!("mrt {{ sent true; }} {}", wrap(""))),
        [
            "t:1:1: warning: this section names no file: nothing is recorded (add 'updates FILE;' or 'table FILE;')"
        ]
    );
    let nothing = "mrt { updates /d/u.%s; received false; messages [ update ]; }";
    assert_eq!(
        warned(&format!("{nothing} {}", wrap(""))),
        [
            "t:1:7: warning: neither messages nor changes of state are recorded (write 'received true;' or 'sent true;')"
        ]
    );
    let table = warned(&wrap("adj-rib-in false; mrt { table /d/t.%s; }"));
    assert_eq!(table.len(), 1, "{table:?}");
    assert!(
        table[0]
            .contains("without adj-rib-in the table that is written has no route of this neighbor")
    );
}
