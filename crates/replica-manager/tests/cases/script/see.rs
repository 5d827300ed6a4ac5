//! `see …`: what must be so by then.

use std::fmt::Debug;

use replica_manager::{DISK, Server, names, spdk::Lister};

use super::words::{Line, lvol, name};
use super::{Outcome, Play};

pub(super) fn look(play: &Play, line: &Line<'_>) -> Outcome {
    let server = &play.server;
    let (what, of) = (line.word(1)?, line.word(2).unwrap_or_default());
    let listing = server.spdk().list(Lister::Observer).map_err(|error| error.to_string())?;
    let replica = || server.replica_get(&name(of)).map_err(|error| error.to_string());
    let engine = || server.engine_get(&name(of)).map_err(|error| error.to_string());
    match what {
        "replica" => same(words(line.from(3)), vec![replica()?.state.to_string()]),
        "no-replica" => same(true, replica().is_err()),
        "replicas" => same(line.from(2).iter().map(|word| name(word)).collect::<Vec<_>>(), server.replica_names()),
        "size" => same(line.word(3)?.to_owned(), replica()?.size_mib.to_string()),
        "chain" => {
            let chain = replica()?.tree.chain.into_iter().map(|entry| entry.unwrap_or_else(|| "-".to_owned()));
            same(words(line.from(3)), chain.collect::<Vec<_>>())
        }
        "snapshots" => same(words(line.from(3)), replica()?.tree.snapshots.into_keys().collect()),
        "rebuilding" => same(true, replica()?.rebuilding),
        "last-rebuild" => same(line.word(3)?.to_owned(), format!("{:?}", replica()?.rebuild.state)),
        "exported" => same(true, listing.exports.contains_key(&lvol(of))),
        "not-exported" => same(false, listing.exports.contains_key(&lvol(of))),
        "volumes" => {
            let mut wanted: Vec<String> = line.from(2).iter().map(|word| lvol(word)).collect();
            wanted.sort();
            same(wanted, listing.lvols.keys().cloned().collect())
        }
        "ports" => same(of.to_owned(), server.ports().in_use().to_string()),
        "engine" => same(words(line.from(3)), vec![engine()?.state.to_string()]),
        "no-engine" => same(true, engine().is_err()),
        "modes" => {
            let modes = engine()?.modes;
            let wanted = line.from(3).iter().map(|word| word.split_once('=').unwrap_or((word, "")));
            let wanted = wanted.map(|(replica, mode)| format!("{}={mode}", name(replica)));
            same(wanted.collect(), modes.iter().map(|(replica, mode)| format!("{replica}={mode}")).collect::<Vec<_>>())
        }
        "block" => {
            let number = line.word(3)?.parse().map_err(|_| "a block has a number".to_owned())?;
            let found = server.spdk().read(&name(of), number).map_err(|error| error.to_string())?;
            same(line.word(4)?.to_owned(), found.map_or_else(|| "nothing".to_owned(), |content| content.to_string()))
        }
        "image" => {
            let state = server.backing_image_get(&image_key(server, of)).map_err(|error| error.to_string())?;
            same(line.word(3)?.to_owned(), format!("{state:?}").to_lowercase())
        }
        "no-image" => same(true, server.backing_image_get(&image_key(server, of)).is_err()),
        "port-range" => {
            let ports = replica()?.ports.ok_or("it has no ports")?;
            same(
                (line.word(3)?.to_owned(), true),
                (ports.count().to_string(), (20_000..=30_000).contains(&ports.start)),
            )
        }
        "exported-on-own-port" | "exported-on-another-port" => {
            let own = replica()?.ports.map(|ports| ports.start);
            same(what == "exported-on-own-port", listing.exports.get(&name(of)).copied() == own)
        }
        "no-ports" => same(None, replica()?.ports),
        "not-rebuilding" => same(false, replica()?.rebuilding),
        "says-why" => same(false, replica()?.error.is_empty()),
        "as-remembered" => same(Some(replica()?), play.remembered.get(&name(of)).map(|(view, _)| view.clone())),
        "error-as-remembered" => {
            same(Some(replica()?.error), play.remembered.get(&name(of)).map(|(view, _)| view.error.clone()))
        }
        "another-head" => {
            let head = listing.lvols.get(&name(of)).map(|head| head.uuid);
            same(true, head.is_some() && play.remembered.get(&name(of)).is_some_and(|(_, known)| *known != head))
        }
        "head-over" => {
            same(line.word(3)?.to_owned(), replica()?.tree.head.and_then(|head| head.parent).unwrap_or_default())
        }
        "head-over-remote" => {
            let parent = listing.lvols.get(&name(of)).and_then(|head| head.parent.clone()).unwrap_or_default();
            same(Some(lvol(line.word(3)?)), listing.nvme.get(&parent).map(|device| device.lvol.clone()))
        }
        "children" => {
            let tree = replica()?.tree;
            let snapshot = tree.snapshots.get(line.word(3)?).ok_or("there is no such snapshot")?;
            same(words(line.from(4)), snapshot.children.iter().cloned().collect())
        }
        "system-snapshots" => {
            let snapshots = replica()?.tree.snapshots.into_iter();
            same(words(line.from(3)), snapshots.filter(|(_, node)| !node.user_created).map(|(name, _)| name).collect())
        }
        "reconnects" => same(of.to_owned(), server.reconnects().to_string()),
        "findings" => same(of.to_owned(), server.audit().map_err(|error| error.to_string())?.len().to_string()),
        "listings" => same(line.from(2).iter().map(|word| lister(server, word)).collect(), journal(server)),
        "clean" => same(Vec::<String>::new(), server.audit().map_err(|error| error.to_string())?),
        other => Err(format!("there is no {other} to be seen")),
    }
}

pub(super) fn image_key(server: &Server, image: &str) -> String {
    let disk = server.spdk().get_lvstore(DISK).map(|disk| disk.uuid).unwrap_or_default();
    names::backing_image(image, disk)
}

/// Who has listed since somebody wanted that written down, but for those who look on.
fn journal(server: &Server) -> Vec<String> {
    server.spdk().journal().into_iter().filter(|lister| lister != "Observer").collect()
}

/// `verify`, `replica:r`, `engine:e`, `image:b`: who lists, as the journal has it.
fn lister(server: &Server, word: &str) -> String {
    match word.split_once(':') {
        Some(("replica", of)) => format!("Replica({:?})", name(of)),
        Some(("engine", of)) => format!("Engine({:?})", name(of)),
        Some(("image", of)) => format!("BackingImage({:?})", image_key(server, of)),
        _ => "Verify".to_owned(),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn same<T: PartialEq + Debug>(wanted: T, found: T) -> Outcome {
    if wanted == found { Ok(()) } else { Err(format!("there is {found:?}")) }
}
