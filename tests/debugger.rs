//! A real gdb stops before the recorded steps of a replay, and finds every task where the trace says.
//!
//! Where there is no gdb this is said, and nothing is tested. A stack has the lines of calls, and a trace the places of
//! operations: of a task's next operation the line of its call is among those of its stack.

use std::collections::BTreeMap;
use std::process::Command;

use bohrbug::trace::{Operation, Trace, TraceEvent};

use crate::program::{Shell, TOYS};

/// Says before each stop that one comes, and shows who has stopped, and all stacks.
const SHOW: &str =
    "echo \\n@@stop\\n\nprint/d $NUMBER\necho @@thread\\n\nthread\nthread apply all bt\necho @@end\\n\ncontinue\n";

fn has_gdb() -> bool {
    let has = Command::new("gdb").arg("--version").output().is_ok();
    if !has {
        println!("there is no gdb on this machine, so the debugger is not tested");
    }
    has
}

/// What gdb says at each step of a replay, by the number of the step.
fn session(shell: &Shell, trace: &str, steps: usize) -> BTreeMap<usize, String> {
    let number = bohrbug::debugger::number_of_step();
    let show = SHOW.replace("$NUMBER", number);
    let script = format!("set pagination off\nset width 0\nbreak bohrbug_step\nrun\n{}", show.repeat(steps));
    shell.write("script.gdb", script);
    let mut command = Command::new("gdb");
    command.args(["-nx", "-q", "-batch", "-x", "script.gdb", "--args", TOYS, "replay", trace, "--debug"]);
    let output = command.current_dir(shell.path("")).output().expect("gdb can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let stops = said.split("\n@@stop\n").skip(1).map(|stop| {
        let number = stop.split_once(" = ").and_then(|(_, rest)| rest.lines().next()).expect("the number of a step");
        (number.parse().unwrap_or_else(|_| panic!("{number}: {said}")), stop.to_owned())
    });
    let stops: BTreeMap<usize, String> = stops.collect();
    assert_eq!(stops.len(), steps, "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    stops
}

/// The stacks of all threads by their names, as gdb shows them: `Thread 3 (Thread 0x7f (LWP 5) "adder-1"):` and frames.
fn stacks(stop: &str) -> BTreeMap<String, String> {
    let all = stop.split_once("@@thread").and_then(|(_, rest)| rest.split_once("@@end")).map_or("", |(all, _)| all);
    let threads = all.split("\nThread ").skip(1).filter_map(|thread| {
        let (head, frames) = thread.split_once('\n')?;
        let name = head.split('"').nth(1)?;
        Some((name.to_owned(), frames.to_owned()))
    });
    threads.collect()
}

/// The name of a task's thread: the toys give every thread a name.
fn thread_of(task: &str) -> &str {
    task.rsplit('/').next().unwrap_or(task)
}

/// What a task will do next, when the steps before that one are done; nothing if it has not begun or has ended its code.
fn next<'a>(trace: &'a Trace, task: &str, step: usize) -> Option<&'a TraceEvent> {
    let event = trace.events[step..].iter().find(|event| event.task == task)?;
    (event.operation != Operation::Begin && event.operation != Operation::End).then_some(event)
}

fn check(stop: &str, trace: &Trace, step: usize) {
    let stacks = stacks(stop);
    let acting = &trace.events[step];
    // `[Current thread is 3 (Thread 0x7f (LWP 5))]` has no name: the one that has called the function is the one.
    let current: Vec<_> = stacks.iter().filter(|(_, frames)| frames.contains("bohrbug_step")).collect();
    assert_eq!(current.len(), 1, "step {step}: {stop}");
    assert_eq!(current[0].0, thread_of(&acting.task), "step {step}: {stop}");
    let tasks: std::collections::BTreeSet<_> = trace.events.iter().map(|event| event.task.as_str()).collect();
    for task in tasks {
        let Some(event) = next(trace, task, step) else { continue };
        let stack = stacks.get(thread_of(task)).unwrap_or_else(|| panic!("step {step}: no thread of {task}: {stop}"));
        let line = event.site.rsplit_once(':').map_or("", |(line, _)| line);
        // A lock is released where its guard is dropped, and its place in the trace is that of the lock.
        let is_there = match event.operation {
            Operation::Unlock => stack.contains("MutexGuard"),
            _ => stack.lines().any(|frame| frame.ends_with(line)),
        };
        assert!(is_there, "step {step}: {task} is not at {line}, where {event} is:\n{stack}");
    }
}

