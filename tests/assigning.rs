//! `bohrbug assign`: what it refuses, with which code, and that a ledger that it refuses stays as it is.

use std::fs;

use crate::program::{BOHRBUG, Shell};

/// The arguments with the ledger before them.
fn call(shell: &Shell, ledger: &str, arguments: &str) -> crate::program::Called {
    let mut all = vec!["assign", "--ledger", ledger];
    all.extend(arguments.split_whitespace());
    shell.call(&all)
}

fn with_demo() -> Shell {
    let shell = Shell::new(BOHRBUG);
    call(&shell, "demo.db", "--demo")
        .ends_with(0)
        .complains_of_nothing()
        .says("v1          Stopped     A           isoA");
    shell
}

#[test]
fn a_file_that_is_no_ledger_ends_with_20_and_stays_as_it_is() {
    let shell = with_demo();
    let mut newer = fs::read(shell.path("demo.db")).expect("the ledger");
    // SQLite's own header has the version of the schema there.
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let cases: [(&str, &[u8], &str); 3] = [
        ("text.db", b"a shopping list", "text.db: not a ledger"),
        ("cut.db", &newer[..100], "cut.db: not a ledger"),
        ("newer.db", &newer, "newer.db: the ledger has schema version 99"),
    ];
    for (name, bytes, message) in cases {
        shell.write(name, bytes);
        for arguments in ["", "--demo", "--audit", "--vm v1 --to B"] {
            let called = call(&shell, name, arguments).ends_with(20).complains(message);
            assert_eq!((called.err.lines().count(), called.out.as_str()), (1, ""), "{called:#?}");
            assert_eq!(fs::read(shell.path(name)).expect("the file"), bytes, "{name}");
        }
    }
    call(&shell, "missing.db", "").ends_with(20).complains("there is no file missing.db");
    assert!(!shell.path("missing.db").exists());
    call(&shell, ".", "--demo").ends_with(20).complains("not a ledger");
    call(&shell, ".", "").ends_with(20).complains("not a ledger: . is a folder; name the ledger's file in it");
}

#[test]
fn what_makes_no_sense_ends_with_2_and_changes_nothing() {
    let shell = with_demo();
    let long = format!("--vm {} --to B", "x".repeat(100_000));
    for (arguments, said) in [
        ("--vm v1", "--to <ACCOUNT>"),
        ("--to B", "--vm <NAME>"),
        ("--vm v1 --to B --revision stricter", "invalid value 'stricter'"),
        ("--vm v1 --to B --fail nowhere", "invalid value 'nowhere'"),
        ("--vm v1 --to B --from B", "v1 belongs to A, not to B"),
        ("--vm v9 --to B", "there is no machine v9"),
        ("--vm v1 --to nobody", "there is no account nobody"),
        ("--vm v1 --to B --domain D2", "there is no account B"),
        ("--vm v1 --to B --network nowhere", "there is no network nowhere"),
        ("--vm v1 --to B --caller ra1", "[1-role]"),
        (&long, "a name has 1 to 255 bytes"),
    ] {
        let called = call(&shell, "demo.db", arguments).ends_with(2);
        assert!(called.err.contains(said) || called.out.contains(said), "{arguments}: {called:#?}");
        assert!(!called.err.contains("panicked") && called.out.len() + called.err.len() < 5_000, "{called:#?}");
        let shown = call(&shell, "demo.db", "--audit --format json").ends_with(0).json().remove(0);
        assert_eq!(shown["findings"], serde_json::json!([]), "{arguments}");
    }
    call(&shell, "demo.db", "").ends_with(0).says("v1          Stopped     A           isoA");
}

#[test]
fn every_revision_says_what_it_left_behind_and_ends_accordingly() {
    for (revision, code) in [
        ("reported", 10),
        ("verify-after", 10),
        ("checkpoint", 2),
        ("transaction", 2),
        ("pr7061", 2),
        ("pr10875", 2),
        ("reservations", 2),
        ("strict", 2),
    ] {
        let shell = with_demo();
        let arguments = format!("--vm v1 --to B --revision {revision} --fail network.allocate --format json");
        let told = call(&shell, "demo.db", &arguments).ends_with(code).json().remove(0);
        assert_eq!((&told["outcome"], &told["revision"]), (&"failed".into(), &revision.into()));
        let findings = told["findings"].as_array().expect("a list");
        assert_eq!(findings.is_empty(), code == 2, "{revision}: {findings:?}");
        let again = format!("--vm v1 --to B --revision {revision}");
        // A machine that was left half moved belongs to its new owner already.
        call(&shell, "demo.db", &again).ends_with(if code == 2 { 0 } else { 10 });
    }
}
