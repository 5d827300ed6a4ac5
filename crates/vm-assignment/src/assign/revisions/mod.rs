//! The revisions: each the same steps in another arrangement. Read `reported` and `transaction` side by side.

pub(super) mod checkpoint;
pub(super) mod pr10875;
pub(super) mod pr7061;
pub(super) mod reported;
pub(super) mod reservations;
pub(super) mod strict;
pub(super) mod transaction;
pub(super) mod verify_after;
