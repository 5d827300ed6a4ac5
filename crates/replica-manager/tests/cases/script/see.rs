//! `see …`: what must be so by then.

use std::fmt::Debug;

use replica_manager::{DISK, Server, names, spdk::Lister};

use super::Outcome;
use super::words::{Line, lvol, name};

pub(super) fn look(server: &Server, line: &Line<'_>) -> Outcome {
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
        "clean" => same(Vec::<String>::new(), server.audit().map_err(|error| error.to_string())?),
        other => Err(format!("there is no {other} to be seen")),
    }
}

pub(super) fn image_key(server: &Server, image: &str) -> String {
    let disk = server.spdk().get_lvstore(DISK).map(|disk| disk.uuid).unwrap_or_default();
    names::backing_image(image, disk)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn same<T: PartialEq + Debug>(wanted: T, found: T) -> Outcome {
    if wanted == found { Ok(()) } else { Err(format!("there is {found:?}")) }
}
