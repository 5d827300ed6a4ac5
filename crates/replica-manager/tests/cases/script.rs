//! The vocabulary in which a case runs itself: what was observed upstream becomes lines of data, and no code.
//!
//! A script is a list of lines, run from the top on a fresh server. `docs/observations.md` has the words; the operations are
//! those of the server's own list, so a new one is asked for here by the compiler.

mod hand;
mod rebuild;
mod see;
mod signals;
mod target;
mod words;

use std::collections::BTreeMap;

use replica_manager::{
    Config, EngineView, Error, Frontend, Operation, ReplicaSpec, ReplicaView, Result, Revision, Server, State, by_hand,
    spdk::Spdk,
};

use hand::Hand;
use rebuild::Rebuild;
use signals::Signals;
use words::{Line, kind, name};

/// What a script has come to.
struct Play {
    server: Server,
    /// What the last operation answered: a port, or a copy's number.
    answered: u64,
    /// The state in the last reply that had one.
    state: Option<State>,
    rebuild: Rebuild,
    hand: Hand,
    signals: Signals,
    /// Replicas as they were when somebody wanted them remembered, and their heads' identities.
    remembered: BTreeMap<String, (ReplicaView, Option<u64>)>,
}

/// Runs the lines; panics with the line that did not come out.
pub(crate) fn run(revision: Revision, lines: &[String]) {
    let mut play = Play {
        server: Server::new(revision),
        answered: 0,
        state: None,
        rebuild: Rebuild::default(),
        hand: Hand::default(),
        signals: Signals::default(),
        remembered: BTreeMap::new(),
    };
    for line in lines {
        if let Err(what) = play.text(line) {
            panic!("on {revision}: `{line}`: {what}");
        }
    }
    let Play { server, signals, .. } = play;
    signals.end(server);
}

/// Why a line did not come out.
type Outcome = std::result::Result<(), String>;

