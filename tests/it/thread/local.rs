//! `thread_local!`.

use std::cell::{Cell, RefCell};

use crate::support::conformance::conformance;

conformance! {
    each_thread_has_its_own() -> (u32, u32) {
        thread_local! { static OWN: Cell<u32> = const { Cell::new(1) }; }
        OWN.set(5);
        let theirs = thread::spawn(|| OWN.replace(9)).join().unwrap();
        (OWN.replace(0), theirs)
    } gives [(5, 1)];

    values_are_made_at_first_use_and_dropped_before_join() -> (usize, usize) {
        struct Local(sync::Arc<()>);
        thread_local! {
            static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
            static UNUSED: Local = panic!("nobody uses it");
        }
        let count = sync::Arc::new(());
        let theirs = sync::Arc::clone(&count);
        let during = thread::spawn(move || {
            LOCAL.with_borrow_mut(|slot| *slot = Some(Local(theirs)));
            LOCAL.with_borrow(|slot| sync::Arc::strong_count(&slot.as_ref().unwrap().0))
        });
        (during.join().unwrap(), sync::Arc::strong_count(&count))
    } gives [(2, 1)];

    a_value_that_is_being_destroyed_cannot_be_reached() -> (bool, bool) {
        struct Local(sync::Arc<sync::Mutex<(bool, bool)>>);
        impl Drop for Local {
            fn drop(&mut self) {
                let own = LOCAL.try_with(|_| ()).is_err();
                let again = LOCAL.try_with(|_| ()).is_err();
                *self.0.lock().unwrap() = (own, again);
            }
        }
        thread_local! { static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) }; }
        let seen = sync::Arc::new(sync::Mutex::new((false, false)));
        let theirs = sync::Arc::clone(&seen);
        thread::spawn(move || LOCAL.set(Some(Local(theirs)))).join().unwrap();
        *seen.lock().unwrap()
    } gives [(true, true)];

    a_destructor_may_use_a_value_that_has_not_been_made() -> u32 {
        struct Local(sync::Arc<sync::Mutex<u32>>);
        impl Drop for Local {
            fn drop(&mut self) {
                *self.0.lock().unwrap() = LATE.with(Cell::get);
            }
        }
        thread_local! {
            static LATE: Cell<u32> = const { Cell::new(3) };
            static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
        }
        let seen = sync::Arc::new(sync::Mutex::new(0));
        let theirs = sync::Arc::clone(&seen);
        thread::spawn(move || LOCAL.set(Some(Local(theirs)))).join().unwrap();
        *seen.lock().unwrap()
    } gives [3];

    cells_are_set_without_being_made_first() -> (u32, Vec<u32>) {
        thread_local! {
            static NUMBER: Cell<u32> = panic!("nobody needs it");
            static LIST: RefCell<Vec<u32>> = panic!("nobody needs it");
        }
        let both = thread::spawn(|| {
            NUMBER.set(4);
            LIST.set(vec![1]);
            let first = LIST.replace(vec![2]);
            LIST.with_borrow_mut(|list| list.extend(first));
            (NUMBER.take(), LIST.take())
        });
        both.join().unwrap()
    } gives [(4, vec![2, 1])];
}
