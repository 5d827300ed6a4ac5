//! What the data says of the state after a case, a line each.

use vm_assignment::records as r;

use super::run::Run;

/// Looks whether everything is so. Where no line speaks of findings there are none, and where none speaks of an owner the
/// machine is `B`'s.
pub(super) fn check(lines: &[String], run: &Run, context: &str) {
    let says =
        |word: &str| lines.iter().any(|line| line.split(' ').next().is_some_and(|first| first.starts_with(word)));
    if !says("finds") {
        assert_eq!(run.audit(), [] as [String; 0], "{context}");
    }
    if !says("owner") && run.outcome.is_ok() {
        assert_eq!(run.owner(), "B", "{context}");
    }
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        if let Err(found) = look(&words, run) {
            panic!("{context}: `{line}`: there is {found}");
        }
    }
}

/// Whether a line is so; else what is.
fn look(words: &[&str], run: &Run) -> Result<(), String> {
    match words {
        ["owner", account] => same(*account, &run.owner()),
        ["finds", rest @ ..] => {
            let wanted = rest.join(" ");
            let findings = run.audit();
            if findings.iter().any(|finding| finding.starts_with(&wanted)) {
                Ok(())
            } else {
                Err(format!("{findings:?}"))
            }
        }
        ["finds-only", invariant] => {
            let findings = run.audit();
            let only = findings.iter().all(|finding| finding.starts_with(invariant));
            if only { Ok(()) } else { Err(format!("{findings:?}")) }
        }
        ["count", account, resource, wanted] => {
            let (resource, tag) = resource.split_once('/').unwrap_or((*resource, ""));
            let resource = r::Resource::ALL.iter().find(|known| known.word() == resource).ok_or("no such resource")?;
            same(*wanted, &run.count(account, *resource, tag).to_string())
        }
        ["networks", names @ ..] => same(names.join(" "), &run.networks().join(" ")),
        ["network", name, state] => {
            let network = run.after.named::<r::Network>(name).ok_or("no such network")?;
            same(*state, &network.state.to_string())
        }
        ["cards", number] => same(*number, &run.live_cards().len().to_string()),
        ["card", place, rest @ ..] => card(place, rest, run),
        ["groups", names @ ..] => same(names.join(" "), &security_groups(run).join(" ")),
        ["instance-groups", number] => same(*number, &run.after.all::<r::InstanceGroupMember>().len().to_string()),
        ["volume-owner", volume, account] => {
            let owner = run.after.named::<r::Volume>(volume).ok_or("no such volume")?.account_id;
            same(*account, &run.account(owner))
        }
        ["policy-owners", accounts @ ..] => same(accounts.join(" "), &policy_owners(run).join(" ")),
        ["usage", events @ ..] => same(events.join(" "), &run.usage().join(" ")),
        ["usage-events", number] => same(*number, &run.usage().len().to_string()),
        _ => Err("no such line".to_owned()),
    }
}

/// `card PLACE NETWORK default|other [ADDRESS]`.
fn card(place: &str, rest: &[&str], run: &Run) -> Result<(), String> {
    let cards = run.live_cards();
    let card = cards.iter().find(|card| card.device_id.to_string() == place).ok_or("no such card")?;
    let network = run.after.get::<r::Network>(card.network_id).ok_or("no such network")?.name;
    let default = if card.default_nic { "default" } else { "other" };
    let mut found = vec![network, default.to_owned()];
    if rest.len() > 2 {
        found.extend(card.ip4.clone());
    }
    same(rest.join(" "), &found.join(" "))
}

fn same(wanted: impl AsRef<str>, found: &str) -> Result<(), String> {
    if wanted.as_ref() == found { Ok(()) } else { Err(format!("`{found}`")) }
}

fn security_groups(run: &Run) -> Vec<String> {
    let name = |member: &r::SecurityGroupMember| {
        let group = run.after.get::<r::SecurityGroup>(member.security_group_id).unwrap();
        format!("{}.{}", run.account(group.account_id), group.name)
    };
    let mut names: Vec<String> = run.after.all::<r::SecurityGroupMember>().iter().map(name).collect();
    names.sort();
    names
}

fn policy_owners(run: &Run) -> Vec<String> {
    let policies = run.after.all::<r::SnapshotPolicy>().into_iter().map(|row| row.account_id);
    let schedules = run.after.all::<r::BackupSchedule>().into_iter().map(|row| row.account_id);
    policies.chain(schedules).map(|id| run.account(id)).collect()
}
