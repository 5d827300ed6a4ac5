//! `hand …`: the phases of a create and of a verify pass one by one, so that a script is an interleaving.

use std::collections::BTreeMap;
use std::sync::Arc;

use replica_manager::{Replica, ReplicaSpec, Server, by_hand};

use super::Outcome;
use super::words::{Line, name};

/// What is under way.
#[derive(Default)]
pub(super) struct Hand {
    objects: BTreeMap<String, Arc<Replica>>,
    pass: Option<by_hand::Pass>,
}

impl Hand {
    pub(super) fn act(&mut self, server: &Server, line: &Line<'_>) -> Outcome {
        let (what, of) = (line.word(1)?, line.word(2).unwrap_or_default());
        let told = |error: replica_manager::Error| error.to_string();
        match what {
            "record" | "object" => {
                let spec = ReplicaSpec::new(name(of));
                let made = if what == "record" { by_hand::insert_record } else { by_hand::new_object };
                let object = made(server, &spec).map_err(told)?;
                self.objects.insert(line.word(3).unwrap_or(of).to_owned(), object);
            }
            "start" => {
                let object = self.object(of)?;
                let reply = by_hand::start(server, object, &ReplicaSpec::new(object.name()));
                let state = reply.as_ref().ok().map(|view| view.state);
                return line.compare(reply.map(drop), state);
            }
            "publish" => {
                let object = self.object(of)?;
                by_hand::publish(server, object.name(), Arc::clone(object));
            }
            "object-is" => {
                let found = self.object(of)?.view().state.to_string();
                return if line.word(3)? == found { Ok(()) } else { Err(format!("it is {found}")) };
            }
            "map" => self.pass = Some(by_hand::map_phase(server).map_err(told)?),
            "copy" => self.pass = Some(by_hand::copy(server)),
            "decide" => by_hand::decide(server, self.pass()?).map_err(told)?,
            "swap" => by_hand::swap(server, self.pass()?),
            "swap-if-unchanged" => {
                let swapped = if by_hand::swap_if_unchanged(server, self.pass()?) { "swapped" } else { "skipped" };
                return if of == swapped { Ok(()) } else { Err(format!("it was {swapped}")) };
            }
            "sync" => by_hand::sync(server, self.pass()?).map_err(told)?,
            other => return Err(format!("there is no phase {other}")),
        }
        Ok(())
    }

    fn object(&self, label: &str) -> Result<&Arc<Replica>, String> {
        self.objects.get(label).ok_or_else(|| format!("no object is called {label}"))
    }

    fn pass(&mut self) -> Result<&mut by_hand::Pass, String> {
        self.pass.as_mut().ok_or_else(|| "no pass is under way".to_owned())
    }
}
