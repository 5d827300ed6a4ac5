//! Behaviours recorded from the simulator that this library is modelled on.
//!
//! Each case was executed there. `upstream` must do the same, with what it leaves behind when it faults; where the
//! original panics and its server dies, a clean fault is asked for, and what was done before it is compared too.
//! `strict` must do the same wherever the original ends well, or what the case says under `strict`, with a reason; when it
//! faults it must leave nothing at all.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use support::{change, comparable, device, devices, list, number, text};
use vm_simulator::collector::FilterSpec;
use vm_simulator::device::{Backing, Device, DiskBacking, Kind, list as pure};
use vm_simulator::fault::Fault;
use vm_simulator::inventory::VirtualMachine;
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};
use vm_simulator::reference::{ObjectKind, Ref};
use vm_simulator::state::{GuestNic, PowerState, Settings};
use vm_simulator::{Context, Revision, Simulator};

#[test]
fn every_pure_case_gives_what_was_recorded() {
    let cases = support::cases();
    let mut ran: BTreeMap<String, usize> = BTreeMap::new();
    for case in list(&cases["pure"]) {
        let got = pure_case(case);
        let expected = expected_of_pure(&case["out"]);
        assert_eq!(got, expected, "{} ({})", text(case, "id"), text(case, "note"));
        *ran.entry(text(case, "api").to_owned()).or_default() += 1;
    }
    println!("pure cases that ran: {ran:?}, {} in all", ran.values().sum::<usize>());
    assert_eq!(ran.values().sum::<usize>(), list(&cases["pure"]).len());
    assert!(ran.len() >= 9, "every function has cases");
}

/// What a pure case comes to.
#[derive(Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // one value a case
enum Pure {
    Assigned {
        device: Device,
        controller: Device,
    },
    Controller(Option<i64>),
    Key(i64),
    Name(String),
    Created(Device),
    Error(String),
    /// The original panics; here it is an error.
    Panic,
}

fn expected_of_pure(out: &Json) -> Pure {
    match text(out, "outcome") {
        "panic" => Pure::Panic,
        "error" => Pure::Error(text(out, "error").to_owned()),
        _ if out.get("controller").is_some() => {
            Pure::Assigned { device: device(&out["device"]), controller: device(&out["controller"]) }
        }
        _ if out.get("device").is_some() => Pure::Created(device(&out["device"])),
        _ if out.get("controllerKey").is_some() => Pure::Controller(out["controllerKey"].as_i64()),
        _ if out.get("key").is_some() => Pure::Key(number(out, "key")),
        _ => Pure::Name(text(out, "name").to_owned()),
    }
}

fn pure_case(case: &Json) -> Pure {
    let listed = devices(&case["list"]);
    let args = &case["args"];
    let created = |made: Result<Device, pure::ControllerError>| match made {
        Ok(device) => Pure::Created(device),
        Err(error) => Pure::Error(error.to_string()),
    };
    match text(case, "api") {
        "AssignController" => assign(&listed, args),
        "PickController" => {
            let kind = Kind::from_name(text(args, "kind")).expect("a known kind");
            let picked = pure::pick_controller(&listed, kind);
            Pure::Controller(picked.map(|device| i64::from(device.key)))
        }
        "FindDiskController" => match pure::find_disk_controller(&listed, text(args, "name")) {
            Ok(device) => Pure::Controller(Some(device.key.into())),
            Err(error) => Pure::Error(error.to_string()),
        },
        "NewKey" => Pure::Key(pure::new_key(&listed).into()),
        "Name" => Pure::Name(pure::name(&listed[0])),
        // The recording does not say which type was asked for; what came out is always the paravirtual one.
        "CreateSCSIController" => created(pure::create_scsi_controller(&listed, "pvscsi")),
        "CreateSATAController" => created(pure::create_sata_controller(&listed)),
        "CreateNVMEController" => created(Ok(pure::create_nvme_controller(&listed))),
        "CreateIDEController" => created(Ok(pure::create_ide_controller(&listed))),
        other => panic!("unknown function {other}"),
    }
}

