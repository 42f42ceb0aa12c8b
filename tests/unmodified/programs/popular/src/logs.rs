//! Loggers and local time.
use std::thread;

#[test]
fn env_logger_in_threads() {
    let _ = env_logger::builder()
        .is_test(true)
        .filter_level(log::LevelFilter::Info)
        .try_init();
    thread::scope(|s| {
        for n in 0..2 {
            s.spawn(move || log::info!("thread {n}"));
        }
    });
}

#[test]
fn tracing_spans_in_threads() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(std::io::sink)
        .finish();
    let dispatch = tracing::Dispatch::new(subscriber);
    thread::scope(|s| {
        for n in 0..2 {
            let dispatch = dispatch.clone();
            s.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    let _span = tracing::info_span!("work", n).entered();
                    tracing::info!("inside");
                });
            });
        }
    });
}

#[test]
fn local_time() {
    use chrono::Datelike;
    let t = thread::spawn(|| chrono::Local::now().year());
    assert!(t.join().unwrap() >= 1970);
}
