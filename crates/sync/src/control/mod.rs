//! The side of the primitives that tools use: how an execution is set up, driven and read.
//!
//! Code under test never needs this module; `bohrbug` is written on it. An [`Execution`] is the state of one run of a
//! closure: its tasks, its objects and the log of reported events. A [`Driver`] decides and watches: who runs next, what
//! is chosen, whether an incident ends the execution. On the `native` runtime the execution schedules the tasks itself;
//! on `shuttle` and `loom` it only follows what their schedulers do, by the same rules of enabledness, which is how a
//! deadlock is known before they would abort on it.

mod asking;
mod bounds;
mod config;
mod ctx;
mod driver;
mod edges;
mod event;
mod execution;
mod guard;
mod head;
mod inner;
mod life;
mod memory;
mod notes;
mod object;
mod own_process;
mod pending;
mod raw;
mod ready;
mod rehearsal;
mod requeue;
mod statics;
mod step;
mod stop;
mod stuck;
mod table;
mod task;
mod task_set;
mod token;

pub use crate::luggage::{Luggage, carry_by};
pub use crate::native::stepping::tell_steps_to;
pub use crate::panic_count::unwatch_by;
pub use crate::panics::note as note_panic;
pub use config::{Carrier, Config, MemoryModel, Runtime, is_built};
pub use driver::{Blocked, Driver, Incident, Reaction, View};
pub use edges::{Edge, Edges};
pub use event::Event;
pub use execution::{Execution, Status};
pub use guard::note_free;
pub use object::Origin;
pub use own_process::{
    StackMemory, exit_at_first_thread, is_stopping, is_under_test, place_stacks, sleeps_take_time, statics_begin_anew,
    stay_if_over, threads_may_panic,
};
pub use pending::Pending;
pub use raw::{Position, RawAccess, RawOperation, accessed, give_way, position};
pub(crate) use task_set::Amount;
pub use task_set::TaskSet;

pub(crate) use ctx::Ctx;
pub(crate) use event::small;
pub(crate) use inner::Inner;
pub(crate) use life::{Body, Main, run_task};
pub(crate) use memory::{Exchanged, WeakExchange};
pub use memory::{MemoryAccess, MemoryOperation};
pub(crate) use object::{State, Twin};
pub(crate) use own_process::{StackPlace, plain_thread, sleeps_wait, stack_memory};
pub(crate) use step::Turn;
pub(crate) use stop::abort;
