//! What shuttle and loom do for a channel's operations; native does nothing.

use bohrbug_events::{ObjectId, Operation};

use crate::control::{Ctx, Turn, Twin};

/// Waits for room.
pub(super) fn send(x: Ctx, twin: &Twin) {
    match twin {
        Twin::Shuttle(twin) => twin.channel().send(x),
        other => wait(x, other),
    }
}

/// Waits for a message.
pub(super) fn recv(x: Ctx, twin: &Twin, object: ObjectId) {
    match twin {
        Twin::Shuttle(twin) => twin.channel().recv(x, object),
        other => wait(x, other),
    }
}

/// Takes a message if there is one.
pub(super) fn try_recv(twin: &Twin) {
    match twin {
        Twin::Shuttle(twin) => twin.channel().try_recv(),
        other => other.pause(),
    }
}

/// Waits until the shadow lets the current task go on.
pub(super) fn wait(x: Ctx, twin: &Twin) {
    match twin {
        Twin::Shuttle(twin) => twin.channel().bounded().wait(x),
        Twin::Loom(twin) => twin.meeting().wait(x, |me| x.enabled(me)),
        Twin::Native => {}
    }
}

/// The operation has changed the shadow: who waits at a channel with a bound looks again. What a task does while it unwinds,
/// shuttle's channel is told later.
pub(super) fn changed(x: Ctx, object: ObjectId, operation: Operation, turn: Turn) {
    if turn == Turn::Unwinding {
        x.defer(operation, object);
    }
    if let Twin::Shuttle(twin) = x.twin(object) {
        twin.channel().bounded().call();
    }
}

/// The last sender, or the receiver, is gone.
pub(super) fn close(x: Ctx, object: ObjectId, operation: Operation) {
    if let Twin::Shuttle(twin) = x.twin(object) {
        match operation {
            Operation::DropSender => twin.channel().close_sender(),
            _ => twin.channel().close_receiver(),
        }
    }
}
