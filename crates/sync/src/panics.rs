//! What a panic said, and where: noted by the panic hook, read by the task that unwound.

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;

use bohrbug_events::TaskId;

use crate::control::Ctx;

/// What a task's last panic said, and where.
struct Said {
    epoch: u64,
    task: TaskId,
    message: String,
    site: Option<String>,
}

thread_local! {
    /// One for each task of the execution: others may panic while one unwinds.
    static LAST: RefCell<Vec<Said>> = const { RefCell::new(Vec::new()) };
}

/// Notes a panic of a task; a hook calls this. Returns whether it is one: the calling OS thread is in an execution, and it is
/// not the driver that panics.
pub fn note(info: &PanicHookInfo<'_>) -> bool {
    let Some(x) = crate::ambient::ambient().filter(|x| !x.driver_panics()) else {
        return false;
    };
    let (epoch, task) = (x.epoch(), x.current());
    let said = Said { epoch, task, message: message(info.payload()), site: info.location().map(ToString::to_string) };
    LAST.with_borrow_mut(|last| {
        last.retain(|said| said.epoch == epoch && said.task != task);
        last.push(said);
    });
    true
}

/// A panic has ended a task and is nobody's business, unless somebody else panics for it.
pub(crate) fn pass(x: Ctx, task: TaskId, payload: &(dyn Any + Send)) {
    let (message, site) = last(x, payload);
    let site = site.map(|site| format!(" at {site}")).unwrap_or_default();
    x.with(|x| _ = x.passed.get_or_insert_with(|| format!("before that {task} panicked{site}: {message}")));
}

/// The message and the place of the panic that has just unwound a task.
pub(crate) fn describe(x: Ctx, payload: &(dyn Any + Send)) -> (String, Option<String>) {
    let (message, site) = last(x, payload);
    match x.with(|x| x.passed.take()) {
        Some(passed) => (format!("{message}\n{passed}"), site),
        None => (message, site),
    }
}

fn last(x: Ctx, payload: &(dyn Any + Send)) -> (String, Option<String>) {
    let (epoch, task) = (x.epoch(), x.current());
    let noted = LAST.with_borrow_mut(|last| {
        let place = last.iter().position(|said| said.epoch == epoch && said.task == task)?;
        Some(last.swap_remove(place))
    });
    let text = message(payload);
    let site = noted.filter(|said| said.message == text).and_then(|said| said.site);
    (text, site)
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
