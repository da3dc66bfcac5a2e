//! The check `dns:SERVER/NAME/TYPE`: a question by UDP, and an answer that has such a record.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::net::UdpSocket;
use yottabgp_health::check::RecordType;

/// When the question is asked again: a datagram may be lost.
const AGAIN: Duration = Duration::from_secs(1);

/// Asks until there is an answer; whoever calls limits the time.
pub(super) async fn check(
    server: &str,
    port: u16,
    name: &str,
    kind: RecordType,
) -> Result<String, String> {
    let address =
        tokio::net::lookup_host((server, port)).await.map_err(|error| error.to_string())?;
    let address = address.into_iter().next().ok_or("the server has no address")?;
    ask(address, name, kind).await
}

async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Result<String, String> {
    let failed = |error: std::io::Error| error.to_string();
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await.map_err(failed)?;
    socket.connect(server).await.map_err(failed)?;
    // The port, which the system chose by chance, tells questions apart as well as any number would.
    let id = socket.local_addr().map_err(failed)?.port();
    let question = question(id, name, kind)?;
    let mut buffer = vec![0; 65536];
    loop {
        socket.send(&question).await.map_err(failed)?;
        let received = tokio::time::timeout(AGAIN, async {
            loop {
                let count = socket.recv(&mut buffer).await.map_err(failed)?;
                if let Some(result) = answer(buffer.get(..count).unwrap_or_default(), id, kind) {
                    return result;
                }
            }
        });
        if let Ok(result) = received.await {
            return result;
        }
    }
}

fn question(id: u16, name: &str, kind: RecordType) -> Result<Vec<u8>, String> {
    let wrong =
        |error: simple_dns::SimpleDnsError| format!("'{name}' can not be asked for: {error}");
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(wrong)?;
    let kind = QTYPE::TYPE(TYPE::from(kind.0));
    packet.questions.push(Question::new(name, kind, QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().map_err(wrong)
}

/// What an answer says; `None` for a datagram that is none to our question.
fn answer(datagram: &[u8], id: u16, kind: RecordType) -> Option<Result<String, String>> {
    let packet = Packet::parse(datagram).ok()?;
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    if packet.rcode() != RCODE::NoError {
        return Some(Err(format!("the server answered {:?}", packet.rcode())));
    }
    let wanted = TYPE::from(kind.0);
    let count = packet.answers.iter().filter(|record| record.rdata.type_code() == wanted).count();
    // One that does not fit has it.
    let cut = packet.has_flags(PacketFlag::TRUNCATION);
    Some(match count {
        0 if !cut => Err("the server has no such record".to_owned()),
        _ => Ok(format!("{count} records")),
    })
}

#[cfg(test)]
mod tests {
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{A, RData};

    use super::*;

    fn reply(question: &[u8], rcode: RCODE, records: usize) -> Vec<u8> {
        let mut packet = Packet::parse(question).unwrap().into_reply();
        *packet.rcode_mut() = rcode;
        for _ in 0..records {
            let record = RData::A(A { address: 1 });
            let name = Name::new("example.com").unwrap();
            packet.answers.push(ResourceRecord::new(name, CLASS::IN, 60, record));
        }
        packet.build_bytes_vec().unwrap()
    }

    #[test]
    fn an_answer_has_the_record() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for (rcode, records, expected) in [
                (RCODE::NoError, 2, Ok("2 records".to_owned())),
                (RCODE::NoError, 0, Err("the server has no such record".to_owned())),
                (RCODE::ServerFailure, 0, Err("the server answered ServerFailure".to_owned())),
            ] {
                let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let port = server.local_addr().unwrap().port();
                let asked = check("127.0.0.1", port, "example.com", RecordType(1));
                let serve = async {
                    let mut buffer = [0; 512];
                    let (count, from) = server.recv_from(&mut buffer).await.unwrap();
                    // Not an answer, and one to another question: not ours.
                    let own = reply(&buffer[..count], rcode, records);
                    let mut other = own.clone();
                    other[0] ^= 0xff;
                    for datagram in [&b"?"[..], &other, &own] {
                        server.send_to(datagram, from).await.unwrap();
                    }
                };
                let (result, ()) = tokio::join!(asked, serve);
                assert_eq!(result, expected);
            }
        });
    }
}
