//! A volume never comes to stand on itself.

use replica_manager::{ErrorKind, ReplicaSpec, Revision, Server};

#[test]
fn a_rebuild_that_ends_under_a_users_snapshot_of_that_name_fails_and_leaves_nothing() {
    let server = Server::new(Revision::Strict);
    let (source, destination) = ("vol-r-0000000a", "vol-r-0000000d");
    for replica in [source, destination] {
        server.replica_create(&ReplicaSpec::new(replica)).unwrap();
    }
    let port = server.replica_get(source).unwrap().ports.expect("it runs").start;
    server.rebuild_destination_start(destination, source, port, "t").unwrap();
    server.replica_snapshot_create(destination, "t").unwrap();
    let refused = server.rebuild_destination_finish(destination).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidArgument, "{refused}");
    for replica in [source, destination] {
        server.replica_delete(replica, true).unwrap();
    }
    assert_eq!(server.audit().unwrap(), Vec::<String>::new());
}
