//! What things are called, beside the code that they are in.

use super::*;
use crate::{Header, Runtime};

/// The code, in which `§` stands before each place that an object has.
fn objects(code: &str) -> Vec<String> {
    let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
    let mut clean = String::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut rest = line;
        let mut column = 1;
        while let Some((before, after)) = rest.split_once('§') {
            column += before.chars().count();
            clean += before;
            rest = after;
            let label = format!("mutex src/a.rs:{number}:{column}");
            trace.events.push(TraceEvent::new("main", Operation::Lock, "src/a.rs:1:1").on(label));
        }
        clean += rest;
        clean.push('\n');
    }
    let called = Sources::default().with("src/a.rs", &clean).called(&trace);
    called.events.into_iter().filter_map(|event| event.object).collect()
}

fn check(code: &str, expected: &[&str]) {
    assert_eq!(objects(code), expected, "{code}");
}

#[test]
fn what_is_made_is_called_as_what_it_initialises() {
    check("fn f() { let count = §Mutex::new(0); }", &["count"]);
    check("fn f() { a(); let mut count: Arc<Mutex<u32>> = Arc::new(§Mutex::new(0)); }", &["count"]);
    check("fn f() { let r#type = Some(Box::new(§Mutex::<u32>::new(0))); }", &["type"]);
    check("static COUNT: Mutex<u32> = §Mutex::new(0);", &["COUNT"]);
    check(
        "fn new() -> Self { Self { size: 3, count: §Mutex::new(0), not_empty: Arc::new(§Condvar::new()) } }",
        &["count", "not_empty"],
    );
    check("fn f(&mut self) { self.count = §Mutex::new(0); }", &["count"]);
    check("fn f() { let t = Arc::new(Tally(1, §Mutex::new(0))); }", &["Tally.1"]);
    check("fn f() { let (a, b) = (§Mutex::new(0), §Mutex::new(1)); }", &["a", "b"]);
    check("fn f() { let [a, b] = [§Mutex::new(0), §Mutex::new(1)]; }", &["a", "b"]);
    check("fn f() { let forks = vec![§Mutex::new(0), §Mutex::new(1)]; }", &["forks[0]", "forks[1]"]);
    check("fn f() { let forks = Arc::new([§Mutex::new(0), §Mutex::new(1)]); }", &["forks[0]", "forks[1]"]);
    check("fn f() { let (sender, receiver) = §channel(); }", &["(sender, receiver)"]);
    check("#[derive(Debug, §Default)]\npub struct Tally(Mutex<u32>);", &["Tally.0"]);
    check("#[derive(§Default)]\n#[non_exhaustive]\nstruct Tally<T> { pub count: Mutex<T>, }", &["count"]);
}

#[test]
fn what_is_used_is_called_as_that_on_which_the_method_is_called() {
    check("fn f() { begun.§store(true, SeqCst); }", &["begun"]);
    check("fn f() { if self.inner.head.§load(SeqCst) == 0 {} }", &["head"]);
    check("fn f() { unsafe { (*node).next.§load(SeqCst); (*flag).§load(SeqCst) } }", &["next", "flag"]);
    check("fn f() { shared.1.§store(1, SeqCst); seats[i + 1].§store(1, SeqCst); }", &["shared.1", "seats"]);
    check("impl<T: Send> Iterator for Queue<T> { fn f(&self) { self.0.§load(SeqCst); } }", &["Queue.0"]);
}

#[test]
fn where_the_code_does_not_say_there_is_no_name() {
    for code in [
        "fn f() { g(§Mutex::new(0)); }",
        "fn f() { let x = g(§Mutex::new(0)); }",
        "fn f() -> Mutex<u32> { §Mutex::new(0) }",
        "fn f() { if a == §Mutex::new(0) {} }",
        "fn f() { 'a: §loop {} }",
        "fn f() { head(1).§load(SeqCst); self.§load(SeqCst); self.0.§load(SeqCst); }",
        "fn f() { let [a, b] = [(); 2].map(|()| §Mutex::new(0)); }",
        "#[derive(§Default)] struct Two { one: Mutex<u32>, two: Mutex<u32> }",
        "fn f() { let count = §Mutex::new(0); ",
        "let x = \"§",
        "§",
        "",
    ] {
        assert!(objects(code).iter().all(|name| name.starts_with("mutex src/a.rs:")), "{:?} of {code}", objects(code));
    }
}

