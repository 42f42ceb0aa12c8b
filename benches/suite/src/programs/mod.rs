//! The programs: each written once, and compiled once for each runtime.
//!
//! This folder is included as a module three times, each time beside another `rt`
//! (see `on_jostle`, `on_shuttle`, `on_loom`).
//!
//! - `cells`: what the programs are written with.
//!
//! SCTBench and relatives:
//! - `account`, `two_locks`, `buffers`, `bluetooth`, `reorder`, `stringbuffer`,
//!   `bounded_buffer`, `work_stealing`, `figure5`, `safestack`.
//!
//! Hand-shakes: `handshake`.
//!
//! Held out, which no strategy was tuned on:
//! - `counters`, `orders`, `lock_free`, `waiting`, and `bounded_queue` of
//!   `bounded_buffer`.

mod account;
mod bluetooth;
mod bounded_buffer;
mod buffers;
mod cells;
mod counters;
mod figure5;
mod handshake;
mod lock_free;
mod orders;
mod reorder;
mod safestack;
mod stringbuffer;
mod two_locks;
mod waiting;
mod work_stealing;

use super::rt;
use crate::program::{Program, Set, Shows};

/// `name, threads, shows, body::<parameters>` for each program. The last parameter
/// of a body says whether the bug is fixed.
macro_rules! programs {
    ($($set:ident { $($name:literal $threads:literal $shows:expr,
        $module:ident :: $body:ident $(< $($parameter:literal),+ >)?;)* })*) => {
        /// Every program, in the order of the tables.
        pub(crate) const PROGRAMS: &[Program] = &[$($(Program {
            name: $name,
            set: Set::$set,
            threads: $threads,
            shows: $shows,
            body: $module::$body::<$($($parameter,)+)? false>,
            fixed: $module::$body::<$($($parameter,)+)? true>,
        },)*)*];
    };
}

const STUCK: Shows = Shows::Stuck;

const fn panics(text: &'static str) -> Shows {
    Shows::Panic(text)
}

programs! {
    Sct {
        "CS/account" 3 panics("wrong balance"), account::account;
        "CS/bluetooth_driver" 2 panics("used after it has stopped"), bluetooth::bluetooth_driver;
        "CS/carter01" 4 STUCK, two_locks::carter01;
        "CS/circular_buffer" 2 panics("not the element of this round"), buffers::circular_buffer;
        "CS/deadlock01" 2 STUCK, two_locks::deadlock01;
        "CS/lazy01" 3 panics("both have added"), account::lazy01;
        "CS/queue" 2 panics("not what was stored"), buffers::queue;
        "CS/reorder_3" 3 panics("half set"), reorder::reorder<2, 1>;
        "CS/reorder_4" 4 panics("half set"), reorder::reorder<3, 1>;
        "CS/reorder_5" 5 panics("half set"), reorder::reorder<4, 1>;
        "CS/reorder_10" 10 panics("half set"), reorder::reorder<9, 1>;
        "CS/reorder_20" 20 panics("half set"), reorder::reorder<10, 10>;
        "CS/reorder_50" 50 panics("half set"), reorder::reorder<40, 10>;
        "CS/reorder_100" 100 panics("half set"), reorder::reorder<99, 1>;
        "CS/stack" 2 panics("underflow"), buffers::stack;
        "CS/token_ring" 4 panics("the ring disagrees"), account::token_ring;
        "CS/twostage" 2 panics("the first stage alone"), reorder::twostage<1, 1>;
        "CS/twostage_20" 20 panics("the first stage alone"), reorder::twostage<10, 10>;
        "CS/twostage_50" 50 panics("the first stage alone"), reorder::twostage<40, 10>;
        "CS/twostage_100" 100 panics("the first stage alone"), reorder::twostage<99, 1>;
        "CS/wronglock" 8 panics("somebody interfered"), two_locks::wronglock<7>;
        "CS/wronglock_3" 4 panics("somebody interfered"), two_locks::wronglock<3>;
        "CB/stringbuffer-jdk1.4" 2 panics("fewer characters"), stringbuffer::stringbuffer;
        "Inspect/boundedBuffer" 4 panics("another consumer"), bounded_buffer::bounded_buffer;
        "Chess/WorkStealQueue" 2 panics("exactly once"), work_stealing::work_stealing<false>;
        "Chess/InterlockedWSQ" 2 panics("exactly once"), work_stealing::work_stealing<true>;
        "PCT/figure5" 1 panics("has come to its end"), figure5::figure5;
        "SafeStack" 3 panics("a slot used by two"), safestack::safestack;
    }
    Handshake {
        "handshake_2" 2 panics("all hands shaken"), handshake::handshake<2>;
        "handshake_4" 2 panics("all hands shaken"), handshake::handshake<4>;
        "handshake_6" 2 panics("all hands shaken"), handshake::handshake<6>;
        "handshake_8" 2 panics("all hands shaken"), handshake::handshake<8>;
        "handshakeB_8" 2 panics("all hands shaken"), handshake::handshake_b<8>;
    }
    HeldOut {
        "held/philosophers_3" 3 STUCK, waiting::philosophers<3>;
        "held/philosophers_5" 5 STUCK, waiting::philosophers<5>;
        "held/philosophers_8" 8 STUCK, waiting::philosophers<8>;
        "held/aba" 2 panics("a node taken twice"), lock_free::aba;
        "held/lost_wakeup" 2 STUCK, waiting::lost_wakeup;
        "held/lost_update_2x3" 2 panics("updates lost"), counters::lost_update<2, 3, 2>;
        "held/lost_update_3x3" 3 panics("updates lost"), counters::lost_update<3, 3, 2>;
        "held/chain" 4 panics("the mark has come through"), orders::chain;
        "held/bad_peterson" 2 panics("two inside"), orders::bad_peterson;
        "held/rcu_2" 3 panics("read after it was freed"), lock_free::rcu<2>;
        "held/rcu_10" 11 panics("read after it was freed"), lock_free::rcu<10>;
        "held/rcu_40" 41 panics("read after it was freed"), lock_free::rcu<40>;
        "held/cond_cycle" 3 STUCK, waiting::cond_cycle;
        "held/ticket_lock" 3 panics("two inside"), counters::ticket_lock;
        "held/double_checked" 3 panics("used before it was made"), lock_free::double_checked;
        "held/bounded_queue" 4 STUCK, bounded_buffer::bounded_queue;
        "held/reader_count" 3 panics("half written"), counters::reader_count;
        "held/treiber_pop" 3 panics("a node taken twice"), lock_free::treiber_pop;
        "held/barrier_reuse" 2 STUCK, waiting::barrier_reuse;
        "held/semaphore_leak" 4 STUCK, waiting::semaphore_leak;
        "held/channel_close" 3 panics("send on a closed channel"), waiting::channel_close;
        "held/cancel_race" 3 STUCK, waiting::cancel_race;
        "held/select_starvation" 2 panics("normal work is starved"), orders::select_starvation;
    }
}
