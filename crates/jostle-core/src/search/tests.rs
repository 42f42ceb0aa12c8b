//! Tests the parts of a search on executions that are written down by hand.

use std::collections::BTreeSet;

use crate::coverage::{Accesses, ClassedAccess, FeatureKinds};
use crate::decision::{Choice, ChoiceKind, Pick, Rng};
use crate::history::{Event, History};
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};
use crate::prescription::Order;
use crate::search::corpus::Corpus;
use crate::search::flips::Flips;
use crate::search::novelty::Novelty;
use crate::search::orders::{Level, Orders};
use crate::search::{Search, prefixes};
use crate::strategy::Kind;
use crate::view::Birth;

#[track_caller]
fn site() -> Site {
    Site::caller()
}

/// What tasks do to objects, in order, each step a choice between all tasks. Task 1 is
/// main; the others were spawned at one place. The operation of a step is at a place
/// of its own for each kind.
fn history(steps: &[(u32, OpKind, u32, u32)]) -> History {
    let spawn = site();
    let created = [site(), site(), site()];
    let mut history = History {
        objects: created.to_vec(),
        ..History::default()
    };
    for number in 0..5 {
        history.tasks.push(Birth {
            parent: TaskId(number.min(1)),
            site: spawn,
            key: u64::from(number),
        });
    }
    for (at, &(task, kind, object, value)) in steps.iter().enumerate() {
        history.choices.push(Choice {
            kind: ChoiceKind::Task,
            arity: 4,
            picked: task,
        });
        history.events.push(Event {
            site: spawn,
            task: TaskId(task),
            object: ObjectId(object),
            choices: at as u32 + 1,
            value: Some(value),
            kind,
            effect: kind.effect(),
            decided: true,
            point: true,
            blocks: false,
        });
    }
    history
}

fn observe(steps: &[(u32, OpKind, u32, u32)]) -> Accesses {
    let mut accesses = Accesses::default();
    accesses.recount(&history(steps));
    accesses
}

/// How many site classes there are, numbered in this way.
fn numbers(accesses: &Accesses, number: fn(&ClassedAccess) -> u32) -> usize {
    let all: BTreeSet<u32> = accesses.list.iter().map(number).collect();
    all.len()
}

use OpKind::{Load, Rmw, Store};

#[test]
fn reads_see_the_last_write_of_their_object() {
    let accesses = observe(&[
        (1, Load, 1, 0),
        (2, Store, 1, 5),
        (3, Store, 2, 6),
        (3, Load, 1, 5),
        (1, Load, 2, 6),
    ]);
    let sources: Vec<_> = accesses.list.iter().map(|a| a.reads_from).collect();
    assert_eq!(sources, [None, None, None, Some(1), Some(2)]);
    assert_eq!(numbers(&accesses, |access| access.class), 5);
    let class = |at: usize| accesses.list[at].class;
    assert_ne!(class(1), class(2), "objects created at different places");
    assert_ne!(class(0), class(3), "main's and a child's");
}

#[test]
fn equal_tasks_are_one_class() {
    let accesses = observe(&[(2, Store, 1, 5), (3, Store, 1, 5), (1, Store, 1, 5)]);
    assert_eq!(numbers(&accesses, |access| access.class), 2);
}

#[test]
fn what_is_done_at_two_places_is_one_class_anywhere() {
    let mut history = history(&[(1, Load, 1, 0), (2, Store, 1, 0), (1, Load, 1, 0)]);
    history.events[2].site = site();
    let mut accesses = Accesses::default();
    accesses.recount(&history);
    assert_eq!(numbers(&accesses, |access| access.class), 3);
    assert_eq!(numbers(&accesses, |access| access.anywhere), 2);
    for (level, pairs) in [(Level::Place, 2), (Level::Anywhere, 1)] {
        let mut orders = Orders::new(level);
        orders.learn(&accesses);
        assert_eq!(orders.pairs(), pairs, "{level:?}");
    }
}

#[test]
fn directions_are_new_until_all_have_been_asked_for() {
    let accesses = observe(&[(1, Load, 1, 0), (2, Store, 1, 0)]);
    let mut orders = Orders::new(Level::Anywhere);
    orders.learn(&accesses);
    let mut is_new = |seed| orders.draw(&accesses, &mut Rng::new(seed)).is_new;
    assert_eq!([1, 2, 3].map(&mut is_new), [true, false, false]);
}

/// The orders that a search of an execution asks for in `draws` draws.
fn drawn(steps: &[(u32, OpKind, u32, u32)], draws: u64) -> Vec<Vec<Order>> {
    let accesses = observe(steps);
    let mut orders = Orders::new(Level::Place);
    orders.learn(&accesses);
    let draw = |seed| {
        let mut asked = orders.draw(&accesses, &mut Rng::new(seed)).orders;
        asked.sort_unstable();
        asked
    };
    (0..draws).map(draw).collect()
}