fn assign(listed: &[Device], args: &Json) -> Pure {
    let mut assigned = device(&args["device"]);
    let key = number(args, "controllerKey") as i32;
    let mut controller = pure::find_by_key(listed, key).expect("the controller is listed").clone();
    match pure::assign_controller(listed, &mut assigned, &mut controller) {
        Ok(()) => Pure::Assigned { device: assigned, controller },
        Err(_) => Pure::Panic,
    }
}

#[test]
fn upstream_does_and_leaves_behind_what_was_recorded() {
    each_configure_case(Revision::Upstream, &|case, run| {
        let id = text(case, "id");
        let result = &case["result"];
        check_outcome(case, run);
        assert_eq!(run.after, recorded_state(&result["stateAfter"]), "{id}: state after");
        let mut updates: Vec<Vec<String>> = list(&result["propertyUpdates"])
            .iter()
            .map(|update| list(update).iter().map(|line| line.as_str().unwrap().to_owned()).collect())
            .collect();
        if text(result, "outcome") == "panic" {
            // The recording harness itself wrote this last one, after the panic.
            updates.pop();
        }
        assert_eq!(run.updates, updates, "{id}: property updates");
    });
}

#[test]
fn strict_does_what_was_recorded_or_what_it_is_meant_to_and_leaves_nothing_when_it_faults() {
    each_configure_case(Revision::Strict, &|case, run| {
        let id = text(case, "id");
        let result = expected_of_strict(case);
        check_result(id, result, run);
        match &run.result {
            Err(fault) => {
                assert!(fault.property.is_some(), "{id}: {fault} names no property");
                assert_eq!(run.after, recorded_state(&case["initial"]), "{id}: left something");
                assert!(run.updates.is_empty(), "{id}: told watchers {:?}", run.updates);
            }
            Ok(()) => assert_eq!(run.after, recorded_state(&result["stateAfter"]), "{id}: state after"),
        }
    });
}

#[test]
fn the_other_revisions_end_as_recorded_when_nobody_else_is_there() {
    for revision in Revision::ALL.into_iter().filter(|revision| *revision != Revision::Strict) {
        each_configure_case(revision, &|case, run| {
            check_outcome(case, run);
            if run.result.is_ok() {
                let expected = recorded_state(&case["result"]["stateAfter"]);
                assert_eq!(run.after, expected, "{} on {}", text(case, "id"), revision.name());
            }
        });
    }
}

/// What `strict` comes to: a case that departs on purpose says so, and why.
fn expected_of_strict(case: &Json) -> &Json {
    let Some(departure) = case.get("strict") else { return &case["result"] };
    assert!(!text(departure, "why").is_empty(), "{}: strict departs, and nothing says why", text(case, "id"));
    departure
}

fn check_outcome(case: &Json, run: &Run) {
    check_result(text(case, "id"), &case["result"], run);
}

fn check_result(id: &str, result: &Json, run: &Run) {
    let version = u64::from(result["changeVersionBumped"] == true);
    assert_eq!(run.versions, version, "{id}: change version");
    match (text(result, "outcome"), &run.result) {
        ("ok", Ok(())) | ("panic", Err(_)) => {}
        ("fault", Err(fault)) => {
            assert_eq!(fault.kind.to_string(), text(result, "fault"), "{id}");
            let detail = &result["faultDetail"];
            if let Some(index) = detail["deviceIndex"].as_u64() {
                assert_eq!(fault.device_index, Some(index as usize), "{id}");
            }
            if let Some(property) = detail["property"].as_str() {
                assert_eq!(fault.property.as_deref(), Some(property), "{id}");
            }
        }
        (outcome, got) => panic!("{id}: recorded as {outcome}, but was {got:?}"),
    }
}

/// A machine's state as the recording has it.
#[derive(Debug, PartialEq)]
struct State {
    devices: Vec<Device>,
    num_ethernet_cards: i64,
    num_virtual_disks: i64,
    guest_net: Vec<GuestNic>,
    networks: usize,
}

fn recorded_state(json: &Json) -> State {
    State {
        devices: devices(&json["devices"]),
        num_ethernet_cards: number(json, "numEthernetCards"),
        num_virtual_disks: number(json, "numVirtualDisks"),
        guest_net: list(&json["guestNet"]).iter().map(guest_nic).collect(),
        networks: number(json, "networkRefCount") as usize,
    }
}

