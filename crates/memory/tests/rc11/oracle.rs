//! The judge: every candidate execution of a small program, filtered by the axioms of RC11 as the paper writes them.
//!
//! Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI 2017, section 3, with one
//! difference: release sequences are C++20's, a store and the read-modify-writes behind it, where the paper's also have
//! later stores of the same thread; [`Sequences`] says which. It shares no code with the crate. A candidate is a choice of
//! what each read reads and of a modification order for each location; relations are matrices, and each axiom is a line.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::program::{Graph, Op, Program, Writer};

/// What an execution has to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Sc,
    Rc11(Sequences),
}

/// What belongs to a release sequence, beside read-modify-writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequences {
    /// C++11's and the paper's: later stores of the same thread to the same location.
    WithLaterStores,
    /// C++20's: nothing.
    Cpp20,
}

/// Every complete execution of the program that the model allows.
pub(crate) fn executions(program: &Program, model: Model) -> BTreeSet<Graph> {
    let mut found = BTreeSet::new();
    let reads = all_reads(program);
    let mut choice = vec![0; reads.len()];
    loop {
        let rf = |thread, op| {
            let read = reads.iter().position(|read| (read.thread, read.op) == (thread, op)).unwrap();
            reads[read].sources[choice[read]]
        };
        if let Some(execution) = Execution::run(program, rf) {
            execution.consistent_orders(program, model, &mut found);
        }
        // The next choice of what each read reads.
        let Some(place) = (0..choice.len()).find(|&place| choice[place] + 1 < reads[place].sources.len()) else {
            return found;
        };
        choice[place] += 1;
        choice[..place].fill(0);
    }
}

/// How many candidates there are at the most.
pub(crate) fn candidates(program: &Program) -> u64 {
    let writers = |x| program.threads.iter().flatten().filter(|op| op.may_write() && op.location() == Some(x)).count();
    let orders = (0..program.locations).map(|x| (1..=writers(x) as u64).product::<u64>());
    all_reads(program).iter().map(|read| read.sources.len() as u64).chain(orders).fold(1, u64::saturating_mul)
}

struct Read {
    thread: usize,
    op: usize,
    sources: Vec<Writer>,
}

fn all_reads(program: &Program) -> Vec<Read> {
    let places = || {
        let thread = |(thread, ops): (usize, &Vec<Op>)| (0..ops.len()).map(move |op| (thread, op)).collect::<Vec<_>>();
        program.threads.iter().enumerate().flat_map(thread)
    };
    let at = |(thread, op): (usize, usize)| program.threads[thread][op];
    let reads = places().filter(|&place| at(place).reads());
    let read = |(thread, op)| {
        let writes = |place: &(usize, usize)| {
            *place != (thread, op) && at(*place).may_write() && at(*place).location() == at((thread, op)).location()
        };
        Read { thread, op, sources: std::iter::once(None).chain(places().filter(writes).map(Some)).collect() }
    };
    reads.map(read).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    R,
    W,
    F,
}

/// An event of the paper's: a read-modify-write is two, one after the other.
#[derive(Clone, Copy)]
struct Event {
    by: Writer,
    kind: Kind,
    order: Ordering,
    location: Option<usize>,
}

/// Events with values, program order and reads-from.
struct Execution {
    events: Vec<Event>,
    rf: Vec<(usize, usize)>,
    rmw: Vec<(usize, usize)>,
    values: Vec<Vec<u64>>,
    reads: Vec<Vec<(usize, Writer)>>,
}

impl Execution {
    /// Runs the program with these reads; `None` if they are impossible: a value that nobody writes, an assumption that does
    /// not hold, or (the axiom *no-thin-air*) a cycle of program order and reads-from, since then nobody can go on.
    fn run(program: &Program, rf: impl Fn(usize, usize) -> Writer) -> Option<Self> {
        let threads = program.threads.len();
        let initial = |location| Event { by: None, kind: Kind::W, order: Relaxed, location: Some(location) };
        let mut x = Self {
            events: (0..program.locations).map(initial).collect(),
            rf: Vec::new(),
            rmw: Vec::new(),
            values: vec![Vec::new(); threads],
            reads: vec![Vec::new(); threads],
        };
        let mut written = vec![0; program.locations];
        let mut at = vec![0; threads];
        let mut results: Vec<_> = program.threads.iter().map(|ops| vec![0; ops.len()]).collect();
        loop {
            let before: usize = at.iter().sum();
            for thread in 0..threads {
                while let Some(op) = program.threads[thread].get(at[thread]) {
                    let skipped = x.step((thread, at[thread]), op, &rf, &mut results[thread], &mut written)?;
                    let Some(skipped) = skipped else { break };
                    at[thread] += 1 + skipped;
                }
            }
            if (0..threads).all(|thread| at[thread] >= program.threads[thread].len()) {
                return Some(x);
            }
            if before == at.iter().sum::<usize>() {
                return None;
            }
        }
    }

