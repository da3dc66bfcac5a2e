//! Wireshark's dissector, through `tshark`: all messages in one capture file, read in one go.

use std::fs::File;
use std::io::BufWriter;
use std::process::Command;

use serde_json::Value;

use super::Read;
use crate::capture;

/// What it says of each message.
pub fn read(families: &[(u16, u8)], messages: &[Vec<u8>]) -> Vec<Result<Read, String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cases.pcap");
    let file = BufWriter::new(File::create(&path).expect("a file"));
    let before = capture::write(file, families, messages).expect("a capture") as usize;
    let output = Command::new("tshark")
        .args(["-r", &path.to_string_lossy(), "-T", "json", "--no-duplicate-keys"])
        .args(["-J", "frame bgp _ws.malformed _ws.expert"])
        .output()
        .expect("tshark");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let packets: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON of tshark");
    assert_eq!(packets.len(), before + messages.len());
    packets[before..].iter().map(packet).collect()
}

fn packet(packet: &Value) -> Result<Read, String> {
    let layers = &packet["_source"]["layers"];
    if layers.get("_ws.malformed").is_some() {
        return Err("malformed".to_owned());
    }
    let bgp = layers.get("bgp").ok_or("no BGP")?;
    let mut complaints = Vec::new();
    complain(bgp, &mut complaints);
    if complaints.is_empty() {
        Ok(Read { said: bgp.to_string(), again: None })
    } else {
        Err(complaints.join("; "))
    }
}

/// What it marks: everything from a note up.
fn complain(value: &Value, complaints: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "_ws.expert.message" {
                    complaints.push(value.to_string());
                } else if name == "_ws.malformed" {
                    complaints.push("malformed".to_owned());
                }
                complain(value, complaints);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| complain(item, complaints)),
        _ => {}
    }
}
