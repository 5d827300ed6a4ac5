use std::sync::Mutex;
use std::thread;

#[derive(Default)]
pub struct Tally(Mutex<u32>);

impl Tally {
    pub fn add(&self) {
        let count = *self.0.lock().unwrap();
        *self.0.lock().unwrap() = count + 1;
    }
}

#[test]
fn no_count_is_lost() {
    let tally = Tally::default();
    thread::scope(|scope| {
        scope.spawn(|| tally.add());
        scope.spawn(|| tally.add());
    });
    assert_eq!(*tally.0.lock().unwrap(), 2);
}