    /// One operation; `Some(None)` if what it reads is not there yet, otherwise how many operations it skips.
    fn step(
        &mut self,
        place: (usize, usize),
        op: &Op,
        rf: impl Fn(usize, usize) -> Writer,
        results: &mut [u64],
        written: &mut Vec<u64>,
    ) -> Option<Option<usize>> {
        let mut old = 0;
        if op.reads() {
            let source = rf(place.0, place.1);
            let location = op.location();
            let is_source = |event: &Event| event.kind == Kind::W && event.by == source && event.location == location;
            let Some(source) = self.events.iter().position(is_source) else { return Some(None) };
            old = written[source];
            results[place.1] = old;
            self.rf.push((source, self.events.len()));
            self.values[place.0].push(old);
            self.reads[place.0].push((place.1, self.events[source].by));
        }
        let mut add = |kind, order, location, value| {
            self.events.push(Event { by: Some(place), kind, order, location });
            written.push(value);
            self.events.len() - 1
        };
        match *op {
            Op::Load(x, order) => _ = add(Kind::R, order, Some(x), 0),
            Op::Store(x, order, value) => _ = add(Kind::W, order, Some(x), value.of(results)),
            Op::Fence(order) => _ = add(Kind::F, order, None, 0),
            Op::Add(x, order, more) => {
                let read = add(Kind::R, read_half(order), Some(x), 0);
                let write = add(Kind::W, write_half(order), Some(x), old + more);
                self.rmw.push((read, write));
            }
            Op::Exchange(x, success, _, expected, new) if old == expected.of(results) => {
                let read = add(Kind::R, read_half(success), Some(x), 0);
                let write = add(Kind::W, write_half(success), Some(x), new.of(results));
                self.rmw.push((read, write));
            }
            Op::Exchange(x, _, failure, ..) => _ = add(Kind::R, failure, Some(x), 0),
            Op::SkipUnless(result, value, count) => {
                return Some(Some(if results[result] == value { 0 } else { count }));
            }
            Op::Lock(_) | Op::Unlock(_) | Op::Join(_) | Op::End => unreachable!("the judge knows no locks"),
            Op::Assume(result, value) => return if results[result] == value { Some(Some(0)) } else { None },
        }
        Some(Some(0))
    }

    /// Adds a graph for each modification order with which this is consistent.
    fn consistent_orders(&self, program: &Program, model: Model, found: &mut BTreeSet<Graph>) {
        let mut orders = vec![Vec::new()];
        for location in 0..program.locations {
            let writes = |e: &usize| self.events[*e].kind == Kind::W && self.events[*e].location == Some(location);
            let stores: Vec<usize> = (program.locations..self.events.len()).filter(writes).collect();
            let permutations = permutations(&stores);
            orders = orders
                .iter()
                .flat_map(|order: &Vec<Vec<usize>>| {
                    permutations.iter().map(|p| [order.as_slice(), std::slice::from_ref(p)].concat())
                })
                .collect();
        }
        let fixed = Fixed::new(self, program.locations, model);
        for order in orders {
            if fixed.allows(self, &order) {
                let by = |stores: &Vec<usize>| stores.iter().map(|&store| self.events[store].by.unwrap()).collect();
                found.insert(Graph {
                    reads: self.reads.clone(),
                    order: order.iter().map(by).collect(),
                    values: self.values.clone(),
                });
            }
        }
    }
}

/// The relations that do not depend on modification order.
struct Fixed {
    model: Model,
    po: Relation,
    rf: Relation,
    rmw: Relation,
    hb: Relation,
    same: Relation,
    sc: Relation,
    sc_fence: Relation,
}

impl Fixed {
    fn new(x: &Execution, locations: usize, model: Model) -> Self {
        let e = &x.events;
        let thread = |event: usize| e[event].by.map(|(thread, _)| thread);
        // What is initial comes before everything else.
        let po = Relation::of(e.len(), |a, b| a < b && b >= locations && (a < locations || thread(a) == thread(b)));
        let rf = Relation::of(e.len(), |a, b| x.rf.contains(&(a, b)));
        let rmw = Relation::of(e.len(), |a, b| x.rmw.contains(&(a, b)));
        let same = Relation::of(e.len(), |a, b| e[a].location.is_some() && e[a].location == e[b].location);
        let is = |which: &dyn Fn(&Event) -> bool| Relation::of(e.len(), |a, b| a == b && which(&e[a]));
        let (reads, writes, fences) =
            (is(&|e| e.kind == Kind::R), is(&|e| e.kind == Kind::W), is(&|e| e.kind == Kind::F));
        let release = is(&|e| matches!(e.order, Release | AcqRel | SeqCst) && e.kind != Kind::R);
        let acquire = is(&|e| matches!(e.order, Acquire | AcqRel | SeqCst) && e.kind != Kind::W);
        let later = match model {
            Model::Rc11(Sequences::WithLaterStores) => po.and(&same).or_id(),
            _ => writes,
        };
        let rs = writes.then(&later).then(&writes).then(&rf.then(&rmw).plus().or_id());
        // sw = [rel];([F];po)?;rs;rf;[R];(po;[F])?;[acq]
        let sw = release.then(&fences.then(&po).or_id()).then(&rs).then(&rf);
        let sw = sw.then(&reads).then(&po.then(&fences).or_id()).then(&acquire);
        let hb = po.or(&sw).plus();
        let sc = is(&|e| e.order == SeqCst);
        let sc_fence = sc.then(&fences);
        Self { model, po, rf, rmw, hb, same, sc, sc_fence }
    }

