//! The map of backing images, which `v5` and `v6` swap without looking whether it changed meanwhile.

use replica_manager::BackingImageState;

use super::{HOLDS, SYSTEM, fails, stage};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "backing-image-vs-verify",
    summary: "a backing image is made while a verify pass is under way",
    expectations: &[
        ("v0", HOLDS),
        ("v1", fails("backing image")),
        ("v2", HOLDS),
        ("v3", HOLDS),
        ("v4", HOLDS),
        ("v5", fails("backing image")),
        ("v6", fails("backing image")),
        ("record-after-lvol", HOLDS),
        ("verify-lock", HOLDS),
        ("transactional-create", HOLDS),
        ("strict", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let maker = {
        let server = server.clone();
        stage::spawn("maker", move || server.backing_image_create("b"))
    };
    let verify = stage::spawn_verify(&server);
    let made = stage::join(maker);
    stage::join(verify);
    let key = made.unwrap_or_else(|error| panic!("the backing image was not made: {error}"));
    match server.backing_image_get(&key) {
        Ok(BackingImageState::Ready) => {}
        Ok(state) => panic!("backing image {key} was made, but the map's is {state:?}"),
        Err(_) => panic!("backing image {key} was made, but the map has lost it"),
    }
}
