//! One run finds every mistake of a file, and none that is not there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use common::bad;

/// A file in which every line that ends with `# HERE` has a mistake, and no other line.
const TEXT: &str = r#"process helper {
    encoder yaml; # HERE
    run /usr/bin/helper;
}
process listener {
    run /usr/bin/listener;
    restart true; # HERE
}
template {
    neighbor base {
        hold-time 2; # HERE
        local-as 65001;
    }
}
neighbor 192.0.2.1 {
    inherit bass; # HERE
    local-as 65001;
    peer-as 65001;
    router-id 1.2.3; # HERE
    pasive; # HERE
    passive maybe; # HERE
    connect 70000; # HERE
    family {
        ipv4 unicast;
        ipv6 unicats; # HERE
    }
    capability {
        add-path both; # HERE
        asn4 enable;
        role king; # HERE
    }
    api {
        processes [ helper listner ]; # HERE
        receive {
            everything; # HERE
            parsed;
        }
    }
    static {
        route 10.0.0.0/33 next-hop 192.0.2.9; # HERE
        route 10.0.0.1/24 next-hop 192.0.2.9; # HERE
        route 10.1.0.0/16 next-hop 192.0.2.9 med -5; # HERE
        route 10.2.0.0/16 next-hop 192.0.2.9 community 1:70000; # HERE
        route 10.3.0.0/16 med 5; # HERE
        route 10.4.0.0/16 {
            next-hop 192.0.2.9;
            origin maybe; # HERE
        }
        route 10.5.0.0/16 next-hop 192.0.2.9;
    }
    flow {
        route {
            match {
                destination 10.0.0.0/24;
                port =80 =8080; # HERE
            }
            then {
                discard;
            }
        }
    }
    statik { # HERE
        route 10.0.0.0/8;
        nonsense;
    }
}
neighbor 192.0.2.300 { # HERE
    hold-time no; # HERE
    local-as 65001;
    peer-as 65001;
    router-id 192.0.2.9;
}
neighbor 192.0.2.2 { # HERE
    local-as 65001;
    router-id 192.0.2.9;
}
"#;

#[test]
fn every_mistake_is_found_in_one_run_and_nothing_else() {
    let expected: Vec<usize> = TEXT
        .lines()
        .enumerate()
        .filter(|(_, line)| line.ends_with("# HERE"))
        .map(|(index, _)| index + 1)
        .collect();
    assert!(expected.len() > 20);
    let errors = bad(TEXT);
    let found: Vec<usize> =
        errors.iter().map(|error| error.split(':').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(found, expected, "{}", errors.join("\n"));
    for (error, line) in errors.iter().zip(expected) {
        // Line, column, what is wrong, and mostly what would be right.
        let column: usize = error.split(':').nth(2).unwrap().parse().unwrap();
        let text = TEXT.lines().nth(line - 1).unwrap();
        assert!(column > 0 && column <= text.len(), "{error}");
        assert!(error.contains(": error: "), "{error}");
    }
}
