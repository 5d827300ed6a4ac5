//! What is done with a failure before anybody reads it: minimised, and its essence found.

use bohrbug_trace::{Runtime, Trace};

use crate::explain::explain;
use crate::minimize::{Effort, Smaller, minimize};
use crate::runtime::Program;

/// The trace minimised, with its essence; as it is where that cannot be had: see
/// [`MinimizeError`](crate::minimize::MinimizeError). What loom found stays as it is, too: loom's search comes to that
/// execution again, and to no other one.
///
/// `smaller` are smaller workloads of the same scenario, none for one that `program` alone knows.
pub fn diagnose(trace: Trace, program: &Program, smaller: &[Smaller], effort: Effort) -> Trace {
    if trace.header.runtime == Runtime::Loom {
        return trace;
    }
    let Ok(minimized) = minimize(&trace, program, smaller, effort, |_| ()) else { return trace };
    let workload = &minimized.trace.header.workload;
    let shrunk = smaller.iter().find(|one| *workload != trace.header.workload && one.workload == *workload);
    let program = shrunk.map_or(program, |one| &one.program);
    match explain(&minimized.trace, program) {
        Ok(explained) => explained.trace,
        Err(_) => minimized.trace,
    }
}
