//! Parts of a search that are explored elsewhere: all that begins with one schedule.
//!
//! What is explored below a schedule follows from the path to it, and from the heads that were found before it. What is found
//! there and has to be explored above it is taken over when the search would have come to its end: so it is the same
//! search, in the same order, wherever its parts are explored. What changes the whole search (a surprising call, a loop
//! that waits, a task that nobody knew) makes a part worthless: it is explored here then.

use bohrbug_trace::TaskId;

use super::Dpor;
use super::node::Node;
use super::procs::Proc;

/// Who explores a part elsewhere.
pub(crate) type Ticket = u64;

/// What a search comes to next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Execution,
    /// What is explored elsewhere.
    Elsewhere(Ticket),
    /// Its end.
    Nothing,
}

/// Where a part of a search ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floor {
    /// The node at which its schedule was to be explored.
    node: usize,
    /// The tasks that were known when it began.
    tasks: usize,
}

/// A schedule so near the end of the path is not worth handing out: little begins with it.
pub(crate) const NEAR: usize = 12;

impl Dpor {
    /// Goes on to the next execution, in one go if nothing is explored elsewhere.
    pub(crate) fn advance(&mut self) -> Next {
        if self.history.is_surprised {
            self.lengthened = None;
            self.restart();
        } else if self.lengthened.is_some() {
            self.is_lengthened = true;
            return Next::Execution;
        } else {
            let next = self.backtrack();
            if next != Next::Execution {
                return next;
            }
        }
        self.set_out();
        Next::Execution
    }

    /// Forgets the last execution; a search that begins has one decision, the main task's start.
    pub(super) fn set_out(&mut self) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::new(None, TaskId::MAIN, Proc::MAIN));
        }
        (self.settled, self.is_astray, self.is_lengthened) = (0, false, false);
        self.stuck.clear();
        self.chosen.clear();
    }

    /// Whether it is a part that ends there.
    pub(super) fn ends_at(&self, node: usize) -> bool {
        self.floor.is_some_and(|floor| floor.node == node)
    }

    /// A part of what is left, as a search of its own that has begun its first execution: of those that begin that many steps
    /// before the end of the path, the one that would be explored last. It is asked for between two executions.
    pub(crate) fn fork(&mut self, ticket: Ticket, near: usize) -> Option<Self> {
        if !self.holds() || self.history.has_loops_that_wait() || self.lengthened.is_some() {
            return None;
        }
        let first = self.floor.map_or(0, |floor| floor.node + 1);
        let is_left = |node: &Node| node.waiting.iter().any(|waiting| waiting.ticket.is_none());
        let index = (first..self.nodes.len().saturating_sub(near)).find(|&index| is_left(&self.nodes[index]))?;
        let node = &self.nodes[index];
        let place = node.waiting.iter().rposition(|waiting| waiting.ticket.is_none())?;
        let head = node.heads.len() - node.waiting.len() + place;
        let schedule = node.waiting[place].schedule.clone();

        let mut fork = Self { nodes: self.nodes[..=index].to_vec(), history: self.history.clone(), ..Self::new() };
        fork.history.truncate(index);
        fork.nodes.iter_mut().for_each(|node| node.waiting.clear());
        fork.nodes[index].heads.truncate(head + 1);
        fork.nodes[index].explored = 0;
        fork.floor = Some(Floor { node: index, tasks: self.history.procs.known() });
        fork.begin_schedule(index, schedule).then(|| {
            self.nodes[index].waiting[place].ticket = Some(ticket);
            fork.set_out();
            fork
        })
    }

    /// Whether what it finds is of use to the search that it is a part of.
    pub(crate) fn holds(&self) -> bool {
        // An execution that was truncated before the floor has left nothing of it.
        let is_within = |floor: Floor| floor.tasks == self.history.procs.known() && floor.node < self.nodes.len();
        !self.history.is_surprised && self.complaint.is_none() && self.floor.is_none_or(is_within)
    }

    /// Takes over what came of the part that it has come to, and goes on.
    pub(crate) fn adopt(&mut self, part: Self) -> Next {
        let Some(last) = self.nodes.len().checked_sub(1) else { return Next::Nothing };
        self.nodes[last].waiting.pop_front();
        self.nodes[last].explored += part.nodes[last].explored;
        self.cut_off += part.cut_off;
        for (node, part) in self.nodes.iter_mut().zip(part.nodes) {
            let known = part.heads.len() - part.waiting.len();
            for (&head, waiting) in part.heads[known..].iter().zip(part.waiting) {
                if !node.heads.contains(&head) {
                    node.heads.push(head);
                    node.waiting.push_back(waiting);
                }
            }
        }
        self.go_on(last)
    }

    /// Explores the part that it has come to itself.
    pub(crate) fn explore_here(&mut self) -> Next {
        let Some(last) = self.nodes.len().checked_sub(1) else { return Next::Nothing };
        if let Some(waiting) = self.nodes[last].waiting.front_mut() {
            waiting.ticket = None;
        }
        self.go_on(last)
    }

    fn go_on(&mut self, last: usize) -> Next {
        let next = self.next_schedule(last).unwrap_or_else(|| self.backtrack());
        if next == Next::Execution {
            self.set_out();
        }
        next
    }
}
