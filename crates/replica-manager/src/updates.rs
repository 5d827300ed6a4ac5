//! Update signals: a token for each change, from the object that changed to everybody who watches.
//!
//! An object sends on an unbuffered channel after it released its own lock; a dispatcher thread takes the token and a
//! [`Broadcaster`] hands it on without ever waiting. Nothing of this runs unless [`Updates::start`] was called: a
//! scenario that watches nothing pays for no thread and no channel.
//!
//! Departure: upstream has a second unbuffered channel between dispatcher and broadcaster, which adds a hop and no
//! behaviour.

use bohrbug_sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use bohrbug_sync::{Arc, Mutex, label, thread};

use crate::locks::lock;

/// How many unread items a watcher may have.
pub const WATCHER_CAPACITY: usize = 100;

/// Whose changes a signal tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Replicas.
    Replica,
    /// Engines.
    Engine,
    /// Backing images.
    BackingImage,
}

/// What the dispatcher receives.
enum Token {
    Changed(Subject),
    Shutdown,
}

/// Hands each token to every watcher; one that does not read is dropped.
#[derive(Debug)]
pub struct Broadcaster {
    watchers: Mutex<Vec<(Subject, SyncSender<()>)>>,
}

impl Default for Broadcaster {
    fn default() -> Self {
        let watchers = Mutex::new(Vec::new());
        label(&watchers, "watchers");
        Self { watchers }
    }
}

impl Broadcaster {
    /// A new watcher of that subject; its channel ends when it is dropped for not reading.
    pub fn watch(&self, subject: Subject) -> Receiver<()> {
        let (sender, receiver) = sync_channel(WATCHER_CAPACITY);
        lock(&self.watchers).push((subject, sender));
        receiver
    }

    /// Tells every watcher of the subject, without waiting for any.
    pub fn broadcast(&self, subject: Subject) {
        lock(&self.watchers).retain(|(watched, sender)| {
            *watched != subject || !matches!(sender.try_send(()), Err(TrySendError::Full(())))
        });
    }
}

/// The two ends that a started server holds. The receiving end stays reachable after the dispatcher left, as a Go
/// channel does: a later sender finds nobody, and no error either.
struct Channel {
    sender: SyncSender<Token>,
    receiver: Arc<Mutex<Receiver<Token>>>,
}

/// Where a server's objects send their signals.
#[derive(Default)]
pub struct Updates {
    channel: Option<Channel>,
    broadcaster: Arc<Broadcaster>,
}

impl Updates {
    /// Signals that go nowhere.
    pub fn off() -> Self {
        Self::default()
    }

    /// Starts the dispatcher; `drains` is whether it goes on taking tokens after a shutdown.
    pub fn start(&mut self, drains: bool) -> thread::JoinHandle<()> {
        let (sender, receiver) = sync_channel(0);
        let receiver = Arc::new(Mutex::new(receiver));
        label(&*receiver, "update channel");
        let (tokens, broadcaster) = (receiver.clone(), self.broadcaster.clone());
        self.channel = Some(Channel { sender, receiver });
        thread::spawn(move || dispatch(&tokens, &broadcaster, drains))
    }

    /// A new watcher.
    pub fn watch(&self, subject: Subject) -> Receiver<()> {
        self.broadcaster.watch(subject)
    }

    /// Ends the dispatcher, or its broadcasting if it drains.
    pub fn shut_down(&self) {
        self.send(Token::Shutdown);
    }

    /// Tells of a change; waits until the dispatcher took the token.
    pub(crate) fn signal(&self, subject: Subject) {
        self.send(Token::Changed(subject));
    }

    /// Whether a signal sent now would find nobody to take it; `false` with signals off.
    pub fn would_block(&self) -> bool {
        let Some(channel) = &self.channel else {
            return false;
        };
        // Whoever takes tokens holds the receiving end; if it is free, nobody does.
        match channel.receiver.try_lock() {
            Ok(receiver) => matches!(receiver.try_recv(), Err(TryRecvError::Empty)),
            Err(_) => false,
        }
    }

    fn send(&self, token: Token) {
        if let Some(channel) = &self.channel {
            let _ = channel.sender.send(token);
        }
    }
}

fn dispatch(tokens: &Mutex<Receiver<Token>>, broadcaster: &Broadcaster, drains: bool) {
    let tokens = lock(tokens);
    let mut broadcasting = true;
    while let Ok(token) = tokens.recv() {
        match token {
            Token::Changed(subject) if broadcasting => broadcaster.broadcast(subject),
            Token::Changed(_) => {}
            Token::Shutdown if drains => broadcasting = false,
            Token::Shutdown => return,
        }
    }
}