fn guest_nic(json: &Json) -> GuestNic {
    GuestNic {
        network: text(json, "network").to_owned(),
        mac_address: text(json, "macAddress").to_owned(),
        device_config_id: number(json, "deviceConfigId") as i32,
    }
}

fn state_of(machine: &VirtualMachine) -> State {
    let settings = machine.settings();
    State {
        devices: machine.devices().into_iter().map(comparable).collect(),
        num_ethernet_cards: settings.num_ethernet_cards.into(),
        num_virtual_disks: settings.num_virtual_disks.into(),
        guest_net: settings.guest.net,
        networks: settings.networks.len(),
    }
}

/// How a recorded case went here.
struct Run {
    result: Result<(), Fault>,
    after: State,
    versions: u64,
    updates: Vec<Vec<String>>,
}

fn each_configure_case(revision: Revision, check: &dyn Fn(&Json, &Run)) {
    let cases = support::cases();
    let uuid = text(&cases["meta"], "vmUuid");
    let mut ran: BTreeMap<String, usize> = BTreeMap::new();
    for case in list(&cases["configure"]) {
        check(case, &run(revision, uuid, case));
        *ran.entry(text(&case["result"], "outcome").to_owned()).or_default() += 1;
    }
    println!("configure cases that ran on {}: {ran:?}", revision.name());
    assert_eq!(ran.values().sum::<usize>(), list(&cases["configure"]).len());
}

fn run(revision: Revision, uuid: &str, case: &Json) -> Run {
    let simulator = Simulator::new(revision);
    let ctx = &mut Context::new();
    let machine = restore(&simulator, ctx, uuid, case);
    let before = machine.settings().change_version;
    let changes: Vec<DeviceChange> = list(&case["deviceChange"]).iter().map(change).collect();
    let watcher = simulator.create_collector();
    let paths = watched_paths(case);
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    watcher.create_filter(ctx, FilterSpec::of(machine.reference(), &paths));
    watcher.check_for_updates(&simulator, ctx, "").expect("watching begins");
    let result = simulator.reconfigure_vm(ctx, &machine, &ConfigSpec::devices(changes));
    let updates = watcher.check_for_updates(&simulator, ctx, "-").expect("watching goes on");
    let lines = updates.map(|set| set.filters).unwrap_or_default();
    let updates = lines.iter().flat_map(|filter| &filter.objects).map(|object| {
        let line = |change: &vm_simulator::collector::PropertyChange| {
            let value = if change.value.is_some() { "val" } else { "nil" };
            format!("{} {} {value}", change.op.name(), change.path)
        };
        object.changes.iter().map(line).collect()
    });
    Run {
        result,
        after: state_of(&machine),
        versions: machine.settings().change_version - before,
        updates: updates.collect(),
    }
}

fn restore(simulator: &Arc<Simulator>, ctx: &mut Context, uuid: &str, case: &Json) -> Arc<VirtualMachine> {
    let initial = &case["initial"];
    let state = recorded_state(initial);
    let mut settings = Settings::new("vm", uuid, "[LocalDS_0] vm");
    settings.power = Some(match text(case, "powerState") {
        "poweredOn" => PowerState::On,
        _ => PowerState::Off,
    });
    settings.num_ethernet_cards = state.num_ethernet_cards as i32;
    settings.num_virtual_disks = state.num_virtual_disks as i32;
    settings.guest.net = state.guest_net;
    settings.networks = vec![Ref::new(ObjectKind::Network, 6); state.networks];
    for device in &state.devices {
        if let Some(Backing::Disk(DiskBacking { file_name, .. })) = &device.backing {
            simulator.datastore().put_file(file_name, device.capacity_bytes);
        }
    }
    let root = Arc::clone(simulator.root());
    simulator.restore_vm(ctx, &root, settings, state.devices)
}

/// Every path that the recorded updates of a case have, in the order in which updates list them.
fn watched_paths(case: &Json) -> Vec<String> {
    let mut paths = Vec::new();
    for update in list(&case["result"]["propertyUpdates"]) {
        for line in list(update) {
            let path = line.as_str().unwrap().split(' ').nth(1).unwrap().to_owned();
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}
