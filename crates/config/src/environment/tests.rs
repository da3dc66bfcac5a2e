//! Settings as users write them: variables, ini files, and what is wrong with them.

use super::*;
use crate::diagnostic::Source;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn of(pairs: &[(&str, &str)]) -> Environment {
    let (environment, notices) = load(variables(pairs), None);
    assert_eq!(notices, []);
    environment
}

fn file(text: &str) -> (Environment, Vec<String>) {
    let source = Source { name: "e".into(), text: text.into() };
    let (environment, notices) = load([], Some(&source));
    (environment, notices.iter().map(|notice| notice.line(Some(&source))).collect())
}

#[test]
fn a_dotted_variable_counts_more_than_an_underscored_one_and_both_more_than_the_file() {
    let source = Source { name: "e".into(), text: "[exabgp.tcp]\nport = 1\nattempts = 4\n".into() };
    let (environment, _) = load(variables(&[("exabgp_tcp_port", "2")]), Some(&source));
    assert_eq!((environment.tcp.port, environment.tcp.attempts), (2, 4));
    let both = [("exabgp_tcp_port", "2"), ("exabgp.tcp.port", "3")];
    let (environment, _) = load(variables(&both), Some(&source));
    assert_eq!(environment.tcp.port, 3);
}

#[test]
fn the_port_of_peers_is_set_by_a_variable_alone() {
    assert_eq!(of(&[("exabgp_tcp_port", "1790")]).tcp.connect, Some(1790));
    let (environment, _) = file("[exabgp.tcp]\nport = 1790\n");
    assert_eq!((environment.tcp.port, environment.tcp.connect), (1790, None));
}

#[test]
fn attempts_have_three_names() {
    assert_eq!(of(&[("exabgp_tcp_connections", "2")]).tcp.attempts, 2);
    assert_eq!(
        of(&[("exabgp_tcp_connections", "2"), ("exabgp_tcp_attempts", "3")]).tcp.attempts,
        3
    );
    assert_eq!(of(&[("exabgp.tcp.once", "true")]).tcp.attempts, 1);
    assert_eq!(of(&[("exabgp.tcp.once", "true"), ("exabgp_tcp_attempts", "0")]).tcp.attempts, 0);
    assert_eq!(of(&[("exabgp.tcp.once", "no")]).tcp.attempts, 0);
}

#[test]
fn the_variables_of_a_test_harness_are_understood() {
    let environment = of(&[
        ("exabgp_log_enable", "false"),
        ("exabgp_api_version", "6"),
        ("exabgp_daemon_user", "root"),
        ("exabgp_tcp_bind", ""),
        ("exabgp_api_cli", "false"),
        ("exabgp_api_socketname", "x"),
        ("exabgp_debug_rotate", "true"),
        ("exabgp_debug_configuration", "true"),
        ("exabgp_version", "5.0.0-0+test"),
        ("exabgp_cli_socket", ""),
        ("PATH", "/bin"),
    ]);
    assert!(!environment.log.enable && !environment.api.cli && environment.debug.rotate);
    assert_eq!(environment.api.version, 6);
    assert!(environment.daemon.user_is_set && environment.daemon.user == "root");
    assert_eq!(environment.software(), "ExaBGP/5.0.0-0+test");
    assert_eq!(environment.api.cli_socket.as_deref(), Some(""));
    assert_eq!(environment.api.cli_pipe, None);
}

#[test]
fn hyphens_in_names_may_be_underscores() {
    for name in [
        "exabgp.api.show-routes-format",
        "exabgp.api.show_routes_format",
        "exabgp_api_show_routes_format",
        "exabgp_api_show-routes-format",
    ] {
        assert_eq!(of(&[(name, "v2")]).api.show_routes_format, 2, "{name}");
    }
    for name in ["exabgp.bgp.paths-limit-audit", "exabgp_bgp_paths_limit_audit"] {
        assert!(!of(&[(name, "false")]).bgp.paths_limit_audit, "{name}");
    }
    let (environment, notices) = file("[exabgp.api]\nshow-routes-format = v2\n");
    assert_eq!((environment.api.show_routes_format, notices), (2, vec![]));
    assert!(environment.render(Form::Variables, true).contains("api.show-routes-format=v2\n"));
    let (_, notices) = file("[exabgp.api]\nshow-routes-format = v3\n");
    assert_eq!(
        notices,
        ["e:2:22: error: invalid value for api.show-routes-format : v3 (v1 or v2)"]
    );
}

