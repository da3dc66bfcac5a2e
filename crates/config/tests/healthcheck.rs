//! The section `healthcheck`: its keywords are the options of the command.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod common;

use std::time::Duration;

use yottabgp_config::loader::Offline;
use yottabgp_config::{Environment, parse, print};

const NEIGHBOR: &str =
    "neighbor 192.0.2.1 { router-id 192.0.2.9; local-address 192.0.2.9; local-as 1; peer-as 2; }";

#[test]
fn keywords_are_options() {
    let text = format!(
        "healthcheck web {{ command \"curl -sf http://[::1]:80/; true\"; ip [ 198.51.100.1 198.51.100.2/32 ]; \
         ip 2001:db8::/127; interval 2.5; withdraw-on-down; debounce false; community [ 65000:1 65000:2 ]; \
         as-path 65000 65000; neighbor 192.0.2.1; check tcp:[::1]:80; up-execute 'logger \"$STATE\"'; }} {NEIGHBOR}"
    );
    let configuration = common::good(&text);
    let web = &configuration.healthchecks[0];
    let options = &web.options;
    assert_eq!(&*web.name, "web");
    assert_eq!(options.command.as_deref(), Some("curl -sf http://[::1]:80/; true"));
    assert_eq!((options.ips.len(), options.checks.len(), options.neighbors.len()), (3, 1, 1));
    assert_eq!(options.interval, Duration::from_millis(2500));
    assert!(options.withdraw_on_down && !options.debounce);
    assert_eq!(options.community.as_deref(), Some("65000:1 65000:2"));
    assert_eq!(options.as_path.as_deref(), Some("65000 65000"));
    assert_eq!(options.up_execute, ["logger \"$STATE\""]);

    let exported = yottabgp_config::export::configuration(&configuration);
    let web_exported = &exported["healthchecks"]["web"];
    assert_eq!(web_exported["ip"][2], "2001:db8::/127");
    assert_eq!(web_exported["withdraw-on-down"], true);
    assert_eq!(web_exported["interval"], 2.5);

    let printed = print::configuration(&configuration, print::Secrets::Shown);
    let again = parse(&common::source(&printed), &Offline, &Environment::default());
    assert_eq!(again.unwrap().0, configuration, "{printed}");
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    for (body, error) in [
        (
            "comand x;",
            "t:1:19: error: invalid keyword \"comand\" in healthcheck (did you mean 'command'?)",
        ),
        (
            "pid /run/x;",
            "t:1:19: error: invalid keyword \"pid\" in healthcheck (it is for the command 'healthcheck' only)",
        ),
        ("rise x;", "t:1:19: error: rise: 'x' is not a whole number"),
        ("rise;", "t:1:19: error: rise needs a value: N"),
        (
            "command curl -f x;",
            "t:1:19: error: a command is one word here (put it into quotes: command '…';)",
        ),
        (
            "interval 0;",
            "t:1:1: error: the interval is 0 (that ends the check after its first announcement, which a section can not do)",
        ),
        (
            "neighbor 192.0.2.7;",
            "t:1:1: error: healthcheck web names the neighbor 192.0.2.7, which is not configured (add the neighbor, or leave 'neighbor' out for all of them)",
        ),
    ] {
        let text = format!("healthcheck web {{ {body} }} {NEIGHBOR}");
        let errors = parse(&common::source(&text), &Offline, &Environment::default()).unwrap_err();
        assert_eq!(common::lines(&text, &errors).join("\n"), error);
    }
}
