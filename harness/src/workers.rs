//! Many pairs at a time, each on a thread of its own, all of them told to one listener.
//!
//! Which pair is explored when depends on the machine; what is found in it does not.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use bohrbug::Progress;

use crate::hunt::hunt;
use crate::outcome::Outcome;
use crate::plan::Settings;
use crate::select::Pair;

/// What the listener is told.
#[derive(Debug)]
pub enum News {
    /// In the pair of that number the strategy that is at work has come so far.
    At(usize, Progress),
    /// The pair of that number is done.
    Done(usize, Box<Outcome>),
    /// Nothing happened for a moment.
    Nothing,
}

/// How long a moment is.
const MOMENT: Duration = Duration::from_millis(200);

/// Hunts in all pairs on so many threads; returns when all are done.
pub fn run(pairs: &[Pair], settings: &Settings, traces: &Path, jobs: usize, mut listener: impl FnMut(News)) {
    let next = AtomicUsize::new(0);
    let (sender, news) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(pairs.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || work(pairs, settings, traces, next, &sender));
        }
        // The listener ends when the last worker drops its sender.
        drop(sender);
        loop {
            match news.recv_timeout(MOMENT) {
                Ok(one) => listener(one),
                Err(RecvTimeoutError::Timeout) => listener(News::Nothing),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
}

fn work(pairs: &[Pair], settings: &Settings, traces: &Path, next: &AtomicUsize, sender: &Sender<News>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(&pair) = pairs.get(number) else { return };
        let progress = {
            let sender = sender.clone();
            // Nobody listens any more only when the program is about to end.
            move |progress| drop(sender.send(News::At(number, progress)))
        };
        let outcome = hunt(pair, settings, traces, progress);
        let _ = sender.send(News::Done(number, Box::new(outcome)));
    }
}