#[test]
fn brackets_may_be_nested_deeper_than_a_stack_is() {
    let code = format!("{}§a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(objects(&code), ["mutex src/a.rs:1:100001"]);
}

#[test]
fn what_would_be_called_alike_is_told_apart() {
    check("fn f() { let a = §Mutex::new(0); }\nfn g() { let a = §Mutex::new(0); }", &["a a.rs:1", "a a.rs:2"]);
    check(
        "fn f() { let a = §Mutex::new(0); let a = §Mutex::new(0); let b = §Mutex::new(0); }",
        &["mutex src/a.rs:1:18", "mutex src/a.rs:1:41", "b"],
    );
    check(
        "fn f() { let (s, r) = §channel(); let (s, r) = §channel(); }",
        &["mutex src/a.rs:1:23", "mutex src/a.rs:1:47"],
    );
    let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
    let labels = ["mutex src/a.rs:1:9", "arc src/a.rs:1:15", "mutex src/a.rs:2:9", "mutex src/a.rs:2:9#2", "b"];
    trace.events = labels.map(|label| TraceEvent::new("main", Operation::Lock, "src/a.rs:1:1").on(label)).to_vec();
    let sources = Sources::default().with("src/a.rs", "let a = Mutex(Arc::new(1));\nlet b = Mutex::new(0);");
    let names: Vec<_> = sources.called(&trace).events.into_iter().filter_map(|event| event.object).collect();
    // The last was given its name by the code.
    assert_eq!(names, ["a", "Mutex.0", "mutex b", "mutex b#2", "b"]);
}

/// A task that is spawned at each `§`.
fn tasks(code: &str) -> Vec<String> {
    let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
    let places = code.match_indices('§').enumerate();
    for (earlier, (at, _)) in places {
        let site = format!("src/a.rs:1:{}", 1 + code[..at].chars().count() - earlier);
        let path = child_path("main", &site, 1);
        trace.events.push(TraceEvent::new("main", Operation::Spawn, site).on(format!("thread {path}")));
    }
    trace.events.push(TraceEvent::new("main", Operation::Yield, "src/a.rs:1:1"));
    let called = Sources::default().with("src/a.rs", &code.replace('§', "")).called(&trace);
    called.events.into_iter().filter_map(|event| event.object).collect()
}

fn check_tasks(code: &str, expected: &[&str]) {
    assert_eq!(tasks(code), expected, "{code}");
}

#[test]
fn a_task_is_called_as_the_function_that_it_runs_or_as_its_handle() {
    check_tasks("fn f() { let t = §thread::spawn(worker); }", &["thread main/worker"]);
    check_tasks("fn f() { scope.§spawn(Self::work); }", &["thread main/work"]);
    check_tasks("fn f() { §thread::spawn(move || { worker(1); }); }", &["thread main/worker"]);
    check_tasks("fn f() { let reader = §thread::spawn(move || { a(); b() }); }", &["thread main/reader"]);
    check_tasks("fn f() { let reader = scope.§spawn(|_| loop {}); }", &["thread main/reader"]);
    check_tasks(
        "fn f() { §spawn(worker); §spawn(|| worker()); §spawn(|| { a(); b() }); }",
        &["thread main/src-a.rs:1:10", "thread main/src-a.rs:1:25", "thread main/src-a.rs:1:45"],
    );
    check_tasks("fn f() { all.push(§thread::spawn(|| { a(); b() })); }", &["thread main/src-a.rs:1:19"]);
}

#[test]
fn children_events_and_messages_follow() {
    let mut trace = Trace::new(Header::new("test", Runtime::Native, "random"));
    let (outer, inner) = ("main/src-a.rs:1:1#2", "main/src-a.rs:1:1#2/src-a.rs:2:1");
    let spawns = [("main", 1, outer), (outer, 2, inner)];
    trace.events = spawns
        .map(|(task, line, path)| {
            TraceEvent::new(task, Operation::Spawn, format!("src/a.rs:{line}:1")).on(format!("thread {path}"))
        })
        .to_vec();
    trace.events.push(TraceEvent::new(inner, Operation::Lock, "src/a.rs:3:1").on("mutex src/a.rs:3:9"));
    trace.events.push(TraceEvent::new(inner, Operation::Note, "src/a.rs:3:1").on("mutex src/a.rs:3:9"));
    let message = format!("{inner} waits for mutex src/a.rs:3:9, {outer} for mutex src/a.rs:3:9#2 at src/a.rs:3:9");
    let mut failure = crate::FailureRecord {
        kind: crate::FailureKind::Deadlock,
        message,
        task: Some(inner.to_owned()),
        site: None,
        fingerprint: String::new(),
    };
    trace.header.failure = Some(failure.clone());
    let sources = Sources::default().with("src/a.rs", "spawn(outer);\nspawn(inner);\nlet a = Mutex::new(0);\n");
    let called = sources.called(&trace);
    let shown: Vec<_> = called.events.iter().map(|event| (event.task.as_str(), event.object.as_deref())).collect();
    let (outer, inner) = ("main/outer#2", "main/outer#2/inner");
    assert_eq!(
        shown[1..],
        [(outer, Some("thread main/outer#2/inner")), (inner, Some("a")), (inner, Some("mutex src/a.rs:3:9")),]
    );
    failure.message = format!("{inner} waits for a, {outer} for mutex src/a.rs:3:9#2 at src/a.rs:3:9");
    failure.task = Some(inner.to_owned());
    assert_eq!(called.header.failure, Some(failure));
    assert_eq!(Sources::default().called(&trace), trace);
}
