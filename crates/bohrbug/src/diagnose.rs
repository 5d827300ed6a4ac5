//! What is done with a failure before anybody reads it: minimised, and its essence found.

use bohrbug_sync::control::Runtime;
use bohrbug_trace::Trace;

use crate::explain::explain_within;
use crate::minimize::{Effort, Smaller, minimize};
use crate::replay::{Replay, Verdict, replay_exactly};
use crate::runtime::Program;

/// The trace minimised, with its essence unless the time ran out; unchanged if it [cannot be](crate::minimize::MinimizeError), or if loom found
/// it, whose search reaches no other execution.
///
/// `smaller` are smaller workloads of the same scenario, none for one that `program` alone knows.
pub fn diagnose(trace: Trace, program: &Program, smaller: &[Smaller], effort: Effort) -> Trace {
    if trace.header.runtime == bohrbug_trace::Runtime::Loom {
        return trace;
    }
    let Ok(minimized) = minimize(&trace, program, smaller, effort, |_| ()) else { return trace };
    if trace.ends_process() {
        // Some of what leads to it was looked at less long than a replay looks.
        let is_same = |replay: &Replay| replay.verdict == Verdict::Reproduced;
        let holds = minimized.trace.events == trace.events
            || replay_exactly(&minimized.trace, program, Runtime::Native).is_ok_and(|replay| is_same(&replay));
        return if holds { minimized.trace } else { trace };
    }
    if minimized.interrupted {
        // To explain a trace takes executions for each of its events.
        return minimized.trace;
    }
    let workload = &minimized.trace.header.workload;
    let shrunk = smaller.iter().find(|one| *workload != trace.header.workload && one.workload == *workload);
    let program = shrunk.map_or(program, |one| &one.program);
    match explain_within(&minimized.trace, program, effort.events) {
        Ok(explained) => explained.trace,
        Err(_) => minimized.trace,
    }
}
