//! SQLite, whose C code locks with pthread mutexes.
use rusqlite::Connection;
use std::sync::{Arc, Mutex};
use std::thread;

fn fill(connection: &Connection, from: i64) {
    for n in from..from + 3 {
        connection
            .execute("INSERT INTO numbers VALUES (?1)", [n])
            .unwrap();
    }
}

fn sum(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT sum(n) FROM numbers", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn a_database_for_each_thread() {
    let threads = [0, 10].map(|from| {
        thread::spawn(move || {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute("CREATE TABLE numbers (n)", []).unwrap();
            fill(&connection, from);
            sum(&connection)
        })
    });
    assert_eq!(threads.map(|t| t.join().unwrap()), [3, 33]);
}

#[test]
fn one_connection_behind_a_lock() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute("CREATE TABLE numbers (n)", []).unwrap();
    let connection = Arc::new(Mutex::new(connection));
    let threads = [0, 10].map(|from| {
        let connection = connection.clone();
        thread::spawn(move || fill(&connection.lock().unwrap(), from))
    });
    threads.map(|t| t.join().unwrap());
    assert_eq!(sum(&connection.lock().unwrap()), 36);
}

#[test]
fn two_connections_to_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("numbers");
    let open = |path: &std::path::Path| {
        let connection = Connection::open(path).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_secs(10))
            .unwrap();
        connection
    };
    open(&path).execute("CREATE TABLE numbers (n)", []).unwrap();
    let threads = [0, 10].map(|from| {
        let connection = open(&path);
        thread::spawn(move || fill(&connection, from))
    });
    threads.map(|t| t.join().unwrap());
    assert_eq!(sum(&open(&path)), 36);
}