    fn allows(&self, x: &Execution, order: &[Vec<usize>]) -> bool {
        let Self { po, rf, rmw, hb, same, sc, sc_fence, .. } = self;
        let place = |event: usize| {
            let location = x.events[event].location.filter(|_| x.events[event].kind == Kind::W)?;
            Some((location, order[location].iter().position(|store| *store == event).map_or(0, |place| place + 1)))
        };
        let places: Vec<_> = (0..x.events.len()).map(place).collect();
        let mo = Relation::of(x.events.len(), |a, b| match (places[a], places[b]) {
            (Some((location, a)), Some((other, b))) => location == other && a < b,
            _ => false,
        });
        let rb = rf.inverse().then(&mo);
        let atomicity = rmw.and(&rb.then(&mo)).is_empty();
        if self.model == Model::Sc {
            return atomicity && po.or(rf).or(&mo).or(&rb).is_acyclic();
        }
        let eco = rf.or(&mo).or(&rb).plus();
        let coherence = hb.then(&eco.or_id()).is_irreflexive();
        if !(coherence && atomicity) {
            return false;
        }
        // scb = po | po-elsewhere;hb;po-elsewhere | hb-same-location | mo | rb
        let elsewhere = po.without(same);
        let scb = po.or(&elsewhere.then(hb).then(&elsewhere)).or(&hb.and(same)).or(&mo).or(&rb);
        let hb_once = hb.or_id();
        let psc_base = sc.or(&sc_fence.then(&hb_once)).then(&scb).then(&sc.or(&hb_once.then(sc_fence)));
        let psc_fence = sc_fence.then(&hb.or(&hb.then(&eco).then(hb))).then(sc_fence);
        psc_base.or(&psc_fence).is_acyclic()
    }
}

fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let first = |place: usize| {
        let rest = [&of[..place], &of[place + 1..]].concat();
        permutations(&rest).into_iter().map(move |rest| [&[of[place]], rest.as_slice()].concat())
    };
    (0..of.len()).flat_map(first).collect()
}

/// A relation between at most 32 events: for each event a set of events, as bits.
#[derive(Clone, Copy)]
struct Relation {
    rows: [u32; 32],
    len: usize,
}

impl Relation {
    fn of(len: usize, holds: impl Fn(usize, usize) -> bool) -> Self {
        assert!(len <= 32, "a program of at most 32 events");
        let row = |a: usize| (0..len).filter(|&b| holds(a, b)).fold(0, |row, b| row | 1 << b);
        Self { rows: std::array::from_fn(|a| if a < len { row(a) } else { 0 }), len }
    }

    fn zip(&self, other: &Self, f: impl Fn(u32, u32) -> u32) -> Self {
        Self { rows: std::array::from_fn(|a| f(self.rows[a], other.rows[a])), len: self.len }
    }

    fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    fn without(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// Or none: the reflexive closure.
    fn or_id(&self) -> Self {
        self.or(&Self::of(self.len, |a, b| a == b))
    }

    fn then(&self, other: &Self) -> Self {
        let mut rows = [0; 32];
        for (row, of) in rows.iter_mut().zip(&self.rows[..self.len]) {
            let mut rest = *of;
            while rest != 0 {
                *row |= other.rows[rest.trailing_zeros() as usize];
                rest &= rest - 1;
            }
        }
        Self { rows, len: self.len }
    }

    /// The transitive closure.
    fn plus(&self) -> Self {
        let mut closed = *self;
        for middle in 0..self.len {
            let row = closed.rows[middle];
            for of in &mut closed.rows[..self.len] {
                if *of & 1 << middle != 0 {
                    *of |= row;
                }
            }
        }
        closed
    }

    fn inverse(&self) -> Self {
        Self::of(self.len, |a, b| self.rows[b] & 1 << a != 0)
    }

    fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| *row == 0)
    }

    fn is_irreflexive(&self) -> bool {
        (0..self.len).all(|a| self.rows[a] & 1 << a == 0)
    }

    fn is_acyclic(&self) -> bool {
        self.plus().is_irreflexive()
    }
}

const fn read_half(order: Ordering) -> Ordering {
    match order {
        AcqRel => Acquire,
        Release => Relaxed,
        other => other,
    }
}

const fn write_half(order: Ordering) -> Ordering {
    match order {
        AcqRel => Release,
        Acquire => Relaxed,
        other => other,
    }
}
