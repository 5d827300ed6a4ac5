//! Many pieces of work at a time, each on a thread of its own, all of them told to one listener.
//!
//! Which piece is done when depends on the machine; what is found in it does not.

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
pub enum News<T = Outcome> {
    /// In the piece of work of that number the strategy that is at work has come so far.
    At(usize, Progress),
    /// The piece of work of that number is done.
    Done(usize, Box<T>),
    /// Nothing happened for a moment.
    Nothing,
}

/// How long a moment is.
const MOMENT: Duration = Duration::from_millis(200);

/// Hunts in all pairs on so many threads; returns when all are done.
pub fn run(pairs: &[Pair], settings: &Settings, traces: &Path, jobs: usize, listener: impl FnMut(News)) {
    let work = |number: usize, sender: &Sender<News>| {
        let sender = sender.clone();
        // Nobody listens any more only when the program is about to end.
        let progress = move |progress| drop(sender.send(News::At(number, progress)));
        hunt(pairs[number], settings, traces, progress)
    };
    each(pairs.len(), jobs, work, listener);
}

/// The most threads that explore inside of pieces of work, all together: a process can have twice as many.
const MOST_INSIDE: usize = 128;

/// How many of so many threads there are for each piece of work, if all are done at the same time.
///
/// ```
/// use harness::workers::inside;
///
/// assert_eq!([inside(8, 1), inside(8, 3), inside(8, 20)], [8, 2, 1]);
/// ```
pub fn inside(jobs: usize, pieces: usize) -> usize {
    (jobs.min(MOST_INSIDE) / pieces.max(1)).max(1)
}

/// Does so many pieces of work on so many threads; returns when all are done.
pub fn each<T: Send>(
    pieces: usize,
    jobs: usize,
    work: impl Fn(usize, &Sender<News<T>>) -> T + Sync,
    mut listener: impl FnMut(News<T>),
) {
    let next = AtomicUsize::new(0);
    let (sender, news) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(pieces) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || one_by_one(pieces, next, work, &sender));
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

fn one_by_one<T>(
    pieces: usize,
    next: &AtomicUsize,
    work: &impl Fn(usize, &Sender<News<T>>) -> T,
    sender: &Sender<News<T>>,
) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= pieces {
            return;
        }
        let done = work(number, sender);
        let _ = sender.send(News::Done(number, Box::new(done)));
    }
}
