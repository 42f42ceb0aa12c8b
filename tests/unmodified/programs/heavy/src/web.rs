//! A web server and its client in one process.
use axum::{Router, extract::State, routing::get};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::net::TcpListener;

async fn count_two_visits() {
    let visits = Arc::new(AtomicUsize::new(0));
    let count = |State(visits): State<Arc<AtomicUsize>>| async move {
        (visits.fetch_add(1, SeqCst) + 1).to_string()
    };
    let router = Router::new()
        .route("/", get(count))
        .with_state(visits.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let visit = || async {
        client
            .get(&address)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let (one, two) = tokio::join!(visit(), visit());
    assert_ne!(one, two);
    assert_eq!(visits.load(SeqCst), 2);
    server.abort();
}

#[tokio::test]
async fn visits_on_one_thread() {
    count_two_visits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visits_on_two_threads() {
    count_two_visits().await;
}
