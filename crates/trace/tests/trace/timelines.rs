//! What people see: each drawing is pinned, since its beauty is the point of it.

use bohrbug_trace::{Operation, TimelineOptions, Trace, TraceEvent, last_events, timeline};

use crate::sample::create_vs_verify;

fn check(name: &str, trace: &Trace, options: TimelineOptions) {
    let drawn = timeline(trace, options);
    let message = trace.header.failure.as_ref().map_or(0, |failure| failure.message.lines().count() + 2);
    let rows = drawn.lines().count() - message;
    for line in drawn.lines().skip(4).take(rows.saturating_sub(4)) {
        assert!(line.chars().count() <= options.width, "{} characters: {line}", line.chars().count());
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, drawn);
    });
}

#[test]
fn a_wide_terminal_gets_everything() {
    check("wide", &create_vs_verify(), TimelineOptions { width: 160, ..TimelineOptions::default() });
}

#[test]
fn a_narrow_terminal_gets_shortened_columns() {
    check("narrow", &create_vs_verify(), TimelineOptions { width: 90, ..TimelineOptions::default() });
}

#[test]
fn a_terminal_too_narrow_for_columns_gets_a_list() {
    check("list", &create_vs_verify(), TimelineOptions { width: 70, ..TimelineOptions::default() });
}

#[test]
fn quiet_stretches_are_folded() {
    let mut trace = create_vs_verify();
    for step in 0..8 {
        let site = format!("crates/replica-manager/src/lvol.rs:{}:9", 50 + step);
        trace.events.insert(10, TraceEvent::new("main/create", Operation::Load, site).on("own counter"));
    }
    check("folded", &trace, TimelineOptions { width: 160, fold: Some(3) });
}

#[test]
fn a_trace_without_events_has_a_title_and_a_heading() {
    let mut trace = create_vs_verify();
    trace.events.clear();
    check("empty", &trace, TimelineOptions::default());
}

#[test]
fn no_width_is_too_small() {
    for width in 0..40 {
        for fold in [None, Some(0), Some(2)] {
            assert!(timeline(&create_vs_verify(), TimelineOptions { width, fold }).contains("panic in main"));
        }
    }
}

#[test]
fn a_hundred_tasks_are_a_list() {
    let mut trace = create_vs_verify();
    trace.events.clear();
    for task in 1..=100 {
        trace.events.push(TraceEvent::new(format!("main/worker#{task}"), Operation::Lock, "src/a.rs:1:2").on("server"));
    }
    let drawn = timeline(&trace, TimelineOptions::default());
    assert!(drawn.contains("99  main/worker#100  lock server  a.rs:1:2\n"), "{drawn}");
}

#[test]
fn a_failure_report_shows_the_last_events_of_every_task() {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("last-events", last_events(&create_vs_verify(), 4));
    });
    assert!(last_events(&create_vs_verify(), 0).starts_with("main: 6 events, unfinished; failed here\nmain/verify: "));
}
