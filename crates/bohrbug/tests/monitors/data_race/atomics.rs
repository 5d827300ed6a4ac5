//! Atomics, by the order that they are asked for, and fences.

use bohrbug_sync::atomic::{
    AtomicBool, AtomicU32, Ordering,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    fence,
};
use bohrbug_sync::{Arc, thread};

use super::{Case, Data, both, orders, races};

/// Data that is published through a flag, written by one order and read by another.
#[derive(Default)]
struct Published {
    data: Data,
    flag: AtomicU32,
    count: AtomicU32,
}

impl Published {
    fn publish(&self, order: Ordering) {
        self.data.set(1);
        self.flag.store(1, order);
    }

    fn read_if(&self, order: Ordering, is: u32) {
        if self.flag.load(order) == is {
            assert_eq!(self.data.get(), 1);
        }
    }

    fn fence_and_publish(&self, order: Ordering) {
        self.data.set(1);
        fence(order);
        self.flag.store(1, Relaxed);
    }

    fn fence_and_read(&self, order: Ordering) {
        if self.flag.load(Relaxed) == 1 {
            fence(order);
            assert_eq!(self.data.get(), 1);
        }
    }

    fn read_if_exchange_fails(&self, success: Ordering, failure: Ordering) {
        if self.flag.compare_exchange(0, 0, success, failure) == Err(1) {
            assert_eq!(self.data.get(), 1);
        }
    }

    /// Reads, and writes if it is the last of two.
    fn count(&self, order: Ordering) {
        _ = self.data.get();
        if self.count.fetch_add(1, order) == 1 {
            self.data.set(2);
        }
    }
}

/// A lock that is tried for once.
#[derive(Default)]
struct Spin(AtomicBool, Data);

impl Spin {
    fn once(&self, release: Ordering) {
        if self.0.compare_exchange(false, true, Acquire, Relaxed).is_ok() {
            self.1.set(1);
            self.0.store(false, release);
        }
    }
}

pub(super) const CASES: &[Case] = &[
    orders("release and acquire", || both::<Published>(|p| p.publish(Release), |p| p.read_if(Acquire, 1))),
    orders("sequentially consistent accesses", || both::<Published>(|p| p.publish(SeqCst), |p| p.read_if(SeqCst, 1))),
    races("a relaxed store", || both::<Published>(|p| p.publish(Relaxed), |p| p.read_if(Acquire, 1))),
    races("a relaxed load", || both::<Published>(|p| p.publish(Release), |p| p.read_if(Relaxed, 1))),
    orders("a release fence before a relaxed store", || {
        both::<Published>(|p| p.fence_and_publish(Release), |p| p.read_if(Acquire, 1));
    }),
    races("a release fence after the store", || {
        both::<Published>(
            |p| {
                p.publish(Relaxed);
                fence(Release);
            },
            |p| p.read_if(Acquire, 1),
        );
    }),
    orders("an acquire fence after a relaxed load", || {
        both::<Published>(|p| p.publish(Release), |p| p.fence_and_read(Acquire));
    }),
    races("an acquire fence before a relaxed load", || {
        both::<Published>(
            |p| p.publish(Release),
            |p| {
                fence(Acquire);
                p.read_if(Relaxed, 1);
            },
        );
    }),
    orders("fences on both sides", || {
        both::<Published>(|p| p.fence_and_publish(SeqCst), |p| p.fence_and_read(SeqCst));
    }),
    orders("a release sequence through another task's relaxed addition", || {
        let p = Arc::new(Published::default());
        let [one, two] =
            [(|p| p.publish(Release)) as fn(&Published), |p| _ = p.flag.compare_exchange(1, 2, Relaxed, Relaxed)].map(
                |body| {
                    let p = p.clone();
                    thread::spawn(move || body(&p))
                },
            );
        p.read_if(Acquire, 2);
        one.join().unwrap();
        two.join().unwrap();
    }),
    races("a relaxed store of the same task ends a release sequence", || {
        both::<Published>(
            |p| {
                p.publish(Release);
                p.flag.store(2, Relaxed);
            },
            |p| p.read_if(Acquire, 2),
        );
    }),
    orders("an exchange that fails with acquire", || {
        both::<Published>(|p| p.publish(Release), |p| p.read_if_exchange_fails(Relaxed, Acquire));
    }),
    races("an exchange that fails relaxed", || {
        both::<Published>(|p| p.publish(Release), |p| p.read_if_exchange_fails(Acquire, Relaxed));
    }),
    orders("the last of those who count down", || {
        both::<Published>(|p| p.count(AcqRel), |p| p.count(AcqRel));
    }),
    races("the last of those who count down without acquire", || {
        both::<Published>(|p| p.count(Release), |p| p.count(Release));
    }),
    orders("a spin lock", || {
        both::<Spin>(|spin| spin.once(Release), |spin| spin.once(Release));
    }),
    races("a spin lock that is released relaxed", || {
        both::<Spin>(|spin| spin.once(Relaxed), |spin| spin.once(Relaxed));
    }),
];
