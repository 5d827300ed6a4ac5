//! Explanations of a small trace, in every form.

use bohrbug_trace::{
    Before, Explanation, FailureKind, FailureRecord, Fewest, Header, Operation, Outcome, Preemptions, Runtime, Sources,
    Trace, TraceEvent, keys,
};

const SHOP: &str = "\
fn sell(stock: &Stock) {
    let left = stock.load();
    if left > 0 {
        stock.store(left - 1);
    }
}
";

/// Two buyers of one piece; each looks before the other has taken it.
fn shop() -> Trace {
    let mut trace =
        Trace::new(Header { revision: Some("v0".into()), ..Header::new("shop/two-buyers", Runtime::Native, "pct") });
    let event = |task: &str, operation, line: &str| TraceEvent::new(task, operation, format!("src/shop.rs:{line}"));
    let steps = [
        event("main", Operation::Spawn, "9:1").on("thread main/one"),
        event("main", Operation::Lock, "10:1").on("till"),
        event("main", Operation::Fault, "11:1").on("network").with_value(1),
        event("main/one", Operation::Begin, "9:1").on("thread main/one"),
        event("main/one", Operation::Load, "2:22").on("stock").with_value(1),
        event("main", Operation::Load, "2:22").on("stock").with_value(1),
        event("main/one", Operation::Store, "4:15").on("stock").with_value(0),
        event("main", Operation::Store, "4:15").on("stock").with_value(0),
        event("main/one", Operation::End, "9:1").on("thread main/one"),
        event("main", Operation::Join, "12:1").on("thread main/one").with_outcome(Outcome::Done),
    ];
    trace.events.extend(steps);
    let keys = keys(&trace.events);
    let before = |first: usize, then: usize| Before { first: keys[first].clone(), then: keys[then].clone() };
    trace.header.essence = vec![before(4, 7), before(5, 6)];
    trace.header.preemptions = Some(Preemptions { count: 2, fewest: Fewest::Proved });
    let failure = FailureRecord::new(FailureKind::Panic, "sold 2 of 1\nto one\nand main", "0");
    trace.header.failure = Some(failure.in_task("main").at("src/shop.rs:13:5"));
    trace
}

fn explanation() -> Explanation {
    Explanation::new(shop(), Sources::default().with("src/shop.rs", SHOP))
}

fn pinned(name: &str, explanation: &Explanation) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, explanation.human(100));
    });
}

#[test]
fn the_text_quotes_the_code_and_says_what_has_to_happen() {
    pinned("explained", &explanation());
}

#[test]
fn without_the_code_only_the_places_are_named() {
    pinned("explained-without-code", &Explanation::new(shop(), Sources::default()));
}

#[test]
fn programs_get_every_event_and_every_order() {
    let object: serde_json::Value = serde_json::from_str(&explanation().json()).unwrap();
    assert_eq!(object["orders"][0]["first"]["step"], 4);
    assert_eq!(object["orders"][0]["first"]["function"], "sell");
    assert_eq!(object["held"][0]["object"], "till");
    assert_eq!(object["preemptions"]["fewest"], "proved");
    assert_eq!(object["events"].as_array().map(Vec::len), Some(10));
}

#[test]
fn chromes_format_has_a_lane_a_task_and_a_flow_an_order() {
    let object: serde_json::Value = serde_json::from_str(&explanation().chrome()).unwrap();
    let events = object["traceEvents"].as_array().unwrap();
    let count = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    assert_eq!((count("M"), count("X"), count("s"), count("f")), (4, 10, 2, 2));
}

#[test]
fn an_essence_whose_events_did_not_happen_is_left_out() {
    let mut trace = shop();
    trace.events.truncate(6);
    let explanation = Explanation::new(trace, Sources::default());
    assert_eq!(explanation.orders(), []);
    assert!(explanation.human(10).contains("It fails only if"), "the fault is still there");
}
