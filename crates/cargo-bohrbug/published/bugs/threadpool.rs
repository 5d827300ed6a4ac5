//! Whoever joined a pool before it was quiet for a moment goes on then, even if there is new work by now.

use std::sync::mpsc::channel;
use std::thread;

use threadpool::ThreadPool;

#[test]
fn a_joiner_sees_the_quiet_moment() {
    let pool = ThreadPool::new(1);
    let (start, started) = channel::<()>();
    pool.execute(move || started.recv().unwrap());
    let (done, joined) = channel();
    let joiner = thread::spawn({
        let pool = pool.clone();
        move || {
            pool.join();
            done.send(()).unwrap();
        }
    });
    // By now the joiner waits, if anybody does.
    thread::sleep(std::time::Duration::from_secs(1));
    start.send(()).unwrap();
    pool.join();
    pool.execute(move || joined.recv().unwrap());
    joiner.join().unwrap();
}
