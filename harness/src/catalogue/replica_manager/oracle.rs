//! What must be true at the end, in words that a reader of a failure understands.

use replica_manager::{ReplicaView, Result, Server, State};

/// A create that was acknowledged: the map holds that very replica, running, until it is deleted.
#[track_caller]
pub(super) fn created(server: &Server, name: &str, reply: &Result<ReplicaView>) {
    if let Err(what) = is_recorded(server, name, reply) {
        panic!("creation was cut off: {what}");
    }
}

/// The same as an answer.
pub(super) fn is_recorded(server: &Server, name: &str, reply: &Result<ReplicaView>) -> std::result::Result<(), String> {
    let view = match reply {
        Err(error) => return Err(format!("the create of {name} was refused: {error}")),
        Ok(view) if view.state != State::Running => {
            return Err(format!("the create of {name} ended in state {}: {}", view.state, view.error));
        }
        Ok(view) => view,
    };
    match server.replica_get(name) {
        Err(_) => Err(format!("replica {name} was created, but the map has lost it")),
        Ok(found) if found != *view => {
            Err(format!("replica {name} was created, but the map holds another object, which is {}", found.state))
        }
        Ok(_) => Ok(()),
    }
}

/// No port range leaked; the volumes on the disk are those of the replicas in the map.
#[track_caller]
pub(super) fn nothing_leaked(server: &Server, prefix: &str) {
    match server.audit() {
        Ok(findings) if findings.is_empty() => {}
        Ok(findings) => panic!("{prefix}: {}", findings.join("; ")),
        Err(error) => panic!("{prefix}: the target cannot be asked: {error}"),
    }
}
