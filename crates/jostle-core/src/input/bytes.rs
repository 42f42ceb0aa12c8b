//! Decodes the bytes that a fuzzer works on into inputs, and encodes inputs.
//!
//! ```text
//! input    = selector strategy seed steering? count override* data
//! selector = 4 bytes            which scenario, if none is named
//! strategy = 1 byte             modulo 32, see `strategy/kind.rs`; from 224 on
//!                               there is steering
//! seed     = 8 bytes
//! count    = 1 byte             0 to 254: so many overrides, modulo 64
//!          | 255, 4 bytes       so many overrides
//! override = gap pick
//! gap      = number             decisions since the one after the last override
//! pick     = number             which alternative, modulo their number
//! number   = 1 byte             0 to 251: itself
//!          | 252 to 255, 1 to 4 bytes
//! data     = the rest
//! ```
//!
//! The grammar of `steering` is in the header of `steering.rs`; see [`Steering`].
//!
//! Numbers of several bytes have the lowest first. Every string of bytes, the
//! empty one too, is an input: bytes that are missing read as zero, there are no
//! more overrides when fewer than two bytes are left, and one that would lie
//! beyond decision 2³² - 1 does not exist.
//!
//! Why it looks like this:
//!
//! - Fixed fields come first and data last, so that a byte inserted or removed
//!   anywhere shifts as little as possible of what comes before.
//! - 63 overrides are three times what the deepest bugs need that we know of, and
//!   no more than about 130 bytes that a mutated count can take from the data.
//!   The long form is for schedules that are written by hand rather than found.
//! - A gap, and not a position: what a fuzzer inserts early moves the later
//!   overrides along with the execution that they were made for. One byte, since
//!   most executions have fewer than 252 decisions, and with two a random gap
//!   would lie beyond the end of nearly all.
//! - Zero bytes mean the smallest value of every field: no preemption, no data.
//!   Minimizing an input for length leads there.

use arbitrary::Unstructured;

use crate::decision::Override;
use crate::input::{Input, Steering};
use crate::strategy::Kind;

/// A strategy whose byte is at least this is steered: one in eight of random ones.
const STEERED: u8 = 224;

/// A byte below this counts modulo [`SHORT`]; this one is followed by the count.
const LONG: u8 = 255;
const SHORT: u8 = 64;

/// A byte below this is a number; from this on the number follows.
const WIDE: u8 = 252;

impl Input {
    /// The input that `bytes` stand for, and the selector of its scenario; see
    /// [`select`](super::select).
    #[must_use]
    pub fn decode(bytes: &[u8]) -> (u32, Input) {
        let mut bytes = Bytes(Unstructured::new(bytes));
        let selector = bytes.take(4) as u32;
        let strategy = bytes.take(1) as u8;
        let seed = bytes.take(8);
        let steering = if strategy >= STEERED {
            Steering::decode(&mut bytes)
        } else {
            Steering::none()
        };
        let count = match bytes.take(1) as u8 {
            LONG => bytes.take(4),
            short => u64::from(short % SHORT),
        };
        let room = count.min(bytes.0.len() as u64 / 2);
        let mut overrides = Vec::with_capacity(room as usize);
        let mut next = 0u64;
        for _ in 0..count {
            if bytes.0.len() < 2 {
                break;
            }
            let at = next + bytes.number();
            let pick = bytes.number() as u32;
            next = at + 1;
            if let Ok(at) = u32::try_from(at) {
                overrides.push(Override { at, pick });
            }
        }
        let input = Input {
            strategy: Kind::from_byte(strategy),
            seed,
            steering,
            overrides,
            data: bytes.0.take_rest().to_vec(),
        };
        (selector, input)
    }

    /// Bytes that [`decode`](Input::decode) to `selector` and this input, with
    /// its overrides sorted and those that do not count left out.
    #[must_use]
    pub fn encode(&self, selector: u32) -> Vec<u8> {
        let mut overrides = self.overrides.clone();
        overrides.sort_by_key(|o| o.at);
        overrides.dedup_by_key(|o| o.at);

        // Enough for most; growing costs most of the time under a sanitizer.
        let mut bytes = Vec::with_capacity(64 + 4 * overrides.len() + self.data.len());
        bytes.extend(selector.to_le_bytes());
        let steered = !self.steering.is_none();
        bytes.push(self.strategy.byte() + if steered { STEERED } else { 0 });
        bytes.extend(self.seed.to_le_bytes());
        if steered {
            self.steering.encode(&mut bytes);
        }
        match u8::try_from(overrides.len()) {
            Ok(short @ 0..SHORT) => bytes.push(short),
            // Memory for 2³² overrides and more would be 32 GiB.
            _ => {
                bytes.push(LONG);
                bytes.extend((overrides.len() as u32).to_le_bytes());
            }
        }
        let mut next = 0;
        for Override { at, pick } in overrides {
            push_number(&mut bytes, at - next);
            push_number(&mut bytes, pick);
            next = at.saturating_add(1);
        }
        bytes.extend(&self.data);
        bytes
    }
}

