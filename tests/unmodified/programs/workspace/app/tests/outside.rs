//! An integration test.
#[test]
fn built_and_shared() {
    let number = std::thread::spawn(programs_app::built).join().unwrap();
    assert_eq!(number, ("5", 7));
    assert_eq!(programs_shared::programs_shared_calls(), 1);
}

#[test]
fn bug_unlucky_sum() {
    assert_eq!(programs_app::unlucky_sum([1, 2]), 3);
}
