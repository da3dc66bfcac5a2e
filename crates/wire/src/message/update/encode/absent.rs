//! The attributes that a set may lack: defaults, and the next hop, which is never a part of it.

use std::net::Ipv4Addr;

use crate::attribute::{AttributeType, flags, push_attribute, registry};
use crate::negotiated::Negotiated;

use super::{Lacking, NEXT_HOP};

/// Those that were not written yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Absent<'n> {
    negotiated: &'n Negotiated,
    defaults: &'static [&'static AttributeType],
    next_hop: Option<Ipv4Addr>,
    /// The lowest code of all of them.
    lowest: u16,
}

/// What [`Absent::lowest`] is when there are none left: above every code.
const NONE: u16 = 256;

enum One {
    Default(&'static AttributeType),
    NextHop(Ipv4Addr),
}

impl<'n> Absent<'n> {
    pub(super) fn new(
        negotiated: &'n Negotiated,
        lacking: Lacking,
        next_hop: Option<Ipv4Addr>,
    ) -> Self {
        let defaults: &[_] = match lacking {
            Lacking::Default => &registry::DEFAULTS,
            Lacking::Left => &[],
        };
        let mut absent = Self { negotiated, defaults, next_hop, lowest: NONE };
        absent.look();
        absent
    }

    /// Writes those that stand before an attribute of the set, and forgets the one that it stands for. Attributes come by
    /// ascending code.
    #[inline]
    pub(super) fn before(&mut self, code: u8, out: &mut Vec<u8>) {
        while self.lowest < u16::from(code) {
            self.write(out);
        }
        if self.lowest == u16::from(code) {
            self.next();
        }
    }

    /// Writes all others.
    pub(super) fn rest(mut self, out: &mut Vec<u8>) {
        while self.lowest < NONE {
            self.write(out);
        }
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        match self.next() {
            Some(One::NextHop(address)) => {
                push_attribute(out, flags::WELL_KNOWN, NEXT_HOP, &address.octets());
            }
            Some(One::Default(row)) => {
                if let Some(default) = row.default {
                    default(self.negotiated, out);
                }
            }
            None => {}
        }
    }

    /// The one with the lowest code, which is none of them any more.
    fn next(&mut self) -> Option<One> {
        let one = match (self.next_hop, self.defaults.split_first()) {
            (Some(address), first) if first.is_none_or(|(row, _)| NEXT_HOP < row.code) => {
                self.next_hop = None;
                Some(One::NextHop(address))
            }
            (_, Some((row, rest))) => {
                self.defaults = rest;
                Some(One::Default(row))
            }
            (_, None) => None,
        };
        self.look();
        one
    }

    fn look(&mut self) {
        let default = self.defaults.first().map_or(NONE, |row| row.code.into());
        let next_hop = self.next_hop.map_or(NONE, |_| NEXT_HOP.into());
        self.lowest = default.min(next_hop);
    }
}
