//! Two replicas, each the destination of a rebuild from the other, ask each other for a copy.
//!
//! A destination holds its lock while it calls its source (upstream in every version), and nothing keeps a destination from
//! being a source's name. Found by the stress test on real threads, in `strict`, too.

use super::{DEADLOCKS, SYSTEM, only_strict_holds, stage};
use crate::scenario::{Expectation, Scenario};

const EXPECTATIONS: &[(&str, Expectation)] = &only_strict_holds(DEADLOCKS);

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "crossed-rebuilds",
    summary: "two replicas that are rebuilt from each other ask each other for a copy",
    expectations: EXPECTATIONS,
    run,
    ..Scenario::USUAL
};

fn run(revision: &str) {
    let server = stage::server(revision);
    let port = |name| stage::running(&server, name).ports.map_or(0, |ports| ports.start);
    let ports = [port(stage::R), port(stage::R2)];
    for (name, source, port) in [(stage::R, stage::R2, ports[1]), (stage::R2, stage::R, ports[0])] {
        if let Err(error) = server.rebuild_destination_start(name, source, port, "s") {
            panic!("{name} does not become a destination: {error}");
        }
    }
    let ask = |task, name: &'static str| {
        let server = server.clone();
        // Neither has anything to copy: what counts is that it answers.
        stage::spawn(task, move || drop(server.rebuild_destination_copy_start(name, "s")))
    };
    let asking = [ask("one", stage::R), ask("two", stage::R2)];
    asking.into_iter().for_each(stage::join);
}
