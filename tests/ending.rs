//! `bohrbug` on toys that end their process: the hunt goes on, and the traces replay.

use crate::program::{ENDS, Shell};

#[test]
fn a_hunt_goes_on_after_what_ends_its_process() {
    let shell = Shell::new(ENDS);
    let called = shell.call(&["hunt", "ends", "--format", "json", "--jobs", "1"]).ends_with(0);
    let lines: Vec<serde_json::Value> =
        called.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let came_to: Vec<_> =
        lines.iter().map(|line| (line["revision"].as_str(), line["failure"]["kind"].as_str())).collect();
    assert_eq!(
        came_to,
        [
            (Some("aborts"), Some("crash")),
            (Some("gives-way"), None),
            (Some("exits"), Some("exit")),
            (Some("recurses"), Some("stack-overflow")),
            (Some("does-nothing"), None),
        ],
        "{called:#?}"
    );
    assert!(lines.iter().all(|line| line["as_expected"] == true), "{called:#?}");
    let traces = shell.files("target/bohrbug/traces/ends");
    assert_eq!(traces.len(), 3);
    for trace in traces {
        let trace = trace.display().to_string();
        shell.call(&["replay", &trace, "--times", "2"]).ends_with(0).says("reproduced");
        shell.call(&["minimize", &trace]).ends_with(0);
        shell.call(&["explain", &trace]).ends_with(0);
    }
}
