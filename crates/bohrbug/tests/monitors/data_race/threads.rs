//! What orders a thread and who spawned it: its begin, its end, and the token of `park`.

use bohrbug_sync::{Arc, thread};

use super::{Case, Data, beside, orders, races};

/// Writes when it goes.
struct Writes(Arc<Data>);

impl Drop for Writes {
    fn drop(&mut self) {
        self.0.set(1);
    }
}

bohrbug_sync::thread_local! {
    static LOCAL: std::cell::RefCell<Option<Writes>> = std::cell::RefCell::new(None);
}

/// Data, and a thread that does something with it.
fn spawn(body: impl FnOnce(Arc<Data>) + Send + 'static) -> (Arc<Data>, thread::JoinHandle<()>) {
    let data = Arc::new(Data::default());
    let child = thread::spawn({
        let data = data.clone();
        move || body(data)
    });
    (data, child)
}

pub(super) const CASES: &[Case] = &[
    orders("spawn and join", || {
        let data = Arc::new(Data::default());
        data.set(1);
        let child = thread::spawn({
            let data = data.clone();
            move || data.set(2)
        });
        child.join().unwrap();
        data.set(3);
    }),
    races("main does not wait for the child", || beside(((), ()), |data, ()| data.set(2), |data, ()| data.set(3))),
    orders("a scope", || {
        let data = Data::default();
        thread::scope(|scope| _ = scope.spawn(|| data.set(1)));
        data.set(2);
    }),
    races("an end that is only looked at", || {
        let (data, child) = spawn(|data| data.set(2));
        if child.is_finished() {
            data.set(3);
        }
        child.join().unwrap();
    }),
    orders("a destructor of a thread-local value, before the join", || {
        let (data, child) = spawn(|data| LOCAL.with(|local| *local.borrow_mut() = Some(Writes(data))));
        child.join().unwrap();
        data.set(2);
    }),
    orders("park and unpark", || {
        beside(
            (thread::current(), ()),
            |data, main| {
                data.set(1);
                main.unpark();
            },
            |data, ()| {
                thread::park();
                data.set(2);
            },
        );
    }),
    races("a write after the unpark", || {
        beside(
            (thread::current(), ()),
            |data, main| {
                main.unpark();
                data.set(1);
            },
            |data, ()| {
                thread::park();
                data.set(2);
            },
        );
    }),
];