impl Play {
    /// A line, or `repeat TIMES LINE; LINE`, where `#` is the number of the time.
    fn text(&mut self, text: &str) -> Outcome {
        let Some(rest) = text.strip_prefix("repeat ") else { return self.line(&Line::new(text)) };
        let (times, lines) = rest.split_once(' ').ok_or("repeat how often, and what?")?;
        let times: usize = times.parse().map_err(|_| format!("{times} is no number"))?;
        for time in 1..=times {
            for line in lines.split(';') {
                self.line(&Line::new(&line.replace('#', &time.to_string())))?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        match line.word(0)? {
            "target" => target::act(&self.server, line),
            "see" => see::look(self, line),
            "hand" => self.hand.act(&self.server, line),
            "rebuild" => self.rebuild.act(&self.server, line),
            "signals" => self.signals.act(&mut self.server, line),
            "ports" => {
                let port = |at: usize| line.word(at)?.parse::<u16>().map_err(|_| "a port is a number".to_owned());
                let config =
                    Config { revision: self.server.revision(), spdk: Spdk::default(), ports: (port(1)?, port(2)?) };
                self.server = Server::with(config);
                Ok(())
            }
            "remember" => {
                let replica = name(line.word(1)?);
                let view = self.server.replica_get(&replica).map_err(|error| error.to_string())?;
                let head = self.server.spdk().get_lvol(&replica).ok().map(|head| head.uuid);
                self.remembered.insert(replica, (view, head));
                Ok(())
            }
            "system-snapshot" => {
                let made = self.server.snapshot_replica(&name(line.word(1)?), line.word(2)?, false);
                line.compare(made, None)
            }
            "engine-validate" => line.compare(self.server.engine_validate(&name(line.word(1)?)), None),
            "tick" => line.compare(self.server.tick().map(drop), None),
            "fail" => {
                let call = replica_manager::spdk::CALLS.iter().find(|call| line.word(1) == Ok(**call));
                let call = call.ok_or("the server makes no call of that name")?;
                self.server.spdk().inject(call, kind(line.word(2)?)?);
                Ok(())
            }
            "forget" => {
                by_hand::remove_key(&self.server, &name(line.word(1)?));
                Ok(())
            }
            word => {
                let operation: Operation = word.parse().map_err(|error: Error| error.message)?;
                self.state = None;
                let answer = self.operation(operation, line)?;
                line.compare(answer, self.state)
            }
        }
    }

    fn operation(&mut self, operation: Operation, line: &Line<'_>) -> std::result::Result<Result<()>, String> {
        let first = || line.word(1).map(name);
        let second = || line.word(2);
        let port = u16::try_from(self.answered).unwrap_or_default();
        let server = &self.server;
        Ok(match operation {
            Operation::ReplicaCreate => {
                let reply = server.replica_create(&spec(line)?);
                self.replied(reply)
            }
            Operation::ReplicaDelete => server.replica_delete(&first()?, second()? == "destroy"),
            Operation::ReplicaGet => server.replica_get(&first()?).map(drop),
            Operation::ReplicaList => {
                drop(server.replica_names());
                Ok(())
            }
            Operation::ReplicaSnapshotCreate => server.replica_snapshot_create(&first()?, second()?),
            Operation::ReplicaSnapshotDelete => server.replica_snapshot_delete(&first()?, second()?),
            Operation::ReplicaSnapshotRevert => server.replica_snapshot_revert(&first()?, second()?),
            Operation::ReplicaSnapshotPurge => server.replica_snapshot_purge(&first()?),
            Operation::RebuildSourceStart => {
                let started = server.rebuild_source_start(&first()?, &name(second()?), line.word(3)?);
                self.answered(started.map(u64::from))
            }
            Operation::RebuildSourceAttach => server.rebuild_source_attach(&first()?, port),
            Operation::RebuildSourceDetach => server.rebuild_source_detach(&first()?),
            Operation::RebuildSourceCopyStart => {
                let started = server.rebuild_source_copy_start(&first()?, second()?);
                self.answered(started.map(|copy| copy as u64))
            }
            Operation::RebuildSourceCopyCheck => {
                server.rebuild_source_copy_check(&first()?, usize::from(port)).map(drop)
            }
            Operation::RebuildSourceFinish => server.rebuild_source_finish(&first()?),
            Operation::RebuildDestinationStart => {
                let started = server.rebuild_destination_start(&first()?, &name(second()?), port, line.word(3)?);
                self.answered(started.map(u64::from))
            }
            Operation::RebuildDestinationRevert => server.rebuild_destination_revert(&first()?, second().ok()),
            Operation::RebuildDestinationCopyStart => server.rebuild_destination_copy_start(&first()?, second()?),
            Operation::RebuildDestinationCopyCheck => server.rebuild_destination_copy_check(&first()?).map(drop),
            Operation::RebuildDestinationSnapshotCreate => {
                server.rebuild_destination_snapshot_create(&first()?, second()?, true)
            }
            Operation::RebuildDestinationFinish => server.rebuild_destination_finish(&first()?),
            Operation::EngineCreate => {
                let addresses = self.addresses(line.from(3));
                let frontend = if second()? == "bare" { Frontend::Empty } else { Frontend::BlockDevice };
                let reply = server.engine_create(&first()?, &addresses, frontend);
                self.engine_replied(reply)
            }
            Operation::EngineDelete => server.engine_delete(&first()?),
            Operation::EngineGet => server.engine_get(&first()?).map(drop),
            Operation::EngineSnapshotCreate => server.engine_snapshot_create(&first()?, second()?),
            Operation::EngineSnapshotDelete => server.engine_snapshot_delete(&first()?, second()?),
            Operation::EngineSnapshotRevert => server.engine_snapshot_revert(&first()?, second()?),
            Operation::EngineSnapshotPurge => server.engine_snapshot_purge(&first()?),
            Operation::EngineReplicaAdd => {
                let replica = name(second()?);
                let address = self.addresses(&[second()?]).remove(&replica).unwrap_or_default();
                server.engine_replica_add(&first()?, &replica, &address).map(|job| self.rebuild.begin(job))
            }
            Operation::EngineReplicaDelete => server.engine_replica_delete(&first()?, &name(second()?)),
            Operation::BackingImageCreate => server.backing_image_create(line.word(1)?).map(drop),
            Operation::BackingImageDelete => server.backing_image_delete(&see::image_key(server, line.word(1)?)),
            Operation::BackingImageGet => server.backing_image_get(&see::image_key(server, line.word(1)?)).map(drop),
            Operation::Verify => {
                let outcome = server.verify();
                if let (Ok(wanted), Ok(found)) = (line.word(1), &outcome)
                    && wanted != format!("{found:?}").to_lowercase()
                {
                    return Err(format!("the pass was {found:?}"));
                }
                outcome.map(drop)
            }
        })
    }

    /// The replicas' addresses; of one that is not there its last remembered one, or one where nobody listens; and `r@nowhere`
    /// on a host that there is not.
    fn addresses(&self, replicas: &[&str]) -> BTreeMap<String, String> {
        let known = |replica: &str| {
            let remembered = || self.remembered.get(replica).map(|(view, _)| view.address());
            let there = self.server.replica_get(replica).ok().map(|view| view.address());
            there.or_else(remembered).unwrap_or_else(|| "10.0.0.1:29999".to_owned())
        };
        let address = |word: &&str| match word.split_once('@') {
            Some((replica, host)) => (name(replica), known(&name(replica)).replace("10.0.0.1", host)),
            None => (name(word), known(&name(word))),
        };
        replicas.iter().map(address).collect()
    }

    fn answered(&mut self, answer: Result<u64>) -> Result<()> {
        self.answered = answer?;
        Ok(())
    }

    fn replied(&mut self, reply: Result<ReplicaView>) -> Result<()> {
        self.state = Some(reply?.state);
        Ok(())
    }

    fn engine_replied(&mut self, reply: Result<EngineView>) -> Result<()> {
        self.state = Some(reply?.state);
        Ok(())
    }
}

/// `replica-create NAME`, and `lvstore=`, `size=` and `image=` where they are not the usual.
fn spec(line: &Line<'_>) -> std::result::Result<ReplicaSpec, String> {
    let mut spec = ReplicaSpec::new(match line.word(1)? {
        "''" => String::new(),
        word => name(word),
    });
    for option in line.from(2) {
        match option.split_once('=').ok_or_else(|| format!("{option} is no option"))? {
            ("lvstore", value) => value.clone_into(&mut spec.lvstore),
            ("size", value) => spec.size_mib = value.parse().map_err(|_| format!("{value} is no size"))?,
            ("image", value) => spec.backing_image = Some(value.to_owned()),
            (other, _) => return Err(format!("there is no option {other}")),
        }
    }
    Ok(spec)
}
