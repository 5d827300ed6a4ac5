//! A storage server's replica map against its verify loop.
//!
//! The system is modelled on the Longhorn SPDK engine, and the bug on longhorn#9953: creating a replica first put a
//! record into the server's map and then made the logical volume; a verify loop that removes records without volumes
//! could come between the two. The creation was cut off, map and disk disagreed, and the engine took the replica for
//! failed (RW to ERR). The fix (`b789d730`) was undone in effect by a later change of the loop (`f01edc84`,
//! longhorn#13074) and repaired again (`d85f82bf`).
//!
//! Kept: the server's maps and locks and every order in which they are taken, the replica's state machine, snapshot
//! trees, rebuilding, the engine's modes, the phases of the verify loop, update signals. Cut: gRPC (a call is a method
//! call on the same server), NVMe and frontends (names and ports), contents (a number a block), backups, and the
//! initiator side of engines.
//!
//! ```
//! use replica_manager::{ReplicaSpec, Revision, Server, State};
//!
//! let server = Server::new(Revision::V6);
//! let reply = server.replica_create(&ReplicaSpec::new("vol-r-0000000a"))?;
//! assert_eq!(reply.state, State::Running);
//! server.verify()?;
//! assert_eq!(server.replica_get("vol-r-0000000a")?, reply);
//! # Ok::<(), replica_manager::Error>(())
//! ```

mod backing_image;
mod behaviour;
pub mod by_hand;
mod engine;
mod error;
mod locks;
pub mod names;
mod node;
mod ports;
mod replica;
mod revision;
mod server;
pub mod spdk;
mod tree;
mod updates;

pub use backing_image::{BackingImage, BackingImageState};
pub use behaviour::{Behaviour, MissingReplica};
pub use engine::{Engine, EngineView, Finish, Frontend, Mode, RebuildJob};
pub use error::{Error, ErrorKind, Result};
pub use ports::{PortRange, Ports};
pub use replica::{RebuildProgress, RebuildState, RebuildStatus, Replica, ReplicaSpec, ReplicaView, State};
pub use revision::{Revision, Verified};
pub use server::{Config, DISK, Operation, Server, is_refusal};
pub use tree::{Node as TreeNode, Tree};
pub use updates::{Broadcaster, Subject, Updates, WATCHER_CAPACITY};