#[test]
fn gdb_stops_before_every_step_and_finds_every_task_where_the_trace_says() {
    if !has_gdb() {
        return;
    }
    for (toy, revision) in [("counter", "unguarded"), ("two-locks", "opposite")] {
        let shell = Shell::new(TOYS);
        shell.call(&["hunt", toy, "--revision", revision, "--traces", "found", "--quiet"]);
        let path = shell.only_trace("found");
        let trace = Trace::read(&path).expect("a trace");
        let stops = session(&shell, &path.display().to_string(), trace.events.len());
        for (&step, stop) in &stops {
            check(stop, &trace, step);
        }
    }
}

#[test]
fn the_command_that_is_printed_stops_before_the_step_that_is_asked_for() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "counter", "--revision", "unguarded", "--traces", "found", "--quiet"]);
    let trace = shell.only_trace("found").display().to_string();
    let called = shell.call(&["replay", &trace, "--debug", "--step", "5"]).ends_with(0).complains_of_nothing();
    let called = called.says("to stop before step 5, ").says(" on native: reproduced (exact)");
    let command = called.out.lines().find_map(|line| line.trim_start().strip_prefix("gdb ")).expect("a command");
    if !has_gdb() {
        return;
    }
    let script = format!("gdb -nx -q -batch {command} </dev/null 2>&1");
    let output = Command::new("sh").args(["-c", &script]).current_dir(shell.path("")).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("hit Breakpoint 1"), "{said}");
    assert!(!said.contains("reproduced"), "{said}");
}

#[test]
fn a_launch_json_says_the_same_to_an_editor() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "counter", "--revision", "unguarded", "--traces", "found", "--quiet"]);
    let trace = shell.only_trace("found").display().to_string();
    shell
        .call(&["replay", &trace, "--debug", "--launch-json", "launch.json"])
        .ends_with(0)
        .says("for editors: launch.json");
    let text = std::fs::read_to_string(shell.path("launch.json")).expect("the file");
    let launch: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let configurations = launch["configurations"].as_array().expect("several");
    assert_eq!(configurations.len(), 2);
    for configuration in configurations {
        let program = configuration["program"].as_str().expect("a program");
        assert_eq!(std::fs::canonicalize(program).ok(), std::fs::canonicalize(TOYS).ok());
        let arguments = configuration["args"].as_array().expect("arguments");
        let arguments: Vec<_> = arguments.iter().map(|word| word.as_str().expect("a word")).collect();
        shell.call(&arguments).ends_with(0).says("reproduced");
    }
}

#[test]
fn what_cannot_be_debugged_is_said() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "counter", "--revision", "unguarded", "--traces", "found", "--quiet"]);
    let trace = shell.only_trace("found").display().to_string();
    shell.call(&["replay", &trace, "--debug", "--step", "1000"]).ends_with(2).complains("there is no step 1000");
    shell.call(&["replay", &trace, "--step", "1"]).ends_with(2).complains("--debug");
    shell.call(&["replay", &trace, "--debug", "--on", "loom"]).ends_with(2).complains("cannot be used with");
    shell
        .call(&["replay", &trace, "--debug", "--launch-json", "no/such/launch.json"])
        .ends_with(2)
        .complains("create its directory");
    let of_a_test = std::fs::read_to_string(&trace).expect("the trace").replace("toys/counter", "it::holds");
    shell.write("test.jsonl", of_a_test);
    let called = shell.call(&["replay", "test.jsonl", "--debug", "--step", "3"]).ends_with(2);
    called.complains("BOHRBUG_CARRIER=threads cargo test --config").complains(" == 3\"").complains("it::holds");
}
