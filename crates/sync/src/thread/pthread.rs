//! A thread's handle as POSIX has it.

use std::os::unix::thread::{JoinHandleExt, RawPthread};

use super::JoinHandle;

/// In an execution every task runs on the OS thread that explores, and that one is meant: do not wait for it.
impl<T> JoinHandleExt for JoinHandle<T> {
    fn as_pthread_t(&self) -> RawPthread {
        self.plain_handle().map_or_else(this_thread, JoinHandleExt::as_pthread_t)
    }

    fn into_pthread_t(self) -> RawPthread {
        self.into_plain_handle().map_or_else(this_thread, JoinHandleExt::into_pthread_t)
    }
}

fn this_thread() -> RawPthread {
    unsafe extern "C" {
        safe fn pthread_self() -> RawPthread;
    }
    pthread_self()
}
