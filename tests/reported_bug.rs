//! The bug that it all began with: `create-vs-verify` on `v3` (longhorn#9953).

use crate::program::{BOHRBUG, Shell};

/// Each within 10,000 executions.
const STRATEGIES: [&str; 6] = ["random", "pct", "shuttle-random", "shuttle-pct", "shuttle-urw", "loom"];

#[test]
fn it_is_found_under_every_strategy_and_every_trace_reproduces_on_native() {
    for strategy in STRATEGIES {
        let shell = Shell::new(BOHRBUG);
        let arguments = ["hunt", "create-vs-verify", "--revision", "v3", "--strategy", strategy, "--traces", "found"];
        let object = [&arguments[..], &["--executions", "10000", "--format", "json"]].concat();
        let object = shell.call(&object).ends_with(0).complains_of_nothing().json()[0].clone();
        assert_eq!(object["strategy"], strategy);
        assert_eq!(object["verdict"], "failed", "{object}");
        let trace = shell.only_trace("found").display().to_string();
        let called = shell.call(&["replay", &trace, "--on", "native", "--times", "100"]).ends_with(0);
        called.says("on native: reproduced, 100 times with identical events");
    }
}
