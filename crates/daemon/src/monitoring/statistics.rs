//! Statistics reports (RFC 7854 section 4.8, RFC 8671 section 6.2): what is counted of each session, one after the other.

use std::collections::VecDeque;

use yottabgp_bmp::{MessageType, PeerHeader, Statistic, StatisticType, StatisticValue, push};
use yottabgp_rib::table::RouteId;
use yottabgp_wire::codes::Family;

use super::StationId;
use crate::core::{Core, PeerId, Shared};
use crate::peer::tables::TableId;
use crate::server::since_epoch;

/// Routes that are counted before others have their turn: a millisecond.
const PIECE: usize = 32 * 1024;

/// A table, the place in it, and what was counted before that.
type Counting = (TableId, RouteId, Vec<(Family, u64)>);

/// A round of reports.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Those who are left.
    peers: VecDeque<PeerId>,
    /// Tables that were counted: peers may have one in common.
    tables: Vec<(TableId, Vec<(Family, u64)>)>,
    /// The one that is being counted, and the place to go on from.
    counting: Option<Counting>,
}

impl Report {
    /// One of all sessions that a station knows of.
    pub(super) fn of(shared: &Shared, id: StationId) -> Self {
        let core = shared.borrow();
        let station = core.observers.stations.get(id);
        let sessions = station.into_iter().flat_map(|station| &station.sessions);
        let told = sessions.filter(|(_, told)| told.is_told && told.is_up);
        Self { peers: told.map(|(id, _)| *id).collect(), ..Self::default() }
    }
}

impl Core {
    /// Does the next part of a round. Returns whether there is more.
    pub(super) fn report_to_station(&mut self, id: StationId, report: &mut Report) -> bool {
        let Some(&of) = report.peers.front() else { return false };
        let Some(peer) = self.peers.get(&of) else {
            report.peers.pop_front();
            return true;
        };
        let Some(up) = peer.session.up() else {
            report.peers.pop_front();
            return true;
        };
        let table = peer.table;
        if !report.tables.iter().any(|(known, _)| *known == table) {
            self.count_piece(table, report);
            return true;
        }
        report.peers.pop_front();
        let families = &up.negotiated.families;
        let sent = report.tables.iter().find(|(known, _)| *known == table);
        let sent = sent.map(|(_, counts)| counts.as_slice()).unwrap_or_default();
        let sent: Vec<_> = sent.iter().filter(|(family, _)| families.contains(family)).collect();
        let received = peer.rib_in.counts();
        let keeps = self.observers.stations.want_table(&peer.neighbor) || peer.neighbor.adj_rib_in;
        let counts = peer.counts;
        let mut statistics = Vec::new();
        let mut add = |kind, value| statistics.push(Statistic { kind, value });
        add(StatisticType::TREATED_AS_WITHDRAW, StatisticValue::Count(counts.treated_as_withdraw));
        if keeps {
            let all = received.iter().map(|(_, count)| to_u64(*count)).sum();
            add(StatisticType::ADJ_RIB_IN, StatisticValue::Count(all));
            for (family, count) in received {
                let value = StatisticValue::OfFamily(family, to_u64(count));
                add(StatisticType::ADJ_RIB_IN_OF_FAMILY, value);
            }
        }
        let all = sent.iter().map(|(_, count)| count).sum();
        add(StatisticType::ADJ_RIB_OUT_POST, StatisticValue::Count(all));
        for (family, count) in sent {
            let value = StatisticValue::OfFamily(*family, *count);
            add(StatisticType::ADJ_RIB_OUT_POST_OF_FAMILY, value);
        }
        if let Some(station) = self.observers.stations.get_mut(id)
            && let Some(told) = station.sessions.get(&of).filter(|told| told.is_told && told.is_up)
        {
            let header = PeerHeader { time: since_epoch(), ..told.header };
            station.push_if_room(|out| {
                push(MessageType::STATISTICS_REPORT, out, |out| {
                    header.push(out);
                    let count = u32::try_from(statistics.len()).unwrap_or(u32::MAX);
                    out.extend_from_slice(&count.to_be_bytes());
                    statistics.iter().for_each(|statistic| statistic.push(out));
                });
            });
        }
        true
    }

    /// Counts some routes of a table.
    fn count_piece(&self, table: TableId, report: &mut Report) {
        let (_, from, mut counts) = match report.counting.take() {
            Some(counting) if counting.0 == table => counting,
            _ => (table, 0, Vec::new()),
        };
        let mut from = Some(from);
        for _ in 0..PIECE {
            let Some(at) = from else { break };
            let next = self.tables.get(table).and_then(|table| table.rib.next_route(at));
            from = next.map(|(id, nlri, _)| {
                match counts.iter_mut().find(|(family, _)| *family == nlri.family) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((nlri.family, 1)),
                }
                id + 1
            });
        }
        match from {
            Some(from) => report.counting = Some((table, from, counts)),
            None => report.tables.push((table, counts)),
        }
    }
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
