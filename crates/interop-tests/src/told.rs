//! What we tell BMP stations of our own session: read by `tshark` and by pmacct's `pmbmpd`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::Value;
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::process::{find, output};
use yottabgp_testkit::route::Route;
use yottabgp_testkit::wait::{PATIENCE, poll, until};
use yottabgp_testkit::{Program, Running};

use crate::lab::Lab;
use crate::peer::Outcome;
use crate::routes::half;
use crate::scenarios::FEW;

/// Where the station is, in the network of the peer.
const STATION: (Ipv4Addr, u16) = (Pair::RIGHT_IPV4, 11019);

/// Prefixes, as stations write them.
type Prefixes = BTreeSet<String>;

fn prefixes<'r>(routes: impl IntoIterator<Item = &'r Route>) -> Prefixes {
    routes.into_iter().map(|route| format!("{}/{}", route.network, route.length)).collect()
}

/// A station of pmacct, with its log.
struct Collector {
    /// Kept running.
    _running: Running,
    log: PathBuf,
}

impl Collector {
    fn start(lab: &Lab) -> Outcome<Self> {
        let (configuration, log) = (lab.path("pmbmpd.conf"), lab.path("bmp.json"));
        let (address, port) = STATION;
        let text = format!(
            "bmp_daemon_ip: {address}\nbmp_daemon_port: {port}\nbmp_daemon_msglog_file: {}\nbmp_daemon_msglog_output: json\n",
            log.display()
        );
        std::fs::write(&configuration, text).map_err(|error| error.to_string())?;
        let program = find("pmbmpd").expect("looked for before");
        let running = Program::new(program, lab.path("pmbmpd.out"))
            .argument("-f")
            .argument(&configuration)
            .start(&lab.pair.right)
            .map_err(|error| error.to_string())?;
        Ok(Self { _running: running, log })
    }

    /// What was logged so far.
    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may not be there as a whole.
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        whole.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The prefixes that it ends with, of what we receive and of what we send.
    fn tables(&self) -> [Prefixes; 2] {
        let mut tables = [Prefixes::new(), Prefixes::new()];
        for line in self.lines() {
            match line["bmp_msg_type"].as_str() {
                Some("route_monitor") => {
                    let is_out = line["is_out"] == 1 || line["is_out"] == "1";
                    let [received, sent] = &mut tables;
                    let table = if is_out { sent } else { received };
                    let Some(prefix) = line["ip_prefix"].as_str() else { continue };
                    match line["log_type"].as_str() {
                        Some("update") => table.insert(prefix.to_owned()),
                        _ => table.remove(prefix),
                    };
                }
                Some("peer_down") => tables = [Prefixes::new(), Prefixes::new()],
                _ => {}
            }
        }
        tables
    }

    fn until(&self, received: &Prefixes, sent: &Prefixes) -> Outcome {
        let mut last = [Prefixes::new(), Prefixes::new()];
        let found = poll(PATIENCE, || {
            last = self.tables();
            (last[0] == *received && last[1] == *sent).then_some(())
        });
        found.ok_or_else(|| {
            let differences = [received, sent].into_iter().zip(&last).map(|(wanted, found)| {
                wanted.symmetric_difference(found).take(5).cloned().collect::<Vec<_>>()
            });
            format!("pmbmpd: received and sent differ in {:?}", differences.collect::<Vec<_>>())
        })
    }

    fn count(&self, kind: &str) -> usize {
        self.lines().iter().filter(|line| line["bmp_msg_type"] == kind).count()
    }
}

