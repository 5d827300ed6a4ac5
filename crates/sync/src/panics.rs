//! What a panic said, and where: noted by the panic hook, read by the task that unwound.

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;

thread_local! {
    static LAST: RefCell<Option<(String, Option<String>)>> = const { RefCell::new(None) };
}

/// Notes a panic of a task; a hook calls this. Returns whether it is one: the calling OS thread is in an execution, and it is
/// not the driver that panics.
pub fn note(info: &PanicHookInfo<'_>) -> bool {
    if crate::ambient::ambient().is_none_or(|x| x.driver_panics()) {
        return false;
    }
    let site = info.location().map(ToString::to_string);
    LAST.set(Some((message(info.payload()), site)));
    true
}

/// The message and the place of the panic that has just unwound a task.
pub(crate) fn describe(payload: &(dyn Any + Send)) -> (String, Option<String>) {
    let noted = LAST.take();
    let said = message(payload);
    match noted {
        Some((message, site)) if message == said => (message, site),
        _ => (said, None),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    }
}
