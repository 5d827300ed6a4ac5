//! One thread's share of a search: what it is at, and what waits for another thread meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;

use super::pool::{Outcome, Pool};
use crate::budget::Budget;
use crate::explore::tally::{Record, Summary};
use crate::strategy::{Descriptor, Dpor, NEAR, Next, Standing, Strategy, Ticket};

/// What the strategy and whoever counts its executions tell each other, between two of them.
#[derive(Debug)]
pub(super) struct Desk {
    /// The part that the execution belongs to; `None` of the whole search, whose executions are counted at once.
    pub(super) part: Option<Ticket>,
    /// What came of the last execution, if it belonged to a part.
    pub(super) record: Option<Record>,
    /// What others have explored of the whole search, since the last execution that was counted.
    pub(super) adopted: Vec<Summary>,
    /// What has been counted, those included.
    pub(super) executions: u64,
    pub(super) events: u64,
    pub(super) budget: Budget,
}

impl Desk {
    pub(super) fn new(budget: Budget) -> Rc<RefCell<Self>> {
        let desk = Self { part: None, record: None, adopted: Vec::new(), executions: 0, events: 0, budget };
        Rc::new(RefCell::new(desk))
    }

    /// Takes in what others have explored; whether the budget lasts until its end.
    fn adopt(&mut self, summary: &Summary) -> bool {
        let (executions, events) = (self.executions + summary.executions, self.events + summary.events);
        if self.budget.is_used_up(executions, events) {
            return false;
        }
        (self.executions, self.events) = (executions, events);
        self.adopted.push(summary.clone());
        true
    }
}

/// The strategy of one thread.
pub(super) struct Branches {
    pool: Arc<Pool>,
    desk: Rc<RefCell<Desk>>,
    /// What it is at comes last; each of the others waits for a part that another thread is at.
    open: Vec<Open>,
    /// What is to be said when it has nothing of its own.
    idle: Dpor,
}

/// A search, or a part of one, that has not come to its end.
#[derive(Debug)]
struct Open {
    ticket: Option<Ticket>,
    search: Box<Dpor>,
    stage: Stage,
    /// The parts of it that it has handed out.
    handed_out: Vec<Ticket>,
    summary: Summary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its next execution is known.
    Ready,
    /// Its last one has ended.
    Ran,
    /// It has come to a part that was handed out.
    At(Ticket),
}

impl Branches {
    /// With the whole search, or with nothing yet.
    pub(super) fn new(pool: Arc<Pool>, desk: Rc<RefCell<Desk>>, is_first: bool) -> Self {
        let whole = is_first.then(|| {
            let mut search = Box::new(Dpor::new());
            search.begin(0);
            Open::new(None, search)
        });
        Self { pool, desk, open: whole.into_iter().collect(), idle: Dpor::new() }
    }

    /// What it is at; a part is taken if that is nothing.
    fn current(&mut self) -> Option<&mut Open> {
        if self.open.is_empty() {
            let (ticket, search) = self.pool.take(None)?;
            self.open.push(Open::new(Some(ticket), search));
        }
        self.open.last_mut()
    }

    /// What decides.
    fn search(&mut self) -> &mut Dpor {
        self.open.last_mut().map_or(&mut self.idle, |open| &mut open.search)
    }

    /// The part is explored by whom it is a part of, or by nobody.
    fn give_up(&mut self) {
        if let Some(Open { ticket: Some(ticket), handed_out, .. }) = self.open.pop() {
            self.pool.disown(handed_out.into_iter());
            self.pool.give_back(ticket, None);
        }
    }

    /// It has come to its end; whether that was the whole search's.
    fn close(&mut self) -> bool {
        match self.open.pop() {
            Some(Open { ticket: Some(ticket), search, handed_out, mut summary, .. }) => {
                // Where an execution was truncated, so was what was left to explore, some of which others may be at.
                self.pool.disown(handed_out.into_iter());
                summary.cut_off = search.standing().cut_off;
                self.pool.give_back(ticket, Some((search, summary)));
                false
            }
            _ => true,
        }
    }
}

impl Open {
    fn new(ticket: Option<Ticket>, search: Box<Dpor>) -> Self {
        Self { ticket, search, stage: Stage::Ready, handed_out: Vec::new(), summary: Summary::default() }
    }

    /// Goes on after an execution, and hands out a part if anybody wants one.
    fn advance(&mut self, pool: &Pool) -> Next {
        if !self.search.holds() {
            // The whole search begins anew.
            pool.disown(self.handed_out.drain(..));
        } else if pool.is_hungry() {
            self.handed_out.extend(pool.hand_out(|ticket| self.search.fork(ticket, NEAR)));
        }
        self.search.advance()
    }

    /// Goes on from a part that it has come to; `None` if another thread is still at it.
    fn pass(&mut self, part: Ticket, pool: &Pool, desk: &mut Desk) -> Option<Next> {
        let outcome = pool.look_at(part);
        if !matches!(outcome, Outcome::Running) {
            self.handed_out.retain(|&ticket| ticket != part);
        }
        match outcome {
            Outcome::Running => None,
            Outcome::Ended(search, summary) if self.ticket.is_some() || desk.adopt(&summary) => {
                self.summary.add(summary);
                Some(self.search.adopt(*search))
            }
            Outcome::Ended(..) | Outcome::Unexplored => Some(self.search.explore_here()),
        }
    }
}

impl Strategy for Branches {
    fn begin(&mut self, _: u64) -> bool {
        let (pool, desk) = (self.pool.clone(), self.desk.clone());
        let mut desk = desk.borrow_mut();
        let mut record = desk.record.take();
        while !pool.is_over()
            && let Some(open) = self.current()
        {
            let is_plain = record.take().is_none_or(|record| open.summary.count(record));
            if open.ticket.is_some_and(|ticket| !is_plain || !open.search.holds() || !pool.is_wanted(ticket)) {
                self.give_up();
                continue;
            }
            let next = match open.stage {
                Stage::Ready => Next::Execution,
                Stage::Ran => open.advance(&pool),
                Stage::At(part) => match open.pass(part, &pool, &mut desk) {
                    Some(next) => next,
                    None => {
                        let other = pool.take(Some(part));
                        self.open.extend(other.map(|(ticket, search)| Open::new(Some(ticket), search)));
                        continue;
                    }
                },
            };
            match next {
                Next::Execution => {
                    open.stage = Stage::Ran;
                    desk.part = open.ticket;
                    return true;
                }
                Next::Elsewhere(part) => open.stage = Stage::At(part),
                Next::Nothing => {
                    if self.close() {
                        break;
                    }
                }
            }
        }
        false
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.search().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.search().choose(view, alternatives)
    }

    fn end(&mut self, view: View<'_>) {
        self.search().end(view);
    }

    fn descriptor(&self) -> Descriptor {
        self.idle.descriptor()
    }

    fn standing(&self) -> Standing {
        self.open.last().map_or(&self.idle, |open| &open.search).standing()
    }
}
