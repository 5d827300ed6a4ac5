//! What every scenario of this system starts from.

use bohrbug_sync::{Arc, thread};
use replica_manager::{ReplicaSpec, ReplicaView, Result, Revision, Server, State};

/// The replica that a scenario is about; named as the control plane names them, so that every revision's verify
/// would adopt its volume.
pub(super) const R: &str = "vol-r-0000000a";
/// Another replica of the same volume.
pub(super) const R2: &str = "vol-r-0000000b";
/// The volume's engine.
pub(super) const E: &str = "vol-e";

/// A fresh server of that revision.
pub(super) fn server(revision: &str) -> Arc<Server> {
    Arc::new(new_server(revision))
}

/// The same for one owner.
pub(super) fn new_server(revision: &str) -> Server {
    let revision: Revision = revision.parse().unwrap_or_else(|error| panic!("{error}"));
    Server::new(revision)
}

/// A thread with a name, which is its task's name in traces.
#[track_caller]
pub(super) fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(body).expect("a thread can be started")
}

/// What the thread answered; its panic goes on here.
#[track_caller]
pub(super) fn join<T>(handle: thread::JoinHandle<T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A thread of its own for one pass of the verify loop.
#[track_caller]
pub(super) fn spawn_verify(server: &Arc<Server>) -> thread::JoinHandle<()> {
    let server = server.clone();
    spawn("verify", move || verify(&server))
}

/// One pass of the verify loop.
pub(super) fn verify(server: &Server) {
    if let Err(error) = server.verify() {
        panic!("a verify pass failed: {error}");
    }
}

/// Asks for a replica.
pub(super) fn create(server: &Server, name: &str) -> Result<ReplicaView> {
    server.replica_create(&ReplicaSpec::new(name))
}

/// A replica that is running, while nothing else is going on.
pub(super) fn running(server: &Server, name: &str) -> ReplicaView {
    match create(server, name) {
        Ok(view) if view.state == State::Running => view,
        other => panic!("with nothing else going on, the create of {name} answered {other:?}"),
    }
}