#[test]
fn only_conflicts_between_tasks_are_ordered() {
    // Reads alone, one task alone, other objects.
    assert_eq!(drawn(&[(1, Load, 1, 0), (2, Load, 1, 0)], 1), [[]]);
    assert_eq!(drawn(&[(1, Load, 1, 0), (1, Store, 1, 0)], 1), [[]]);
    assert_eq!(drawn(&[(1, Load, 1, 0), (2, Store, 2, 0)], 1), [[]]);
    assert_eq!(drawn(&[(1, Load, 1, 0), (2, Store, 1, 0)], 1)[0].len(), 1);
}

#[test]
fn no_vector_of_directions_is_drawn_twice_before_all_have_been() {
    // Two pairs, on objects of their own: four vectors, one of which came about.
    let steps = [
        (1, Load, 1, 0),
        (2, Store, 1, 0),
        (1, Load, 2, 0),
        (2, Store, 2, 0),
    ];
    let mut vectors = drawn(&steps, 3);
    let accesses = observe(&steps);
    let came: Vec<Order> = [(0, 1), (2, 3)]
        .map(|(first, then)| Order {
            first: accesses.class(accesses.list[first].class),
            then: accesses.class(accesses.list[then].class),
        })
        .to_vec();
    let mut sorted = came;
    sorted.sort_unstable();
    assert!(!vectors.contains(&sorted), "it came about by itself");
    vectors.sort();
    vectors.dedup();
    assert_eq!(vectors.len(), 3, "{vectors:?}");
}

#[test]
fn a_direction_that_never_comes_about_is_hardly_asked_for() {
    let steps = [(1, Load, 1, 0), (2, Store, 1, 0)];
    let accesses = observe(&steps);
    let mut orders = Orders::new(Level::Place);
    let first = accesses.class(accesses.list[0].class);
    let mut backwards = 0;
    for seed in 0..400 {
        orders.learn(&accesses);
        let asked = orders.draw(&accesses, &mut Rng::new(seed)).orders;
        backwards += u32::from(asked[0].first != first);
    }
    // A coin for the first three, then one in 16.
    assert!((10..60).contains(&backwards), "{backwards}");
}

#[test]
fn a_flip_holds_the_earlier_of_two_conflicting_operations() {
    let accesses = observe(&[
        (1, Store, 2, 0),
        (2, Load, 1, 0),
        (3, Load, 1, 0),
        (1, Store, 1, 0),
    ]);
    let mut flips = Flips::default();
    let flip = flips.draw(&accesses, &mut Rng::new(0)).unwrap();
    assert_eq!(flip.choices, 2, "up to the load of task 3");
    assert_eq!((flip.hold.task, flip.hold.until), (TaskId(3), TaskId(1)));
    assert_eq!(flip.hold.does, accesses.class(accesses.list[3].class));
    // Nothing to turn: no conflict, or only within a task.
    let alone = observe(&[
        (2, Load, 1, 0),
        (3, Load, 1, 0),
        (3, Store, 1, 0),
        (3, Rmw, 1, 0),
    ]);
    let flip = flips.draw(&alone, &mut Rng::new(0));
    assert_eq!(
        flip, None,
        "the load of task 2 is older than one of task 3's own"
    );
}

#[test]
fn pairs_that_were_turned_least_are_turned_first() {
    let accesses = observe(&[
        (1, Store, 1, 0),
        (2, Load, 1, 0),
        (1, Store, 2, 0),
        (2, Load, 2, 0),
    ]);
    let mut flips = Flips::default();
    let mut turned: Vec<u32> = (0..6)
        .map(|seed| flips.draw(&accesses, &mut Rng::new(seed)).unwrap().choices)
        .collect();
    for pair in turned.chunks_mut(2) {
        pair.sort_unstable();
        assert_eq!(pair, [0, 2]);
    }
}

#[test]
fn values_and_sources_are_new_once() {
    let mut novelty = Novelty::new(FeatureKinds::SEARCH);
    let mut accesses = Accesses::default();
    let mut newest = |steps: [(u32, OpKind, u32, u32); 2]| {
        let told = history(&steps);
        accesses.recount(&told);
        novelty.learn(&told, &mut accesses)
    };
    assert_eq!(newest([(2, Store, 1, 5), (3, Load, 1, 5)]), Some(1));
    assert_eq!(newest([(2, Store, 1, 5), (3, Load, 1, 5)]), None);
    let other_value = [(2, Store, 1, 5), (3, Load, 1, 6)];
    assert_eq!(newest(other_value), Some(1));
    let no_source = [(3, Load, 1, 5), (2, Store, 1, 5)];
    assert_eq!(newest(no_source), Some(0));
    let own_source = [(3, Store, 1, 5), (3, Load, 1, 5)];
    assert_eq!(newest(own_source), Some(1));
}

