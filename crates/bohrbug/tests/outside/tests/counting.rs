use bohrbug_sync::{Arc, thread};
use tally::Tally;

#[test]
fn tests_have_controlled_types() {
    assert_eq!(tally::whose(), "controlled");
}

#[test]
fn no_count_is_lost() {
    bohrbug::check(|| {
        let tally = Arc::new(Tally::default());
        let counters = [(); 2].map(|()| {
            let tally = tally.clone();
            thread::spawn(move || tally.add())
        });
        for counter in counters {
            counter.join().unwrap();
        }
        assert_eq!(tally.total(), 2);
    });
}
