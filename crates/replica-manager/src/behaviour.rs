//! What changed upstream over the years without touching the create-against-verify protocol.
//!
//! A revision is a protocol (see [`crate::Revision`]) plus the [`Behaviour`] of the tree that it stood in. Each field
//! names the commit that flipped it; three trees are enough for the seven protocol versions.

/// What a replica that the server cannot find means to an engine that looks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingReplica {
    /// Verify does not ask (before validation called back into the server).
    NotAskedByVerify,
    /// Nothing: the replica keeps its mode for ever.
    KeepsMode,
    /// Its mode becomes ERR (since `501dc556`).
    BecomesErr,
}

/// The small differences between upstream's trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    /// What an engine makes of a replica that the server's map has lost.
    pub missing_replica: MissingReplica,
    /// Verify adopts only volumes whose names look like a replica's (`cdcf20fd`).
    pub adopts_only_replica_names: bool,
    /// A detach leaves a placeholder that nobody constructed pending (`1a8c3b02`).
    pub detach_keeps_pending: bool,
    /// A running replica whose export is gone is an error (`e06e39d9`).
    pub missing_export_is_an_error: bool,
    /// An engine may delete the snapshot right above the head (`976449c2`).
    pub deletes_heads_parent: bool,
    /// A rebuild's destination may have snapshots already (fast rebuild, 2025).
    pub rebuilds_over_snapshots: bool,
    /// An add that failed says so, although the frontend resumed well (`cc342d1f`), and lists the replica as ERR.
    pub reports_failed_add: bool,
    /// The end of a rebuild passes over a destination that left the engine meanwhile (`1eff34cd`).
    pub finish_skips_missing: bool,
    /// The end of a rebuild calls the replicas without the engine's lock (`7f1cc1e2`).
    pub finishes_unlocked: bool,
    /// After shutdown the dispatcher goes on taking update signals (`7f1cc1e2`).
    pub drains_on_shutdown: bool,
    /// A rebuild's source changes the target that it copies to under its own lock (`828db995`).
    pub locks_copy_target: bool,
    /// Not upstream's: what somebody uses is not taken from under them. A backing image that a replica stands on and a
    /// snapshot that a source exports are not deleted, a target is attached only to a source that serves, and a source does
    /// not become a destination.
    pub guards_what_is_in_use: bool,
    /// Not upstream's: an engine takes a replica of the right name and another address or head for another one, and a rebuild
    /// that somebody gave up for none of the engine's.
    pub tells_replicas_apart: bool,
    /// Not upstream's: a destination lets go of its lock while it asks its source, which may be asking it.
    pub asks_the_source_unlocked: bool,
}

impl Behaviour {
    /// Before verify removed anything (to August 2024).
    pub const EARLY: Self = Self { missing_replica: MissingReplica::KeepsMode, ..Self::DEC_2024 };

    /// The tree that the report describes.
    pub const DEC_2024: Self = Self {
        missing_replica: MissingReplica::BecomesErr,
        adopts_only_replica_names: false,
        detach_keeps_pending: false,
        missing_export_is_an_error: false,
        deletes_heads_parent: false,
        rebuilds_over_snapshots: false,
        reports_failed_add: false,
        finish_skips_missing: false,
        finishes_unlocked: false,
        drains_on_shutdown: false,
        locks_copy_target: false,
        guards_what_is_in_use: false,
        tells_replicas_apart: false,
        asks_the_source_unlocked: false,
    };

    /// The tree of 2026.
    pub const HEAD: Self = Self {
        missing_replica: MissingReplica::BecomesErr,
        adopts_only_replica_names: true,
        detach_keeps_pending: true,
        missing_export_is_an_error: true,
        deletes_heads_parent: true,
        rebuilds_over_snapshots: true,
        reports_failed_add: true,
        finish_skips_missing: true,
        finishes_unlocked: true,
        drains_on_shutdown: true,
        locks_copy_target: true,
        guards_what_is_in_use: false,
        tells_replicas_apart: false,
        asks_the_source_unlocked: false,
    };

    /// The tree of 2026 without what is known to be wrong with it.
    pub const STRICT: Self =
        Self { guards_what_is_in_use: true, tells_replicas_apart: true, asks_the_source_unlocked: true, ..Self::HEAD };
}