/// pmacct's station ends with what we send and receive: while it is told live, and after the session, we or it were gone.
pub(crate) fn collected(lab: &mut Lab) -> Outcome {
    lab.us.settings.stations.push(SocketAddr::new(IpAddr::V4(STATION.0), STATION.1));
    let collector = Collector::start(lab)?;
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.start()?;
    lab.they_announce(&theirs)?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;
    collector.until(&prefixes(&theirs), &prefixes(&ours))?;
    let kept = half(&ours);
    lab.we_withdraw(ours.difference(&kept))?;
    collector.until(&prefixes(&theirs), &prefixes(&kept))?;
    // The peer is gone, and comes again: what we send it then is told anew.
    let mark = lab.us.relay.mark();
    lab.peer.stop();
    lab.us.await_state(mark, "down");
    collector.until(&Prefixes::new(), &Prefixes::new())?;
    lab.peer.start(&lab.pair.right)?;
    lab.they_have(&kept)?;
    lab.we_have(&theirs)?;
    collector.until(&prefixes(&theirs), &prefixes(&kept))?;
    // Another station comes late, and is told the tables.
    drop(collector);
    std::fs::remove_file(lab.path("bmp.json")).map_err(|error| error.to_string())?;
    let collector = Collector::start(lab)?;
    collector.until(&prefixes(&theirs), &prefixes(&kept))?;
    for kind in ["init", "peer_up", "stats"] {
        until(&format!("{kind} in the log of pmbmpd"), || collector.count(kind) > 0);
    }
    lab.us.stop();
    until("the end in the log of pmbmpd", || {
        collector.count("peer_down") > 0 && collector.count("term") > 0
    });
    Ok(())
}

/// Everything we tell, from Initiation to Termination, is read by `tshark` without complaint.
pub(crate) fn dissected(lab: &mut Lab) -> Outcome {
    lab.us.settings.stations.push(SocketAddr::new(IpAddr::V4(STATION.0), STATION.1));
    let program = find("tshark").expect("looked for before");
    let (capture, log) = (lab.path("wire.pcapng"), lab.path("tshark.out"));
    let filter = format!("tcp port {}", STATION.1);
    let tshark = Program::new(&program, &log)
        .arguments(["-i", "wire", "-f", &filter, "-w"])
        .argument(&capture)
        .start(&lab.pair.right)
        .map_err(|error| error.to_string())?;
    until("tshark captures", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("Capturing on"))
    });
    let told = lab.path("station.json");
    let station = |lab: &Lab| {
        Program::new(yottabgp_testkit::speaker::program()?, &told)
            .arguments(["bmp", "--listen"])
            .argument(format!("{}:{}", STATION.0, STATION.1))
            .start(&lab.pair.right)
            .map_err(|error| error.to_string())
    };
    let first = station(lab)?;
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.start()?;
    lab.they_announce(&theirs)?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;
    lab.we_withdraw(half(&ours).iter())?;
    let says = |path: &Path, word: &str| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("\"{word}\"")))
    };
    until("statistics", || says(&told, "statistics"));
    // Live first, then a dump of the tables.
    drop(first);
    std::fs::remove_file(&told).map_err(|error| error.to_string())?;
    let second = station(lab)?;
    until("statistics of the second", || says(&told, "statistics"));
    lab.us.stop();
    until("the end", || says(&told, "termination"));
    drop(second);
    let read = |filter: &str, field: &str| {
        let name = capture.to_string_lossy();
        let decode = format!("tcp.port=={},bmp", STATION.1);
        let words = ["-r", &name, "-d", &decode, "-Y", filter, "-T", "fields", "-e", field];
        output(&lab.pair.right, &program.to_string_lossy(), &words, "")
    };
    // What it has captured it writes in its own time.
    until("the capture ends with a Termination", || {
        read("bmp.type == 5", "bmp.type").is_ok_and(|text| !text.trim().is_empty())
    });
    tshark.terminate(PATIENCE)?;
    let complaints = read(
        "_ws.malformed || (bmp && _ws.expert.severity >= 0x600000 && !tcp.analysis.flags)",
        "_ws.expert.message",
    )?;
    if !complaints.trim().is_empty() {
        return Err(format!("tshark complains: {complaints}"));
    }
    let types = read("bmp", "bmp.type")?;
    let types: BTreeSet<&str> = types.split([',', '\n']).filter(|text| !text.is_empty()).collect();
    let wanted = BTreeSet::from(["0", "1", "2", "3", "4", "5"]);
    if types == wanted { Ok(()) } else { Err(format!("messages of types {types:?} were told")) }
}
