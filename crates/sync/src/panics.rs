//! What a panic said, and where: noted by the panic hook, read by the task that unwound.

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;

use bohrbug_trace::TaskId;

thread_local! {
    /// The first panic of this execution that ended a task and was no incident.
    static PASSED: RefCell<Option<String>> = const { RefCell::new(None) };
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

/// An execution begins.
pub(crate) fn forget() {
    PASSED.take();
}

/// A panic has ended a task and is nobody's business, unless somebody else panics for it.
pub(crate) fn pass(task: TaskId, payload: &(dyn Any + Send)) {
    let (message, site) = last(payload);
    let site = site.map(|site| format!(" at {site}")).unwrap_or_default();
    PASSED.with_borrow_mut(|passed| {
        passed.get_or_insert_with(|| format!("before that {task} panicked{site}: {message}"));
    });
}

/// The message and the place of the panic that has just unwound a task.
pub(crate) fn describe(payload: &(dyn Any + Send)) -> (String, Option<String>) {
    let (message, site) = last(payload);
    match PASSED.take() {
        Some(passed) => (format!("{message}\n{passed}"), site),
        None => (message, site),
    }
}

fn last(payload: &(dyn Any + Send)) -> (String, Option<String>) {
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
