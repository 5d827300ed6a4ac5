//! What the data says of the state after a move, in the words of a test.

use vm_assignment::Revision;
use vm_assignment::records as r;

use super::run::Run;

/// What the data says of the state after success.
pub(super) fn check_moved(id: i64, revision: Revision, run: &Run) {
    let context = format!("case {id} on {revision}");
    let expected_owner = if id == 74 { "P1" } else { "B" };
    assert_eq!(run.owner(), expected_owner, "{context}");
    let findings = run.audit();
    match id {
        7 => {
            let drift = |account: &str, count: i64| {
                let text = format!("I6 account {account} counts {count} user_vm");
                assert!(findings.iter().any(|finding| finding.starts_with(&text)), "{context}: {findings:?}");
            };
            drift("A", 0);
            drift("B", 1);
            return;
        }
        // A machine that keeps its cards is on its old owner's network: that is what was asked for.
        78 => assert!(findings.iter().all(|finding| finding.starts_with("I2")), "{context}: {findings:?}"),
        _ => assert_eq!(findings, [] as [String; 0], "{context}"),
    }
    check_particulars(id, run, &context);
}

fn check_particulars(id: i64, run: &Run, context: &str) {
    let cards = run.live_cards();
    let card = |place: usize| {
        let card = cards.iter().find(|card| card.device_id == place as i64).unwrap();
        (run.after.get::<r::Network>(card.network_id).unwrap().name, card.default_nic, card.ip4.clone().unwrap())
    };
    match id {
        43 => assert_eq!(run.count(&run.after, "B", r::Resource::UserVm, ""), 1, "{context}"),
        46 => {
            for resource in [r::Resource::UserVm, r::Resource::Cpu, r::Resource::Memory] {
                for account in ["A", "B"] {
                    assert_eq!(run.count(&run.after, account, resource, ""), 0, "{context}");
                }
            }
            assert_eq!(run.count(&run.after, "B", r::Resource::Volume, ""), 2, "{context}");
        }
        50 => {
            for (resource, tag) in [(r::Resource::Volume, "s1"), (r::Resource::PrimaryStorage, "s1")] {
                assert_eq!(run.count(&run.after, "A", resource, tag), 0, "{context}");
                let former = run.count(&run.before, "A", resource, tag);
                assert_eq!(run.count(&run.after, "B", resource, tag), former, "{context}");
                assert!(former > 0, "{context}");
            }
        }
        56 => {
            let events = [
                "VM.DESTROY(A) v1",
                "VOLUME.DELETE(A) vol-root",
                "VOLUME.CREATE(B) vol-root",
                "VOLUME.DELETE(A) vol-data",
                "VOLUME.CREATE(B) vol-data",
                "VM.CREATE(B) v1",
            ];
            assert_eq!(run.usage(), events, "{context}");
            assert_eq!(run.networks(), ["netB"], "{context}");
        }
        57 => assert_eq!(run.networks(), ["B-network"], "{context}"),
        58 => {
            let network = run.after.named::<r::Network>("B-network").unwrap();
            assert_eq!(network.state, r::NetworkState::Implemented, "{context}");
        }
        59 => {
            assert_eq!((card(0).0.as_str(), card(0).1), ("netB2", true), "{context}");
            assert_eq!((card(1).0.as_str(), card(1).1), ("netB1", false), "{context}");
        }
        60 | 61 => {
            assert_eq!(card(0), ("sharedS".into(), true, "10.9.9.19".into()), "{context}");
            assert_eq!(cards.len(), 1, "{context}");
        }
        62 => {
            assert_eq!(card(0).0, "netB", "{context}");
            assert_eq!(card(1), ("sharedS".into(), false, "10.9.9.19".into()), "{context}");
        }
        63 => assert_eq!(card(0), ("sharedS".into(), true, "10.9.9.18".into()), "{context}"),
        64 | 65 => assert_eq!(run.networks(), ["netB"], "{context}"),
        67 | 68 => assert_eq!(groups(run), ["B.default"], "{context}"),
        69 | 70 => assert_eq!(groups(run), ["B.default", "B.web"], "{context}"),
        71 => {
            assert_eq!(run.networks(), ["sgNet"], "{context}");
            assert_eq!(groups(run), ["B.default"], "{context}");
        }
        73 => {
            assert_eq!(run.count(&run.after, "A", r::Resource::PrimaryStorage, ""), 0, "{context}");
            assert_eq!(run.count(&run.after, "B", r::Resource::PrimaryStorage, ""), 15 << 30, "{context}");
        }
        75 => assert!(run.after.all::<r::InstanceGroupMember>().is_empty(), "{context}"),
        76 => {
            let owner = run.after.named::<r::Volume>("vol-free").unwrap().account_id;
            assert_eq!(run.after.get::<r::Account>(owner).unwrap().name, "A", "{context}");
        }
        77 => assert_eq!(policy_owners(run), ["B", "B"], "{context}"),
        78 => assert_eq!(run.networks(), ["isoA"], "{context}"),
        107 => assert_eq!(run.usage().len(), 6, "{context}: as for one move"),
        _ => {}
    }
}

fn groups(run: &Run) -> Vec<String> {
    let name = |member: &r::SecurityGroupMember| {
        let group = run.after.get::<r::SecurityGroup>(member.security_group_id).unwrap();
        format!("{}.{}", run.after.get::<r::Account>(group.account_id).unwrap().name, group.name)
    };
    let mut names: Vec<String> = run.after.all::<r::SecurityGroupMember>().iter().map(name).collect();
    names.sort();
    names
}

pub(super) fn policy_owners(run: &Run) -> Vec<String> {
    let policies = run.after.all::<r::SnapshotPolicy>().into_iter().map(|row| row.account_id);
    let schedules = run.after.all::<r::BackupSchedule>().into_iter().map(|row| row.account_id);
    policies.chain(schedules).map(|id| run.after.get::<r::Account>(id).unwrap().name).collect()
}
