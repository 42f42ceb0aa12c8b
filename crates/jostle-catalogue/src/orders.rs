//! A plan of orders that is fuzzed together with the schedule.
//!
//! Origin: the worker pool's story again (see `pool_shutdown`), where it depends on what
//! is asked of the pool whether anything can go wrong.

use arbitrary::Arbitrary;

use jostle::go::{self, Sender, WaitGroup};
use jostle::sync::Arc;
use jostle::thread;

/// What the supervisor is told to do.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Let the others go first.
    Rest,
    /// Have somebody send this.
    Send(u8),
    /// Shut the channel, and do no more.
    Stop,
}

/// More orders than this are not carried out.
const MOST: usize = 8;

/// Carries out the plan. `stop` is what is done with the channel at the end.
fn carry_out(plan: &[Order], stop: fn(&Sender<u8>, &WaitGroup)) {
    let (send, items) = go::chan(MOST);
    let senders = Arc::new(WaitGroup::new());
    for order in plan.iter().take(MOST) {
        match *order {
            Order::Rest => thread::yield_now(),
            Order::Send(item) => {
                let send = send.clone();
                senders.go(move || send.send(item));
            }
            Order::Stop => return stop(&send, &senders),
        }
    }
    drop(items);
}

/// The channel is closed although somebody may be about to send.
#[jostle::scenario(expect = "misuse: send on closed channel")]
fn orders(plan: Vec<Order>) {
    carry_out(&plan, |send, _| send.close());
}

/// The channel is closed when everybody has sent.
#[jostle::scenario]
fn orders_fixed(plan: Vec<Order>) {
    carry_out(&plan, |send, senders| {
        senders.wait();
        send.close();
    });
}
