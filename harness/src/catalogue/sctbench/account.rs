//! A deposit, a withdrawal, and a checker that expects a wrong balance of the two.

use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::Scenario;

const START: i32 = 1;
const DEPOSIT: i32 = 2;
const WITHDRAWAL: i32 = 4;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "account",
    summary: "a checker expects the deposit to have been taken off",
    expectations: &[(REPORTED, fails("the balance is wrong")), (FIXED, HOLDS)],
    run,
    ..Scenario::USUAL
};

struct Account {
    balance: i32,
    deposited: bool,
    withdrawn: bool,
}

fn run(revision: &str) {
    let expected = if revision == FIXED { START + DEPOSIT - WITHDRAWAL } else { START - DEPOSIT - WITHDRAWAL };
    let account = Arc::new(Mutex::new(Account { balance: START, deposited: false, withdrawn: false }));
    let thread = |name, body: fn(&mut Account, i32)| {
        let account = account.clone();
        spawn(name, move || body(&mut account.lock().unwrap(), expected))
    };
    join([thread("checker", check), thread("depositor", deposit), thread("withdrawer", withdraw)]);
}

fn check(account: &mut Account, expected: i32) {
    if account.deposited && account.withdrawn {
        assert_eq!(account.balance, expected, "the balance is wrong");
    }
}

fn deposit(account: &mut Account, _: i32) {
    account.balance += DEPOSIT;
    account.deposited = true;
}

fn withdraw(account: &mut Account, _: i32) {
    account.balance -= WITHDRAWAL;
    account.withdrawn = true;
}
