//! What the drivers of several tests decide: every task goes on in its turn, so that all of them are in the middle of
//! something.

use bohrbug_events::TaskId;
use bohrbug_sync::control::View;

/// The next task after the current one that can go on, round and round.
pub(crate) fn next_in_turn(view: View<'_>) -> Option<TaskId> {
    let later = view.ready().iter().find(|task| *task > view.current());
    later.or_else(|| view.ready().iter().next())
}