#[test]
fn an_old_file_of_every_kind_of_value() {
    let (environment, notices) = file(
        "## comment\n; comment\n\n[exabgp.api]\nack = false\nhighres = true\nsocket = ''\nencoder: TEXT\n\
         [exabgp.daemon]\nUMASK = '0137'\npid = '/run/x.pid' # comment\nuser = exabgp\n\
         [exabgp.log]\nlevel = debug\ndestination = 'F'\nall = True\n\
         [exabgp.tcp]\nbind = '127.0.0.1 ::1'\nacl = ''\nonce = false\n[exabgp.reactor]\nspeed = 5.0\n",
    );
    assert_eq!(
        notices,
        [
            "e:6:1: warning: api.highres, api.socket: of older versions, without effect (remove them)"
        ]
    );
    assert!(environment.api.ack == Some(false) && environment.log.all);
    assert_eq!(environment.api.encoder, Some(Encoder::Text));
    assert_eq!(environment.daemon.umask, 0o137);
    assert_eq!(environment.daemon.pid, "/run/x.pid");
    assert_eq!(environment.log.level, Level::Debug);
    assert_eq!(environment.tcp.bind.len(), 2);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let (environment, notices) = file(
        "[exabgp.tcp]\nport = 70000\nbnd = x\n[other]\na = b\n[exabgp.api]\nack = maybe\nversion = 5\njunk\n",
    );
    assert_eq!(environment.tcp.port, 179);
    assert_eq!(environment.api.ack, Some(false));
    assert_eq!(
        notices,
        [
            "e:4:1: warning: the section [other] is not one of ours and is ignored (sections are named [exabgp.…])",
            "e:9:1: warning: this line sets nothing and is ignored (write key = value)",
            "e:3:1: warning: there is no setting tcp.bnd (did you mean exabgp.tcp.bind?)",
            "e:2:8: error: invalid value for tcp.port : 70000 (a port, 1 to 65535)",
            "e:8:11: error: invalid value for api.version : 5 (4 or 6)",
            "e:7:7: warning: 'maybe' is no boolean: api.ack is taken as false (yes: 1, yes, on, enable, true; no: 0, no, off, disable, false)",
        ]
    );
    let (_, notices) = load(variables(&[("exabgp.tcp.prot", "1"), ("exabgp_foo", "1")]), None);
    let lines: Vec<_> = notices.iter().map(|notice| notice.line(None)).collect();
    assert_eq!(
        lines,
        [
            "variable exabgp.tcp.prot: warning: there is no setting tcp.prot (did you mean exabgp.tcp.port?)",
            "variable exabgp_foo: warning: there is no setting foo",
        ]
    );
}

#[test]
fn what_is_printed_is_read_back() {
    let environment = of(&[("exabgp_tcp_bind", "127.0.0.1 ::1"), ("exabgp_daemon_umask", "0077")]);
    assert_eq!(
        environment.render(Form::Ini, true),
        "\n[exabgp.daemon]\numask = '0o77'\n\n[exabgp.tcp]\nbind = '127.0.0.1 ::1'\n"
    );
    assert_eq!(
        environment.render(Form::Variables, true),
        "exabgp.daemon.umask='0o77'\nexabgp.tcp.bind='127.0.0.1 ::1'\n"
    );
    let (mut again, notices) = file(&environment.render(Form::Ini, false));
    assert_eq!(notices, [""; 0]);
    again.daemon.user_is_set = false;
    // Written out, they are set.
    assert_eq!((again.api.ack.take(), again.api.encoder.take()), (Some(true), Some(Encoder::Json)));
    assert_eq!(again, environment);
    assert!(help().contains(" - exabgp.tcp.port"));
}

#[test]
fn no_two_settings_share_a_name_and_all_are_documented() {
    for (index, setting) in TABLE.iter().enumerate() {
        assert!(!setting.help.is_empty(), "{}", setting.name());
        assert!(
            TABLE[..index].iter().all(|other| other.name() != setting.name()),
            "{}",
            setting.name()
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_file_can_be_read(text in "(\\[exabgp\\.[a-z]{3}\\]|[a-z]{2,5}|[ =:;#'\"\n\\[\\]é]){0,40}") {
        file(&text);
    }
}
