//! Wireshark's dissector, through `tshark`: all messages in one capture file, read in one go.

use std::fs::File;
use std::io::BufWriter;
use std::process::Command;

use serde_json::Value;

use super::{Read, UNKNOWN};
use crate::capture;

/// Whether it is there.
pub fn is_installed() -> bool {
    Command::new("tshark").arg("--version").output().is_ok()
}

/// What it says of each message.
pub fn read(families: &[(u16, u8)], messages: &[Vec<u8>]) -> Vec<Result<Read, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cases.pcap");
    let file = BufWriter::new(File::create(&path).expect("a file"));
    let before = capture::write(file, families, messages).expect("a capture") as usize;
    let run = |arguments: &[&str]| {
        let output = Command::new("tshark")
            .args(["-n", "-r", &path.to_string_lossy()])
            .args(arguments)
            .output()
            .expect("tshark");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    // One has the marks with their gravity, the other one has texts that stand for no field.
    let json = run(&["-T", "json", "--no-duplicate-keys"]);
    let packets: Vec<Value> = serde_json::from_str(&json).expect("JSON of tshark");
    let text = run(&["-O", "bgp"]);
    let texts: Vec<_> = format!("\n{text}").split("\nFrame ").skip(1).map(str::to_owned).collect();
    assert_eq!(packets.len(), before + messages.len());
    assert_eq!(texts.len(), packets.len());
    packets
        .iter()
        .zip(&texts)
        .skip(before)
        .map(|(packet, text)| read_packet(packet, text))
        .collect()
}

fn read_packet(packet: &Value, text: &str) -> Result<Read, String> {
    let layers = &packet["_source"]["layers"];
    let mut complaints = Vec::new();
    complain(layers, &mut complaints);
    if !complaints.is_empty() {
        let unknown = ["Unknown ", "Undefined ", "Invalid EVPN Route Type", " wrong"];
        let text = complaints.join("; ");
        let is_unknown = unknown.iter().any(|words| text.contains(words));
        return Err(if is_unknown { format!("{UNKNOWN}: {text}") } else { text });
    }
    let bgp = layers.get("bgp").ok_or("no BGP")?;
    // The first line is about the packet.
    let text = text.split_once("Border Gateway Protocol").map_or("", |(_, text)| text);
    let mut said = format!("{bgp} {text}");
    // Of VPN prefixes it has the length of the whole NLRI: behind a route distinguisher and labels.
    let lengths = said.split("\"bgp.prefix_length\":\"").skip(1);
    let lengths: Vec<u32> =
        lengths.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect();
    for length in lengths {
        for labels in 1..3 {
            said += &format!(" {}", length.saturating_sub(64 + 24 * labels));
        }
    }
    Ok(Read { said, again: None })
}

/// What it marks as malformed, or with a warning (0x600000) or worse.
fn complain(value: &Value, complaints: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let severity = members.get("_ws.expert.severity").and_then(Value::as_str);
            if severity.and_then(|text| text.parse::<u32>().ok()).is_some_and(|n| n >= 0x60_0000) {
                complaints.push(members["_ws.expert.message"].to_string());
            }
            if members.contains_key("_ws.malformed") {
                complaints.push("malformed".to_owned());
            }
            members.values().for_each(|value| complain(value, complaints));
        }
        Value::Array(items) => items.iter().for_each(|item| complain(item, complaints)),
        _ => {}
    }
}
