//! Tasks: requests that answer before they are done.
//!
//! The request's thread goes on as the task's: it takes the entity's lock, answers the client, runs the body and lets
//! go. So a client that was answered finds the entity locked until the task ends, with no gap in which another request
//! could slip in. (Departure: the original hands the lock from one goroutine to another; here it never changes hands.)

use bohrbug_sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, label};

use crate::fault::{Fault, FaultKind};
use crate::lock::ObjectLock;
use crate::reference::Ref;
use crate::value::Value;

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Not begun.
    Queued,
    /// Begun.
    Running,
    /// Ended well.
    Success,
    /// Ended with a fault.
    Error,
}

impl TaskState {
    /// The name in the vSphere API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Error => "error",
        }
    }
}

/// What is known of a task.
#[derive(Clone, Debug)]
pub struct TaskInfo {
    /// Where it is.
    pub state: TaskState,
    /// What it made, when it ended well and made something.
    pub result: Option<Ref>,
    /// Why it ended, when it did not end well.
    pub error: Option<Fault>,
}

/// A task.
pub struct Task {
    reference: Ref,
    entity: Ref,
    name: &'static str,
    lock: ObjectLock,
    info: Mutex<TaskInfo>,
    begun: OnceLock<()>,
    ended: OnceLock<()>,
}

impl Task {
    pub(crate) fn new(reference: Ref, entity: Ref, name: &'static str) -> Arc<Self> {
        let info = TaskInfo { state: TaskState::Queued, result: None, error: None };
        let task = Self {
            reference,
            entity,
            name,
            lock: ObjectLock::new(reference),
            info: Mutex::new(info),
            begun: OnceLock::new(),
            ended: OnceLock::new(),
        };
        label(&task.info, format_args!("{reference} info"));
        label(&task.begun, format_args!("{reference} begun"));
        label(&task.ended, format_args!("{reference} ended"));
        Arc::new(task)
    }

    /// The task's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    /// The object that the task is about.
    pub fn entity(&self) -> Ref {
        self.entity
    }

    /// What the task does.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    #[track_caller]
    fn locked(&self) -> MutexGuard<'_, TaskInfo> {
        self.info.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of it now.
    pub fn info(&self) -> TaskInfo {
        self.locked().clone()
    }

    /// The body runs; `tell` says so, and then the client is answered.
    pub(crate) fn begin(&self, tell: impl FnOnce(Value)) {
        let info = {
            let mut info = self.locked();
            info.state = TaskState::Running;
            info.clone()
        };
        tell(self.tree_of(info));
        let _ = self.begun.set(());
    }

    /// The body has ended; `tell` says so, and then whoever waits for it goes on.
    pub(crate) fn end(&self, result: Result<Option<Ref>, Fault>, tell: impl FnOnce(Value)) {
        let (state, result, error) = match result {
            Ok(result) => (TaskState::Success, result, None),
            Err(fault) => (TaskState::Error, None, Some(fault)),
        };
        let info = TaskInfo { state, result, error };
        *self.locked() = info.clone();
        tell(self.tree_of(info));
        let _ = self.ended.set(());
    }

    /// Marks the task as cancelled. Its body is not stopped, and when it ends, how it ended is what counts.
    pub(crate) fn cancel(&self) {
        {
            let mut info = self.locked();
            if matches!(info.state, TaskState::Queued | TaskState::Running) {
                info.state = TaskState::Error;
                info.error = Some(Fault::new(FaultKind::RequestCanceled, "the task was cancelled"));
            }
        }
        let _ = self.ended.set(());
    }

    /// Waits until the body runs, so that its entity is locked.
    pub(crate) fn wait_until_begun(&self) {
        self.begun.wait();
    }

    /// Waits for the end, and answers what the task made or why it failed.
    pub fn wait(&self) -> Result<Option<Ref>, Fault> {
        self.ended.wait();
        let TaskInfo { result, error, .. } = self.info();
        error.map_or(Ok(result), Err)
    }

    pub(crate) fn tree(&self) -> Value {
        Value::Struct(vec![("info", self.tree_of(self.info()))])
    }

    fn tree_of(&self, info: TaskInfo) -> Value {
        let error = info.error.map_or(Value::Unset, |fault| Value::Text(fault.kind.to_string()));
        let fields = vec![
            ("state", Value::Text(info.state.name().into())),
            ("entity", Value::Ref(self.entity)),
            ("name", Value::Text(self.name.into())),
            ("result", info.result.map_or(Value::Unset, Value::Ref)),
            ("error", error),
        ];
        Value::Struct(fields)
    }
}