/// The bytes that are left. It reads through [`Unstructured`], as scenarios read
/// their data, so that there is one rule for what happens when bytes run out.
pub(super) struct Bytes<'a>(Unstructured<'a>);

impl Bytes<'_> {
    /// A number of up to 8 bytes, the missing ones zero.
    pub(super) fn take(&mut self, bytes: usize) -> u64 {
        let mut number = [0; 8];
        let left = bytes.min(self.0.len());
        let taken = self.0.bytes(left).expect("there are as many");
        number[..left].copy_from_slice(taken);
        u64::from_le_bytes(number)
    }

    /// Whether there are none left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn number(&mut self) -> u64 {
        match self.take(1) as u8 {
            wide @ WIDE.. => self.take(usize::from(wide - WIDE) + 1),
            number => u64::from(number),
        }
    }
}

pub(super) fn push_number(bytes: &mut Vec<u8>, number: u32) {
    match u8::try_from(number) {
        Ok(small @ 0..WIDE) => bytes.push(small),
        _ => {
            let width = (32 - number.leading_zeros()).div_ceil(8) as usize;
            bytes.push(WIDE - 1 + width as u8);
            bytes.extend(&number.to_le_bytes()[..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::decision::{ChoiceKind, Pick, Prefix};
    use crate::id::TaskId;
    use crate::prescription::{Hold, Order};
    use crate::site_class::SiteClass;
    use crate::strategy::Depth;

    fn any_kind() -> impl Strategy<Value = Kind> {
        any::<u8>().prop_map(Kind::from_byte)
    }

    /// Small numbers and those around each change of form.
    fn any_number() -> impl Strategy<Value = u32> {
        prop_oneof![
            0u32..40,
            prop::sample::select(vec![251, 252, 255, 256, 65_535, 65_536, 1 << 24, u32::MAX]),
            any::<u32>(),
        ]
    }

    fn any_override() -> impl Strategy<Value = Override> {
        (any_number(), any_number()).prop_map(|(at, pick)| Override { at, pick })
    }

    fn any_input() -> impl Strategy<Value = Input> {
        let overrides = prop_oneof![
            prop::collection::vec(any_override(), 0..10),
            prop::collection::vec(any_override(), 60..70),
            prop::collection::vec(any_override(), 250..260),
        ];
        let data = prop::collection::vec(any::<u8>(), 0..40);
        let parts = (any_kind(), any::<u64>(), any_steering(), overrides, data);
        parts.prop_map(|(strategy, seed, steering, overrides, data)| Input {
            strategy,
            seed,
            steering,
            overrides,
            data,
        })
    }

    fn any_steering() -> impl Strategy<Value = Steering> {
        let kind = prop::sample::select(ChoiceKind::ALL.to_vec());
        let number = || prop_oneof![any_number(), 240u32..260];
        let pick = (kind, number()).prop_map(|(kind, picked)| Pick { kind, picked });
        let prefix = (prop::collection::vec(pick, 0..40), any::<bool>());
        let class = || any::<u32>().prop_map(SiteClass);
        let order = (class(), class()).prop_map(|(first, then)| Order { first, then });
        let task = || (0usize..1000).prop_map(TaskId::from_index);
        let hold = (task(), task(), class());
        let parts = (
            prefix,
            prop::collection::vec(order, 0..5),
            prop::option::of(hold),
        );
        parts.prop_map(|((picks, strict), orders, hold)| Steering {
            prefix: Prefix {
                strict: strict && !picks.is_empty(),
                picks,
            },
            orders,
            hold: hold.map(|(task, until, does)| Hold { task, until, does }),
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(mut input in any_input(), selector: u32) {
            let decoded = Input::decode(&input.encode(selector));
            input.overrides.sort_by_key(|o| o.at);
            input.overrides.dedup_by_key(|o| o.at);
            prop_assert_eq!(decoded, (selector, input));
        }

        #[test]
        fn any_bytes_are_an_input(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (selector, input) = Input::decode(&bytes);
            prop_assert!(input.overrides.is_sorted_by(|a, b| a.at < b.at));
            prop_assert_eq!(Input::decode(&input.encode(selector)), (selector, input));
        }

        #[test]
        fn bytes_that_are_missing_read_as_zero(bytes in prop::collection::vec(any::<u8>(), 0..14)) {
            let mut longer = bytes.clone();
            longer.resize(14, 0);
            prop_assert_eq!(Input::decode(&bytes), Input::decode(&longer));
        }
    }

    #[test]
    fn no_bytes_are_the_non_preemptive_input() {
        let least = Input {
            strategy: Kind::NonPreemptive,
            seed: 0,
            steering: Steering::none(),
            overrides: Vec::new(),
            data: Vec::new(),
        };
        assert_eq!(Input::decode(&[]), (0, least));
    }

    #[test]
    fn the_grammar_is_the_documented_one() {
        let bytes = [
            0x78,
            0x56,
            0x34,
            0x12,   // selector
            7 + 32, // PCT of depth 3, modulo the length of the table
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0x80,   // seed
            64 + 3, // three overrides, modulo 64
            5,
            1, // at 5
            0,
            252,
            255, // at 6, pick in one byte
            253,
            0,
            1,
            254,
            1,
            2,
            3, // at 7 + 256, pick in three bytes
            b'd',
            b'a',
            b't',
            b'a',
        ];
        let overrides = [(5, 1), (6, 255), (263, 0x0003_0201)];
        let expected = Input {
            strategy: Kind::Pct(Depth::DEFAULT),
            seed: 0x8000_0000_0000_0001,
            steering: Steering::none(),
            overrides: overrides.map(|(at, pick)| Override { at, pick }).to_vec(),
            data: b"data".to_vec(),
        };
        assert_eq!(Input::decode(&bytes), (0x1234_5678, expected));
    }

    #[test]
    fn the_grammar_of_steering_is_the_documented_one() {
        let mut bytes = vec![0; 13];
        bytes[4] = STEERED + 3; // POS, steered
        bytes.push(0b1111);
        bytes.extend([3, 2, 248, b'a', 1, 248, b't', 248]); // t2, arm 1, t248
        bytes.extend([1, 1, 0, 0, 0, 2, 0, 0, 0]); // class 1 before class 2
        bytes.extend([4, 5, 6, 0, 0, 0]); // t4 until t5 does class 6
        bytes.extend([1, 7, 1, b'd']);
        let (_, input) = Input::decode(&bytes);
        let pick = |kind, picked| Pick { kind, picked };
        let steering = Steering {
            prefix: Prefix {
                picks: vec![
                    pick(ChoiceKind::Task, 2),
                    pick(ChoiceKind::Arm, 1),
                    pick(ChoiceKind::Task, 248),
                ],
                strict: true,
            },
            orders: vec![Order {
                first: SiteClass(1),
                then: SiteClass(2),
            }],
            hold: Some(Hold {
                task: TaskId::from_index(4),
                until: TaskId::from_index(5),
                does: SiteClass(6),
            }),
        };
        assert_eq!(input.strategy, Kind::Pos);
        assert_eq!(input.steering, steering);
        assert_eq!(input.overrides, [Override { at: 7, pick: 1 }]);
        assert_eq!(input.data, b"d");
        assert_eq!(input.encode(0), bytes);
    }

    #[test]
    fn a_count_beyond_the_end_takes_what_there_is() {
        let mut bytes = vec![0; 13];
        bytes.push(255);
        bytes.extend(u32::MAX.to_le_bytes());
        bytes.extend([4, 0, 3, 1, 9]);
        let (_, input) = Input::decode(&bytes);
        let overrides = [(4, 0), (8, 1)].map(|(at, pick)| Override { at, pick });
        assert_eq!(input.overrides, overrides);
        assert_eq!(input.data, [9]);
    }

    #[test]
    fn an_override_beyond_the_last_decision_does_not_exist() {
        let mut bytes = vec![0; 13];
        bytes.push(3);
        bytes.extend([255, 255, 255, 255, 255, 1]); // at 2³² - 1
        bytes.extend([0, 2, 255, 255, 255, 255, 255, 3]);
        let (_, input) = Input::decode(&bytes);
        let last = Override {
            at: u32::MAX,
            pick: 1,
        };
        assert_eq!(input.overrides, [last]);
    }
}
