//! Makes the data of a failure shorter and simpler.

use crate::minimize::schedule::Schedule;
use crate::minimize::trials::Trials;

/// Elements of a list stand anywhere, so that where few bytes are left pieces are left
/// out at every place.
const FEW: usize = 64;

/// An element that `Arbitrary` derives takes hardly more bytes than this.
const ELEMENT: usize = 16;

/// Shortens the data, and makes what is left zero or at least smaller.
pub(super) fn shrink(trials: &mut Trials<'_>) {
    // Data that are missing read as zero, so that often none are needed at all.
    with(trials, Vec::new());
    let mut size = len(trials).div_ceil(2);
    while size > 0 && !trials.is_over() {
        leave_out(trials, size, size);
        size /= 2;
    }
    if len(trials) <= FEW {
        for size in (2..=ELEMENT).rev() {
            leave_out(trials, size, 1);
        }
    }
    for at in (0..len(trials)).rev() {
        // Of a megabyte, looking at each byte takes minutes.
        if trials.is_over() {
            break;
        }
        simplify(trials, at);
    }
}

/// Leaves out every `size` bytes in a row that begin `apart` from each other, the last
/// ones first.
fn leave_out(trials: &mut Trials<'_>, size: usize, apart: usize) {
    let mut end = len(trials);
    while end > 0 && !trials.is_over() {
        let mut shorter = data(trials);
        shorter.drain(end.saturating_sub(size)..end);
        with(trials, shorter);
        end = end.saturating_sub(apart).min(len(trials));
    }
}

fn data(trials: &Trials<'_>) -> Vec<u8> {
    trials.best().schedule.data.clone()
}

fn len(trials: &Trials<'_>) -> usize {
    trials.best().schedule.data.len()
}

fn with(trials: &mut Trials<'_>, data: Vec<u8>) -> bool {
    let deviations = trials.best().schedule.deviations.clone();
    trials.improves(Schedule { data, deviations })
}

/// Makes one byte zero, or else smaller, bit by bit.
fn simplify(trials: &mut Trials<'_>, at: usize) {
    let set = |trials: &mut Trials<'_>, byte: u8| {
        let mut simpler = data(trials);
        match simpler.get_mut(at) {
            Some(old) if byte < *old => *old = byte,
            _ => return false,
        }
        with(trials, simpler)
    };
    if set(trials, 0) {
        return;
    }
    for bit in (0..8).rev() {
        if let Some(&byte) = trials.best().schedule.data.get(at) {
            set(trials, byte & !(1 << bit));
        }
    }
    if let Some(&byte) = trials.best().schedule.data.get(at) {
        set(trials, byte.saturating_sub(1));
    }
}
