//! Threads as all programs use them: started with a name, joined in the order in which they were started.

use bohrbug_sync::thread::{Builder, JoinHandle};

/// Starts a thread; its name is its task's in traces.
#[track_caller]
pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// Waits for all of them; a panic of one goes on here.
#[track_caller]
pub(super) fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}
