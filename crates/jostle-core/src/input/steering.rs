//! The steering that a search adds to a sampler, and its bytes.
//!
//! ```text
//! steering = form prefix? orders? hold?
//! form     = 1 byte                  bit 0: there is a prefix; bit 1: it is strict;
//!                                    bit 2: there are orders; bit 3: there is a hold
//! prefix   = number pick*            so many picks
//! pick     = number                  below 248: the task with this number
//!          | 248 kind number         a choice of another kind: its letter, its pick
//! orders   = 1 byte (class class)*   so many pairs, modulo 32
//! hold     = number number class
//! class    = 4 bytes                 a site class
//! ```

use crate::decision::{ChoiceKind, Pick, Prefix};
use crate::id::TaskId;
use crate::input::bytes::{Bytes, push_number};
use crate::prescription::{Hold, Order};
use crate::site_class::SiteClass;

/// What a search adds to a sampler.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Steering {
    /// The choices to begin with.
    pub prefix: Prefix,
    /// Which operations are to come before which, after the prefix.
    pub orders: Vec<Order>,
    /// A task to be held, after the prefix.
    pub hold: Option<Hold>,
}

const PREFIX: u8 = 1;
const STRICT: u8 = 1 << 1;
const ORDERS: u8 = 1 << 2;
const HOLD: u8 = 1 << 3;

/// Task numbers from here on, and other kinds of choices, take the long form.
const OTHER: u32 = 248;

/// Orders in an input at most. A search asks for a handful.
const MOST_ORDERS: usize = 32;

/// Picks of a prefix at most: one longer than this is no beginning any more, and
/// a mutated length must not take all memory.
const MOST_PICKS: usize = 1 << 16;

impl Steering {
    /// No steering.
    #[must_use]
    pub fn none() -> Steering {
        Steering::default()
    }

    /// Whether the sampler is left alone.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.prefix.picks.is_empty() && self.orders.is_empty() && self.hold.is_none()
    }

    /// Takes away what has no bytes: what is beyond the limits.
    pub(super) fn trim(&mut self) {
        self.prefix.picks.truncate(MOST_PICKS);
        self.orders.truncate(MOST_ORDERS - 1);
        self.prefix.strict &= !self.prefix.picks.is_empty();
    }

    pub(super) fn decode(bytes: &mut Bytes<'_>) -> Steering {
        let form = bytes.take(1) as u8;
        let mut steering = Steering::default();
        if form & PREFIX != 0 {
            let count = (bytes.number() as usize).min(MOST_PICKS);
            for _ in 0..count {
                if bytes.is_empty() {
                    break;
                }
                steering.prefix.picks.push(decode_pick(bytes));
            }
            steering.prefix.strict = form & STRICT != 0;
        }
        if form & ORDERS != 0 {
            let count = bytes.take(1) as usize % MOST_ORDERS;
            for _ in 0..count {
                if bytes.is_empty() {
                    break;
                }
                let first = decode_class(bytes);
                let then = decode_class(bytes);
                steering.orders.push(Order { first, then });
            }
        }
        if form & HOLD != 0 {
            steering.hold = Some(Hold {
                task: TaskId::from_index(bytes.number() as u32 as usize),
                until: TaskId::from_index(bytes.number() as u32 as usize),
                does: decode_class(bytes),
            });
        }
        steering.trim();
        steering
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut steering = self.clone();
        steering.trim();
        let Steering {
            prefix,
            orders,
            hold,
        } = steering;
        let mut form = 0;
        form |= if prefix.picks.is_empty() { 0 } else { PREFIX };
        form |= if prefix.strict { STRICT } else { 0 };
        form |= if orders.is_empty() { 0 } else { ORDERS };
        form |= if hold.is_some() { HOLD } else { 0 };
        bytes.push(form);
        if !prefix.picks.is_empty() {
            push_number(bytes, prefix.picks.len() as u32);
            for pick in &prefix.picks {
                encode_pick(bytes, *pick);
            }
        }
        if !orders.is_empty() {
            bytes.push(orders.len() as u8);
            for order in orders {
                bytes.extend(order.first.0.to_le_bytes());
                bytes.extend(order.then.0.to_le_bytes());
            }
        }
        if let Some(hold) = hold {
            push_number(bytes, hold.task.index() as u32);
            push_number(bytes, hold.until.index() as u32);
            bytes.extend(hold.does.0.to_le_bytes());
        }
    }
}

fn decode_pick(bytes: &mut Bytes<'_>) -> Pick {
    let number = bytes.number() as u32;
    if number != OTHER {
        return Pick {
            kind: ChoiceKind::Task,
            picked: number,
        };
    }
    let kind = ChoiceKind::from_code(char::from(bytes.take(1) as u8));
    Pick {
        kind: kind.unwrap_or(ChoiceKind::Task),
        picked: bytes.number() as u32,
    }
}

fn encode_pick(bytes: &mut Vec<u8>, pick: Pick) {
    if pick.kind != ChoiceKind::Task || pick.picked == OTHER {
        push_number(bytes, OTHER);
        bytes.push(pick.kind.code() as u8);
    }
    push_number(bytes, pick.picked);
}

fn decode_class(bytes: &mut Bytes<'_>) -> SiteClass {
    SiteClass(bytes.take(4) as u32)
}