fn picks(tasks: impl IntoIterator<Item = u32>) -> Vec<Pick> {
    let pick = |picked| Pick {
        kind: ChoiceKind::Task,
        picked,
    };
    tasks.into_iter().map(pick).collect()
}

#[test]
fn the_corpus_stays_within_its_bounds_and_keeps_what_is_new() {
    let mut corpus = Corpus::default();
    let mut rng = Rng::new(0);
    for n in 0..6000 {
        corpus.add(picks([n]), 1, Vec::new(), &mut rng);
    }
    assert_eq!(corpus.size(), (4096, 4096));
    let new = (0..200)
        .filter(|&seed| corpus.draw(4, &mut Rng::new(seed)).picks[0].picked >= 5996)
        .count();
    assert!((60..140).contains(&new), "every other time: {new}");
    for _ in 0..100 {
        corpus.add(picks(0..30_000), 1, Vec::new(), &mut rng);
    }
    let (_, picks) = corpus.size();
    assert!((1 << 20..=1 << 21).contains(&picks), "{picks}");
}

#[test]
fn a_rearranged_prefix_has_the_same_tasks_and_is_another() {
    let original = picks([1, 2, 3, 1, 2, 3, 1, 2, 3]);
    let other = picks([4; 12]);
    let mut same = 0;
    let mut lengths = std::collections::BTreeSet::new();
    let mut spliced = 0;
    for seed in 0..300 {
        let mut prefix = original.clone();
        prefixes::mutate(&mut prefix, Some(&other), &mut Rng::new(seed));
        same += u32::from(prefix == original);
        lengths.insert(prefix.len());
        spliced += u32::from(prefix.iter().any(|p| p.picked == 4));
        assert!(prefix.iter().all(|p| (1..=4).contains(&p.picked)));
    }
    assert!(same < 60, "{same} of 300 unchanged");
    assert!(lengths.contains(&8) && lengths.contains(&10), "{lengths:?}");
    assert!((30..150).contains(&spliced), "{spliced}");
    let mut nothing = Vec::new();
    prefixes::mutate(&mut nothing, Some(&other), &mut Rng::new(0));
    assert!(nothing.is_empty());
}

/// The inputs of a search that is told of the same execution again and again.
fn inputs(seed: u64) -> Vec<crate::input::Input> {
    let mut search = Search::new(false);
    let told = history(&[
        (1, Store, 1, 1),
        (2, Load, 1, 1),
        (3, Load, 1, 1),
        (2, Store, 1, 2),
    ]);
    let next = |i| {
        let input = search.next(seed + i);
        search.learn(&told, &input.data);
        input
    };
    (0..200).map(next).collect()
}

#[test]
fn a_search_is_a_function_of_its_seeds_and_of_what_it_is_told() {
    assert_eq!(inputs(7), inputs(7));
    assert_ne!(inputs(7), inputs(8));
}

#[test]
fn an_execution_that_is_equivalent_to_an_earlier_one_teaches_nothing() {
    let mut search = Search::new(false);
    let told = [(2, Store, 1, 5), (3, Load, 2, 0), (3, Load, 1, 5)];
    let same = [told[1], told[0], told[2]];
    let other = [told[1], told[2], told[0]];
    let class = search.learn(&history(&told), &[]);
    let entries = search.entries();
    assert_eq!(search.learn(&history(&same), &[]), class);
    assert_eq!(search.entries(), entries);
    assert_ne!(search.learn(&history(&other), &[]), class);
    assert_eq!(search.entries(), entries + 1);
}

#[test]
fn every_way_of_looking_gets_its_share() {
    let inputs = inputs(0);
    assert_eq!(inputs[0].strategy, Kind::Newest);
    let with = |f: fn(&crate::input::Input) -> bool| inputs.iter().filter(|i| f(i)).count();
    assert!(with(|i| !i.steering.orders.is_empty()) > 15);
    assert!(with(|i| i.steering.hold.is_some()) > 20);
    assert!(with(|i| i.steering.prefix.strict && i.steering.hold.is_none()) > 30);
    assert!(with(|i| !i.steering.prefix.strict && !i.steering.prefix.picks.is_empty()) > 30);
    assert!(with(|i| i.steering.is_none()) > 15);
}
