//! A chat server: lines over TCP, rooms by broadcast.
//!
//! A client sends `JOIN room name`, then lines, which go to everybody in the room. `WHO` lists the
//! names, `QUIT` or closing the connection leaves. The server says `WELCOME name` when the client
//! is in.
//!
//! Bug: the client is welcomed before it has subscribed to the room. What another one sends after
//! it has seen the welcome may be lost.
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many lines a slow client may lag behind.
const BACKLOG: usize = 64;

#[derive(Clone, Debug)]
struct Line {
    from: Arc<str>,
    text: Arc<str>,
}

struct Room {
    lines: broadcast::Sender<Line>,
    names: BTreeSet<Arc<str>>,
}

impl Default for Room {
    fn default() -> Self {
        Room {
            lines: broadcast::channel(BACKLOG).0,
            names: BTreeSet::new(),
        }
    }
}

/// The rooms, by name.
#[derive(Default)]
struct Rooms(Mutex<HashMap<String, Room>>);

impl Rooms {
    /// Takes a name in a room. `None`: somebody has it.
    fn enter(&self, room: &str, name: &Arc<str>) -> Option<broadcast::Sender<Line>> {
        let mut rooms = self.0.lock().unwrap();
        let room = rooms.entry(room.to_owned()).or_default();
        room.names.insert(name.clone()).then(|| room.lines.clone())
    }

    /// Gives a name back, and the room with it if nobody is left.
    fn leave(&self, room: &str, name: &str) {
        let mut rooms = self.0.lock().unwrap();
        if let Some(entry) = rooms.get_mut(room) {
            entry.names.remove(name);
            if entry.names.is_empty() {
                rooms.remove(room);
            }
        }
    }

    fn names(&self, room: &str) -> String {
        let rooms = self.0.lock().unwrap();
        let names = rooms
            .get(room)
            .map(|room| room.names.iter().map(|n| &**n).collect::<Vec<_>>());
        names.unwrap_or_default().join(" ")
    }
}

/// A client's place in a room, given back when dropped.
struct Seat<'a> {
    rooms: &'a Rooms,
    room: &'a str,
    name: Arc<str>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.rooms.leave(self.room, &self.name);
    }
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Listens on a port of the system's choice.
    pub async fn start() -> io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(accept(listener, stop.clone(), tasks.clone()));
        Ok(Server {
            address,
            stop,
            tasks,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and waits for their tasks.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn accept(listener: TcpListener, stop: CancellationToken, tasks: TaskTracker) {
    let rooms = Arc::new(Rooms::default());
    loop {
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let (rooms, stop) = (rooms.clone(), stop.clone());
        tasks.spawn(async move {
            // A client that breaks off is nothing to report.
            let _ = serve(stream, &rooms, &stop).await;
        });
    }
}

async fn serve(stream: TcpStream, rooms: &Rooms, stop: &CancellationToken) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut requests = BufReader::new(reader).lines();
    let Some(first) = requests.next_line().await? else {
        return Ok(());
    };
    let mut words = first.split(' ');
    let (Some("JOIN"), Some(room), Some(name)) = (words.next(), words.next(), words.next()) else {
        return say(&mut writer, "ERROR expected JOIN room name").await;
    };
    let name = Arc::<str>::from(name);
    let Some(lines) = rooms.enter(room, &name) else {
        return say(&mut writer, "ERROR name is taken").await;
    };
    let seat = Seat { rooms, room, name };
    if crate::FIXED {
        let heard = lines.subscribe();
        say(&mut writer, &format!("WELCOME {}", seat.name)).await?;
        converse(&seat, requests, writer, lines, heard, stop).await
    } else {
        say(&mut writer, &format!("WELCOME {}", seat.name)).await?;
        let heard = lines.subscribe();
        converse(&seat, requests, writer, lines, heard, stop).await
    }
}

async fn converse(
    seat: &Seat<'_>,
    mut requests: Lines<BufReader<OwnedReadHalf>>,
    mut writer: OwnedWriteHalf,
    lines: broadcast::Sender<Line>,
    mut heard: broadcast::Receiver<Line>,
    stop: &CancellationToken,
) -> io::Result<()> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return say(&mut writer, "BYE").await,
            request = requests.next_line() => match request?.as_deref() {
                None | Some("QUIT") => return Ok(()),
                Some("WHO") => say(&mut writer, &seat.rooms.names(seat.room)).await?,
                Some(text) => {
                    let line = Line { from: seat.name.clone(), text: text.into() };
                    // An error says that nobody listens.
                    let _ = lines.send(line);
                }
            },
            line = heard.recv() => match line {
                Ok(line) if line.from == seat.name => {}
                Ok(Line { from, text }) => say(&mut writer, &format!("{from}: {text}")).await?,
                Err(RecvError::Lagged(n)) => say(&mut writer, &format!("LOST {n}")).await?,
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

async fn say(writer: &mut OwnedWriteHalf, line: &str) -> io::Result<()> {
    writer.write_all(format!("{line}\n").as_bytes()).await
}

/// A client of the server.
pub struct Client {
    answers: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Client {
    /// Connects and joins; returns when welcomed.
    pub async fn join(address: SocketAddr, room: &str, name: &str) -> io::Result<Client> {
        let (reader, writer) = TcpStream::connect(address).await?.into_split();
        let mut client = Client {
            answers: BufReader::new(reader).lines(),
            writer,
        };
        client.send(&format!("JOIN {room} {name}")).await?;
        let answer = client.next().await?;
        match answer.strip_prefix("WELCOME ") {
            Some(_) => Ok(client),
            None => Err(io::Error::other(answer)),
        }
    }

    pub async fn send(&mut self, line: &str) -> io::Result<()> {
        say(&mut self.writer, line).await
    }

    /// The next line from the server.
    pub async fn next(&mut self) -> io::Result<String> {
        let line = self.answers.next_line().await?;
        line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_line_reaches_who_has_joined() {
        let server = Server::start().await.unwrap();
        let mut ada = Client::join(server.address(), "room", "ada").await.unwrap();
        let mut grace = Client::join(server.address(), "room", "grace")
            .await
            .unwrap();
        ada.send("hello").await.unwrap();
        assert_eq!(grace.next().await.unwrap(), "ada: hello");
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_name_is_taken_once() {
        let server = Server::start().await.unwrap();
        let (one, two) = tokio::join!(
            Client::join(server.address(), "room", "ada"),
            Client::join(server.address(), "room", "ada")
        );
        assert!(one.is_ok() != two.is_ok());
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_names_everybody() {
        let server = Server::start().await.unwrap();
        let mut ada = Client::join(server.address(), "room", "ada").await.unwrap();
        let _grace = Client::join(server.address(), "room", "grace")
            .await
            .unwrap();
        let _alan = Client::join(server.address(), "other", "alan")
            .await
            .unwrap();
        ada.send("WHO").await.unwrap();
        assert_eq!(ada.next().await.unwrap(), "ada grace");
        server.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn clients_are_told_of_the_end() {
        let server = Server::start().await.unwrap();
        let mut ada = Client::join(server.address(), "room", "ada").await.unwrap();
        let stopping = tokio::spawn(server.stop());
        assert_eq!(ada.next().await.unwrap(), "BYE");
        stopping.await.unwrap();
    }
}
