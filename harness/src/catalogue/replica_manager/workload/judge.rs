//! What must be true of a server after any operations, whichever of them were turned away.
//!
//! 1. Maps, target and ports account for each other, before and after one more verify pass.
//! 2. Nobody is in state error but for an operation that failed on the target and said so.
//! 3. A replica that an engine calls RW runs, and holds what the volume holds.
//! 4. Everything can be taken down, and nothing outlives that.

use replica_manager::{ErrorKind, Mode, Result, Server, State, spdk::Lister};

use super::world::World;
use crate::catalogue::replica_manager::{oracle, stage};

/// Panics unless all of it is so; the tasks have ended, and `answers` is what they were told.
#[track_caller]
pub(in crate::catalogue::replica_manager) fn judge(world: &World, answers: &[Result<()>]) {
    let server = &world.server;
    oracle::nothing_leaked(server, "the server is not what it says");
    stage::verify(server);
    oracle::nothing_leaked(server, "the server is not what it says after a verify pass");
    if !answers.iter().any(failed) {
        nobody_is_broken(server);
    }
    rw_means_the_same(world);
    take_down(server);
}

/// The same after the target failed, which may leave objects in state error, also where the answer does not say so.
#[track_caller]
pub(in crate::catalogue::replica_manager) fn judge_after_a_failure(world: &World) {
    let server = &world.server;
    oracle::nothing_leaked(server, "the server is not what it says");
    stage::verify(server);
    oracle::nothing_leaked(server, "the server is not what it says after a verify pass");
    if server.engine_get(stage::E).is_ok_and(|engine| engine.state == State::Running) {
        rw_means_the_same(world);
    }
    take_down(server);
}

/// Whether the operation began and did not come through.
fn failed(answer: &Result<()>) -> bool {
    let Err(error) = answer else { return false };
    match error.kind {
        ErrorKind::InvalidArgument | ErrorKind::NotFound | ErrorKind::AlreadyExists | ErrorKind::FailedPrecondition => {
            false
        }
        ErrorKind::NoSuchDevice
        | ErrorKind::NameExists
        | ErrorKind::NoSpace
        | ErrorKind::DeviceBusy
        | ErrorKind::BrokenPipe
        | ErrorKind::Mismatch
        | ErrorKind::Failed => true,
    }
}

#[track_caller]
fn nobody_is_broken(server: &Server) {
    for name in server.replica_names() {
        let Ok(view) = server.replica_get(&name) else { continue };
        assert_ne!(view.state, State::Error, "replica {name} is in state error: {}", view.error);
    }
}

#[track_caller]
fn rw_means_the_same(world: &World) {
    let server = &world.server;
    let Ok(engine) = server.engine_get(stage::E) else { return };
    let rw: Vec<&String> = engine.modes.iter().filter(|(_, mode)| **mode == Mode::Rw).map(|(name, _)| name).collect();
    if rw.is_empty() || engine.state == State::Stopped {
        return;
    }
    assert_eq!(engine.state, State::Running, "the engine is in state error: {}", engine.error);
    let mut second_blocks = Vec::new();
    for name in rw {
        let running = server.replica_get(name).is_ok_and(|view| view.state == State::Running);
        assert!(running, "the engine calls {name} RW, which does not run");
        let block = |number| server.spdk().read(name, number).unwrap_or_default();
        assert_eq!(block(0), world.content, "the engine calls {name} RW, which does not hold what was written");
        second_blocks.push(block(1));
    }
    second_blocks.dedup();
    assert!(second_blocks.len() < 2, "the engine calls replicas RW that hold different contents: {second_blocks:?}");
}

#[track_caller]
fn take_down(server: &Server) {
    let gone = |what: &str, outcome: Result<()>| {
        if let Err(error) = outcome {
            panic!("{what} cannot be taken down: {error}");
        }
    };
    gone("the engine", server.engine_delete(stage::E));
    for name in server.replica_names() {
        gone(&name, server.replica_delete(&name, true));
    }
    let listing = server.spdk().list(Lister::Observer).unwrap_or_default();
    for image in listing.lvols.keys() {
        gone(image, server.backing_image_delete(image));
    }
    oracle::nothing_leaked(server, "after everything was taken down");
    assert_eq!(server.ports().in_use(), 0, "after everything was taken down: ports are still taken");
}
