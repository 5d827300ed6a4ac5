//! One vocabulary for everything above the primitives: the *event*, one operation by one task on one object.
//!
//! A primitive *announces* its event before it acts and *reports* it after. Strategies, monitors, recorded traces, the
//! matcher and the timelines all speak of the types in this crate. It knows no runtime and no strategy: a trace can be
//! read, compared and drawn on a machine that cannot run it.
//!
//! What a reader needs first: [`Trace`] is one recorded execution, [`Trace::read`] and [`Trace::save_into`] bring it from
//! and to a file, [`first_difference`] compares two, [`timeline`] and [`last_events`] draw one. The format is described in
//! `docs/trace-format.md`.

pub mod by_name;
mod called;
mod causes;
mod comparison;
mod essence;
mod event;
mod explanation;
mod fingerprint;
mod header;
mod kind;
mod line;
mod matching;
mod nearest;
mod pairs;
mod read;
mod read_error;
mod save;
mod site;
mod sources;
mod task_path;
mod timeline;
mod trace;

pub use bohrbug_events::{
    Access, Carrier, MemoryModel, MemoryOrder, ObjectId, ObjectKind, Operation, Outcome, Runtime, StepIdx, TaskId,
    conflict, is_exclusive,
};
pub use causes::causes;
pub use comparison::{Difference, first_difference, first_difference_by};
pub use essence::{Before, EventKey, keys};
pub use event::{TraceEvent, choice_in};
pub use explanation::{Explanation, HeldLock, held_at_end};
pub use fingerprint::fingerprint;
pub use header::{Choices, FORMAT, FailureRecord, Fewest, Header, Preemptions, Waiting};
pub use kind::{Certainty, FailureKind};
pub use matching::{Matching, match_events};
pub use nearest::nearest;
pub use pairs::{conflicting_pairs, ordered_pairs};
pub use read::{MAX_EVENTS, MAX_LINE};
pub use read_error::{ReadError, ReadErrorKind};
pub use save::{SaveError, SaveErrorKind, Saved, file_name, replace_file};
pub use site::portable_site;
pub use sources::Sources;
pub use task_path::{child_path, is_task_path, parent_path};
pub use timeline::{TimelineOptions, last_events, timeline};
pub use trace::Trace;
