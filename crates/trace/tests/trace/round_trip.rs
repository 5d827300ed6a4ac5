//! Whatever is written is read back, and whatever is read never panics.

use bohrbug_trace::{
    Before, Carrier, Choices, EventKey, FailureKind, FailureRecord, Header, MemoryModel, MemoryOrder, Operation,
    Outcome, Runtime, TimelineOptions, Trace, TraceEvent, child_path, last_events, timeline,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_failure() -> impl Strategy<Value = FailureRecord> {
    let kind = prop_oneof![select(FailureKind::ALL), Just(FailureKind::Custom("deadlock"))];
    (kind, any::<[String; 2]>(), option::of(any::<String>()), any::<bool>()).prop_map(
        |(kind, [message, mark], site, in_main)| {
            let failure = FailureRecord { site, ..FailureRecord::new(kind, message, mark) };
            if in_main { failure.in_task("main") } else { failure }
        },
    )
}

#[test]
fn a_trace_of_format_1_is_read_and_written_again_as_one_of_today() {
    let text = include_str!("fixtures/format-1.jsonl");
    let trace = Trace::parse("format-1.jsonl", text.as_bytes()).unwrap();
    assert_eq!(trace.header.failure.as_ref().map(|failure| failure.kind), Some(FailureKind::Panic));
    assert_eq!(trace.header.carrier, Carrier::Coroutines);
    assert_eq!(trace.header.choices.memory, MemoryModel::Sc);
    let today = trace.render();
    let opening = concat!("{\"format\":2,\"bohrbug\":\"", env!("CARGO_PKG_VERSION"), "\",");
    assert_eq!(today.replacen(opening, "{\"format\":1,", 1), text);
    assert_eq!(Trace::parse("again.jsonl", today.as_bytes()).unwrap(), trace);
}

fn any_pair() -> impl Strategy<Value = Before> {
    let event = |(name, operation, object, nth): (String, Operation, Option<String>, u32)| {
        EventKey::new(child_path("main", &name, nth), operation, object.as_deref(), nth)
    };
    let any_key =
        move || (any::<String>(), select(Operation::ALL), option::of(any::<String>()), 1..=u32::MAX).prop_map(event);
    (any_key(), any_key()).prop_map(|(first, then)| Before { first, then })
}

fn any_header() -> impl Strategy<Value = Header> {
    let run = (any::<[String; 2]>(), option::of(any::<String>()), select(Runtime::ALL), any::<[u64; 3]>());
    let machine = select(Carrier::ALL);
    let rest = (option::of(any_failure()), option::of(any_value()), vec(any_pair(), 0..3), any::<([u32; 3], bool)>());
    let unknown = prop::collection::btree_map("x-[a-z]{1,5}", any_value(), 0..3);
    (run, machine, rest, unknown).prop_map(|(run, carrier, rest, unknown)| {
        let ([scenario, strategy], revision, runtime, [seed, execution, step_bound]) = run;
        let (failure, workload, essence, ([timeouts, spurious, weak_failures], cell_points)) = rest;
        let memory = if cell_points { MemoryModel::Rc11 } else { MemoryModel::Sc };
        let choices = Choices { step_bound, timeouts, spurious, weak_failures, cell_points, memory };
        let unknown = unknown.into_iter().collect();
        Header {
            carrier,
            revision,
            seed,
            execution,
            failure,
            workload,
            choices,
            essence,
            unknown,
            ..Header::new(scenario, runtime, strategy)
        }
    })
}

fn any_event() -> impl Strategy<Value = TraceEvent> {
    let what = (select(Operation::ALL), select(MemoryOrder::ALL), select(Outcome::ALL), option::of(any::<u64>()));
    let on = (option::of(any::<String>()), option::of(any::<String>()), any::<String>());
    (any::<String>(), 0..3_u32, what, on).prop_map(
        |(name, nth, (operation, order, outcome, value), (object, other, site))| {
            let task = if nth == 0 { "main".to_owned() } else { child_path("main", &name, nth) };
            TraceEvent { object, other, order, outcome, value, older: nth, ..TraceEvent::new(task, operation, site) }
        },
    )
}

fn any_trace() -> impl Strategy<Value = Trace> {
    (any_header(), vec(any_event(), 0..12)).prop_map(|(header, mut events)| {
        // Everything here is spawned by main, which therefore comes first.
        events.insert(0, TraceEvent::new("main", Operation::Spawn, "a.rs:1:1"));
        Trace { header, events }
    })
}

/// One change to a file: bytes at a place replaced by others.
fn any_edit() -> impl Strategy<Value = (prop::sample::Index, usize, Vec<u8>)> {
    (
        any::<prop::sample::Index>(),
        0..40_usize,
        prop_oneof![vec(any::<u8>(), 0..6), "[\\PC\n]{0,6}".prop_map(Into::into)],
    )
}

/// Reads, draws and writes; the only thing asked is that it ends, and that what was read is written as it was read.
fn survives(bytes: &[u8]) {
    match Trace::parse("noise.jsonl", bytes) {
        Err(error) => assert!(error.to_string().starts_with("noise.jsonl"), "{error}"),
        Ok(trace) => {
            let again = Trace::parse("again.jsonl", trace.render().as_bytes()).unwrap();
            assert_eq!(again, trace);
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(trace in any_trace()) {
        let text = trace.render();
        prop_assert_eq!(text.lines().count(), trace.events.len() + 1);
        prop_assert_eq!(&Trace::parse("a.jsonl", text.as_bytes()).unwrap(), &trace);
        prop_assert_eq!(trace.clone().render(), text);
    }

    #[test]
    fn any_bytes_end_in_an_error(bytes in vec(any::<u8>(), 0..300)) {
        survives(&bytes);
    }

    #[test]
    fn an_edited_trace_is_read_or_refused(trace in any_trace(), edits in vec(any_edit(), 1..4)) {
        let mut bytes = trace.render().into_bytes();
        for (place, length, new) in edits {
            let from = place.index(bytes.len() + 1).min(bytes.len());
            let to = (from + length).min(bytes.len());
            bytes.splice(from..to, new);
        }
        survives(&bytes);
    }

    #[test]
    fn a_trace_cut_off_anywhere_is_refused(trace in any_trace(), cut in any::<prop::sample::Index>()) {
        let text = trace.render();
        // Without its last newline alone it is whole: an editor may have taken that away.
        let cut = cut.index(text.len() - 1);
        prop_assert!(Trace::parse("cut.jsonl", &text.as_bytes()[..cut]).is_err());
        prop_assert!(Trace::parse("cut.jsonl", &text.as_bytes()[..text.len() - 1]).is_ok());
    }

    #[test]
    fn any_trace_can_be_drawn(trace in any_trace(), width in 0..200_usize, fold in option::of(0..5_usize)) {
        let drawn = timeline(&trace, TimelineOptions { width, fold });
        prop_assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{:?}", drawn);
        prop_assert!(!last_events(&trace, 3).chars().any(|c| c.is_control() && c != '\n'));
    }
}

#[test]
fn fields_that_are_not_known_are_kept_and_cannot_displace_those_that_are() {
    let mut trace = Trace::new(Header::new("shop", Runtime::Loom, "loom"));
    trace.header.unknown.insert("stale-reads".to_owned(), serde_json::json!([1, {"deep": null}]));
    trace.header.unknown.insert("later".to_owned(), Value::from(2));
    assert_eq!(Trace::parse("a.jsonl", trace.render().as_bytes()).unwrap(), trace);
    trace.header.unknown.insert("seed".to_owned(), Value::from("mine"));
    assert_eq!(Trace::parse("a.jsonl", trace.render().as_bytes()).unwrap().header.seed, 0);
}
