//! `signals …`: who watches replicas, and what they hear.

use std::collections::BTreeMap;

use bohrbug_sync::mpsc::Receiver;
use bohrbug_sync::thread::JoinHandle;
use replica_manager::{Server, Subject};

use super::Outcome;
use super::words::Line;

/// The dispatcher, once there is one, and the watchers by name.
#[derive(Default)]
pub(super) struct Signals {
    dispatcher: Option<JoinHandle<()>>,
    watchers: BTreeMap<String, Receiver<()>>,
}

impl Signals {
    pub(super) fn act(&mut self, server: &mut Server, line: &Line<'_>) -> Outcome {
        let of = line.word(2).unwrap_or_default();
        match line.word(1)? {
            "watch" => {
                if self.dispatcher.is_none() {
                    self.dispatcher = Some(server.start_updates());
                }
                self.watchers.insert(of.to_owned(), server.watch(Subject::Replica));
                Ok(())
            }
            "hear" => self.watcher(of)?.recv().map_err(|_| "its channel is closed".to_owned()),
            "shut-down" => {
                server.updates().shut_down();
                match server.behaviour().drains_on_shutdown {
                    true => Ok(()),
                    false => self.join(),
                }
            }
            "heard" => counted(line.word(3)?, self.watcher(of)?.try_iter().count()),
            // All that came until the server let go of the watcher.
            "dropped-after" => counted(line.word(3)?, self.watcher(of)?.iter().count()),
            "block" => counted(of, server.updates().would_block()),
            other => Err(format!("signals cannot {other}")),
        }
    }

    /// The dispatcher of a tree that drains ends with its server; of another one only a shutdown ends it.
    pub(super) fn end(mut self, server: Server) {
        let ends = server.behaviour().drains_on_shutdown;
        drop(server);
        if ends && self.dispatcher.is_some() {
            self.join().unwrap_or_else(|what| panic!("{what}"));
        }
    }

    fn join(&mut self) -> Outcome {
        let dispatcher = self.dispatcher.take().ok_or("nobody watches")?;
        dispatcher.join().map_err(|_| "the dispatcher panicked".to_owned())
    }

    fn watcher(&self, name: &str) -> Result<&Receiver<()>, String> {
        self.watchers.get(name).ok_or_else(|| format!("nobody called {name} watches"))
    }
}

fn counted(wanted: &str, found: impl ToString) -> Outcome {
    let found = found.to_string();
    if wanted == found { Ok(()) } else { Err(format!("there is {found}")) }
}
