//! A failing execution as it is recorded: a replica is created while the verify loop looks.

use bohrbug_trace::{
    Choices, FailureKind, FailureRecord, Header, MemoryOrder, Operation, Outcome, Runtime, Trace, TraceEvent,
    fingerprint,
};

/// `task | operation | object | other | outcome | value | line`, a dash for what there is not.
const EVENTS: &str = "
    main        | spawn            | thread main/create | -      | done        | -     | harness/src/create_vs_verify.rs:31:9
    main        | spawn            | thread main/verify | -      | done        | -     | harness/src/create_vs_verify.rs:32:9
    main/verify | begin            | thread main/verify | -      | done        | -     | harness/src/create_vs_verify.rs:32:9
    main/create | begin            | thread main/create | -      | done        | -     | harness/src/create_vs_verify.rs:31:9
    main/create | lock             | server             | -      | done        | -     | crates/replica-manager/src/server.rs:84:31
    main/create | rmw              | atomic crates/replica-manager/src/ports.rs:12:19 | - | done | 20000 | crates/replica-manager/src/ports.rs:40:22
    main/create | cell-write       | replica map        | -      | done        | -     | crates/replica-manager/src/server.rs:91:18
    main/create | unlock           | server             | -      | done        | -     | crates/replica-manager/src/server.rs:93:5
    main/verify | try-lock         | server             | -      | done        | -     | crates/replica-manager/src/verify.rs:20:28
    main/create | lock             | mutex crates/replica-manager/src/replica.rs:55:16#2 | - | done | - | crates/replica-manager/src/replica.rs:71:20
    main/create | fault            | spdk.lvol-create   | -      | done        | 0     | crates/replica-manager/src/lvol.rs:33:12
    main/create | try-lock         | server             | -      | would-block | -     | crates/replica-manager/src/replica.rs:80:25
    main/verify | cell-read        | replica map        | -      | done        | -     | crates/replica-manager/src/verify.rs:24:24
    main/verify | load             | generation         | -      | done        | 0     | crates/replica-manager/src/verify.rs:25:30
    main/verify | cell-write       | replica map        | -      | done        | -     | crates/replica-manager/src/verify.rs:37:18
    main/verify | wait             | updates            | server | done        | -     | crates/replica-manager/src/verify.rs:41:27
    main/create | unlock           | mutex crates/replica-manager/src/replica.rs:55:16#2 | - | done | - | crates/replica-manager/src/replica.rs:82:5
    main/create | notify-all       | updates            | -      | done        | 1     | crates/replica-manager/src/server.rs:101:22
    main/create | end              | thread main/create | -      | done        | -     | harness/src/create_vs_verify.rs:31:9
    main/verify | wake             | updates            | server | timed-out   | -     | crates/replica-manager/src/verify.rs:41:27
    main/verify | unlock           | server             | -      | done        | -     | crates/replica-manager/src/verify.rs:43:5
    main/verify | end              | thread main/verify | -      | done        | -     | harness/src/create_vs_verify.rs:32:9
    main        | join             | thread main/create | -      | done        | -     | harness/src/create_vs_verify.rs:34:12
    main        | join             | thread main/verify | -      | done        | -     | harness/src/create_vs_verify.rs:35:12
    main        | lock             | server             | -      | done        | -     | harness/src/create_vs_verify.rs:38:27
    main        | cell-read        | replica map        | -      | done        | -     | harness/src/create_vs_verify.rs:39:22
";

/// The execution of the report: acknowledged, and gone.
pub(crate) fn create_vs_verify() -> Trace {
    let message = "replica r1 was acknowledged and cannot be found\n  left: None\n right: Some(Running)";
    let mark = fingerprint(FailureKind::Panic, Some("main"), message, &[(Operation::CellWrite, "replica map")]);
    let failure = FailureRecord::new(FailureKind::Panic, message, mark)
        .in_task("main")
        .at("harness/src/create_vs_verify.rs:39:9");
    let header = Header {
        revision: Some("v3".to_owned()),
        seed: 7,
        execution: 112,
        failure: Some(failure),
        workload: Some(serde_json::json!({"creates": ["r1"], "passes": 1})),
        choices: Choices { step_bound: 10_000, timeouts: 1, cell_points: true, ..Choices::default() },
        ..Header::new("replica-manager/create-vs-verify", Runtime::Native, "pct")
    };
    Trace { header, events: EVENTS.trim().lines().map(event).collect() }
}

fn event(line: &str) -> TraceEvent {
    let fields: Vec<_> = line.split('|').map(str::trim).map(|field| (field != "-").then(|| field.to_owned())).collect();
    let [task, operation, object, other, outcome, value, site] = <[_; 7]>::try_from(fields).expect("seven fields");
    let operation = operation.and_then(|name| Operation::from_name(&name)).expect("an operation");
    let atomic = matches!(operation, Operation::Load | Operation::Rmw);
    TraceEvent {
        object,
        other,
        order: if atomic { MemoryOrder::AcqRel } else { MemoryOrder::None },
        outcome: outcome.and_then(|name| Outcome::from_name(&name)).expect("an outcome"),
        value: value.map(|value| value.parse().expect("a number")),
        ..TraceEvent::new(task.expect("a task"), operation, site.expect("a site"))
    }
}
