//! What clients can ask of the collector, and what tasks tell.

use bohrbug_sync::{Arc, thread};
use vm_simulator::collector::{ChangeKind, FilterSpec, ObjectSpec, PropertySpec, Selection, UpdateSet};
use vm_simulator::device::{Backing, Device, Kind};
use vm_simulator::fault::FaultKind;
use vm_simulator::inventory::{NewMachine, VirtualMachine};
use vm_simulator::reconfigure::{ConfigSpec, DeviceChange};
use vm_simulator::reference::{ObjectKind, Ref};
use vm_simulator::state::PowerState;
use vm_simulator::value::Value;
use vm_simulator::{Context, Revision, Simulator, TaskState, VM_NETWORK};

const REVISIONS: [Revision; 3] = [Revision::Reported, Revision::Upstream, Revision::Strict];

fn machine(simulator: &Simulator, name: &str) -> Arc<VirtualMachine> {
    simulator.create_vm(&mut Context::new(), simulator.root(), &NewMachine::named(name)).unwrap()
}

fn add_card() -> ConfigSpec {
    let network = Backing::Network { name: VM_NETWORK.into(), network: None };
    ConfigSpec::devices(vec![DeviceChange::add(Device::new(Kind::E1000, -1).backed_by(network))])
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn properties_are_read_by_path_and_by_key() {
    for revision in REVISIONS {
        let simulator = Simulator::new(revision);
        let machine = machine(&simulator, "vm");
        simulator.reconfigure_vm(&mut Context::new(), &machine, &add_card()).unwrap();
        let mac = "config.hardware.device[202].macAddress";
        let gone = "config.hardware.device[4711].macAddress";
        let paths = ["name", "runtime.powerState", "config.annotation", mac, gone, "summary.config.numEthernetCards"];
        let spec = FilterSpec::of(machine.reference(), &paths);
        let content = simulator.retrieve(&mut Context::new(), &spec).unwrap().remove(0);
        let expected = [
            ("name", text("vm")),
            ("runtime.powerState", text("poweredOff")),
            (mac, text("00:0c:29:36:61:66")),
            ("summary.config.numEthernetCards", Value::Int(1)),
        ];
        let expected: Vec<(String, Value)> = expected.into_iter().map(|(path, value)| (path.into(), value)).collect();
        assert_eq!((content.values, content.missing), (expected, Vec::new()), "{}", revision.name());
    }
}

#[test]
fn a_traversal_goes_down_named_and_finds_each_object_once() {
    for revision in REVISIONS {
        let simulator = Simulator::new(revision);
        let ctx = &mut Context::new();
        let inner = simulator.create_folder(ctx, simulator.root(), "inner");
        let outer = machine(&simulator, "outer");
        let deep = simulator.create_vm(ctx, &inner, &NewMachine::named("deep")).unwrap();
        let down = Selection::Traversal {
            name: Some("down".into()),
            kind: ObjectKind::Folder,
            path: "childEntity".into(),
            select: vec![Selection::Named("down".into())],
        };
        let root = simulator.root().reference();
        let spec = FilterSpec {
            objects: vec![
                ObjectSpec { object: root, skip: true, select: vec![down] },
                ObjectSpec::only(outer.reference()),
            ],
            properties: vec![PropertySpec::new("ManagedEntity", &["name"])],
        };
        let mut found: Vec<(Ref, Value)> = simulator
            .retrieve(ctx, &spec)
            .unwrap()
            .into_iter()
            .map(|content| (content.object, content.get("name").cloned().unwrap()))
            .collect();
        found.sort_by_key(|(object, _)| *object);
        let expected =
            [(inner.reference(), text("inner")), (outer.reference(), text("outer")), (deep.reference(), text("deep"))];
        assert_eq!(found, expected, "{}", revision.name());
    }
}

#[test]
fn an_answer_comes_in_pages() {
    let simulator = Simulator::new(Revision::Strict);
    for at in 0..5 {
        machine(&simulator, &format!("vm{at}"));
    }
    let collector = simulator.create_collector();
    let spec = FilterSpec::machines_in(simulator.root().reference(), &["name"]);
    let ctx = &mut Context::new();
    let mut page = collector.retrieve(&simulator, ctx, &spec, Some(2)).unwrap();
    let mut sizes = vec![page.objects.len()];
    while let Some(token) = page.token {
        page = collector.continue_retrieve(token, Some(2)).unwrap();
        sizes.push(page.objects.len());
    }
    assert_eq!(sizes, [2, 2, 1]);
    let none = collector.retrieve(&simulator, ctx, &spec, Some(0)).unwrap_err();
    assert_eq!(none.property.as_deref(), Some("options.maxObjects"));
}

#[test]
fn without_a_session_every_property_is_missing() {
    let simulator = Simulator::new(Revision::Strict);
    let machine = machine(&simulator, "vm");
    let spec = FilterSpec::of(machine.reference(), &["name"]);
    let content = simulator.retrieve(&mut Context::without_session(), &spec).unwrap().remove(0);
    assert!(content.values.is_empty());
    assert_eq!(content.missing[0].1.kind, FaultKind::NotAuthenticated);
}

fn kinds(updates: Option<UpdateSet>) -> Vec<(ChangeKind, Ref)> {
    let filters = updates.map(|updates| updates.filters).unwrap_or_default();
    filters.iter().flat_map(|filter| &filter.objects).map(|object| (object.kind, object.object)).collect()
}

#[test]
fn machines_enter_and_leave_what_is_watched() {
    for revision in REVISIONS {
        let simulator = Simulator::new(revision);
        let ctx = &mut Context::new();
        let first = machine(&simulator, "first");
        let collector = simulator.create_collector();
        let spec = FilterSpec::machines_in(simulator.root().reference(), &["runtime.powerState"]);
        collector.create_filter(ctx, spec);
        let check = |version| kinds(collector.check_for_updates(&simulator, &mut Context::new(), version).unwrap());
        assert_eq!(check(""), [(ChangeKind::Enter, first.reference())]);
        assert_eq!(check("-"), []);
        let second = machine(&simulator, "second");
        assert_eq!(check("-"), [(ChangeKind::Enter, second.reference())], "{}", revision.name());
        simulator.set_power(ctx, &second, PowerState::On).unwrap();
        assert_eq!(check("-"), [(ChangeKind::Modify, second.reference())]);
        simulator.destroy_vm(ctx, &first).unwrap();
        assert_eq!(check("-"), [(ChangeKind::Leave, first.reference())]);
        assert_eq!(simulator.destroy_vm(ctx, &first).unwrap_err().kind, FaultKind::ManagedObjectNotFound);
    }
}

#[test]
fn a_list_view_says_what_is_watched() {
    for revision in REVISIONS {
        let simulator = Simulator::new(revision);
        let ctx = &mut Context::new();
        let [one, two] = ["one", "two"].map(|name| machine(&simulator, name).reference());
        let view = simulator.create_list_view(&[one]);
        let collector = simulator.create_collector();
        collector.create_filter(ctx, FilterSpec::machines_of_view(view.reference(), &["name"]));
        let check = |version| kinds(collector.check_for_updates(&simulator, &mut Context::new(), version).unwrap());
        assert_eq!(check(""), [(ChangeKind::Enter, one)]);
        simulator.modify_list_view(ctx, &view, &[two], &[one]);
        assert_eq!(check("-"), [(ChangeKind::Leave, one), (ChangeKind::Enter, two)], "{}", revision.name());
    }
}

#[test]
fn a_path_above_or_below_a_changed_one_is_told_too() {
    let simulator = Simulator::new(Revision::Strict);
    let ctx = &mut Context::new();
    let machine = machine(&simulator, "vm");
    let collector = simulator.create_collector();
    let mac = "config.hardware.device[202].macAddress";
    collector.create_filter(ctx, FilterSpec::of(machine.reference(), &["config.hardware", mac, "guest"]));
    collector.check_for_updates(&simulator, ctx, "").unwrap();
    simulator.reconfigure_vm(ctx, &machine, &add_card()).unwrap();
    let updates = collector.check_for_updates(&simulator, ctx, "-").unwrap().unwrap();
    assert_eq!(updates.values(mac), [text("00:0c:29:36:61:66")]);
    assert_eq!(updates.values("config.hardware").len(), 1);
    // A card is one of the guest's, too.
    assert!(!updates.values("guest").is_empty());
}

#[test]
fn a_waiting_client_is_woken_by_an_update_and_by_a_cancellation() {
    let simulator = Simulator::new(Revision::Strict);
    let machine = machine(&simulator, "vm");
    let collector = simulator.create_collector();
    let ctx = &mut Context::new();
    collector.create_filter(ctx, FilterSpec::of(machine.reference(), &["config.changeVersion"]));
    collector.check_for_updates(&simulator, ctx, "").unwrap();
    let client = {
        let (simulator, collector) = (Arc::clone(&simulator), Arc::clone(&collector));
        thread::spawn(move || {
            let ctx = &mut Context::new();
            let first = collector.wait_for_updates(&simulator, ctx, "-", None);
            (first, collector.wait_for_updates(&simulator, ctx, "-", None))
        })
    };
    simulator.reconfigure_vm(ctx, &machine, &ConfigSpec::annotated("changed")).unwrap();
    collector.cancel_wait();
    let (first, second) = client.join().unwrap();
    // The cancellation may come before the client waits, and then ends its first wait.
    match first {
        Ok(updates) => {
            assert_eq!(updates.unwrap().values("config.changeVersion"), [text("1")]);
            assert_eq!(second.unwrap_err().kind, FaultKind::RequestCanceled);
        }
        Err(fault) => assert_eq!(fault.kind, FaultKind::RequestCanceled),
    }
}

#[test]
fn a_task_ends_with_what_it_made_or_why_it_failed() {
    for revision in REVISIONS {
        let simulator = Simulator::new(revision);
        let machine = machine(&simulator, "vm");
        let task = simulator.start_reconfigure(&machine, add_card()).unwrap();
        assert_eq!(task.wait(), Ok(None));
        assert_eq!(task.info().state, TaskState::Success);
        assert_eq!(machine.settings().num_ethernet_cards, 1);
        let clone = simulator.start_clone(&machine, simulator.root(), "clone").unwrap().wait().unwrap().unwrap();
        let clone = simulator.machine(clone).unwrap();
        assert_eq!(clone.settings().name, "clone");
        assert!(clone.devices().iter().any(|device| device.key == 202), "{}", revision.name());
        let unknown = DeviceChange::edit(Device::new(Kind::E1000, 9999));
        let task = simulator.start_reconfigure(&machine, ConfigSpec::devices(vec![unknown])).unwrap();
        assert_eq!(task.wait().unwrap_err().kind, FaultKind::InvalidDeviceSpec);
        let spec = FilterSpec::of(task.reference(), &["info.state", "info.error"]);
        let content = simulator.retrieve(&mut Context::new(), &spec).unwrap().remove(0);
        assert_eq!(content.get("info.state"), Some(&text("error")));
        assert_eq!(content.get("info.error"), Some(&text("InvalidDeviceSpec")));
    }
}

#[test]
fn a_template_takes_a_new_name_and_nothing_else() {
    let simulator = Simulator::new(Revision::Strict);
    let ctx = &mut Context::new();
    let mut settings = vm_simulator::state::Settings::new("vm", "uuid", "[LocalDS_0] vm");
    settings.template = true;
    let template = simulator.restore_vm(ctx, simulator.root(), settings, Vec::new());
    let named = ConfigSpec { name: Some("renamed".into()), ..ConfigSpec::default() };
    simulator.reconfigure_vm(ctx, &template, &named).unwrap();
    assert_eq!(template.settings().name, "renamed");
    assert_eq!(simulator.reconfigure_vm(ctx, &template, &add_card()).unwrap_err().kind, FaultKind::NotSupported);
    assert_eq!(simulator.set_power(ctx, &template, PowerState::On).unwrap_err().kind, FaultKind::InvalidState);
}
