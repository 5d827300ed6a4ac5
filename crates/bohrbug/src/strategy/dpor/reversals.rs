//! Where the schedule that reverses a race is to be explored, unless it is known there.

use bohrbug_sync::control::View;

use super::Dpor;
use super::history::Step;
use super::node::{Head, Planned, Role, Waiting};
use super::races::{self, Race};

impl Dpor {
    /// Puts what follows from a step that has not happened to where it is to be explored.
    pub(super) fn reverse(&mut self, view: View<'_>, step: &Step, index: usize) {
        for race in races::races(view, &self.history, step, index) {
            if self.history.steps[race.earlier].footprint.is_surprise(&step.footprint) {
                self.history.surprise(race.earlier);
            }
            self.place(Some(step), &race);
        }
    }

    /// Puts the schedule that reverses a race to where it is to be explored. The step is the last one, if it is not given.
    pub(super) fn place(&mut self, step: Option<&Step>, race: &Race) {
        let history = &self.history;
        let at = match (self.nodes[race.earlier].role, step) {
            (Role::Free, _) => race.earlier,
            (Role::Scheduled { start, .. }, None) if self.is_own(start) => start,
            (Role::Scheduled { .. }, _) => return,
        };
        let step = step.unwrap_or(&history.steps[history.len() - 1]);
        let head = Head { identity: history.identity(step, &race.before), ..step.head };
        let (needed, last) = (history.known_to(&race.before, at), step.attempted());
        self.offer(at, head, &needed, last);
    }

    /// Leaves a schedule to be explored at a node, unless it is known there or asleep: the steps needed, and then the last.
    fn offer(&mut self, at: usize, head: Head, needed: &[usize], last: Planned) {
        if self.nodes[at].heads.contains(&head) || self.sleeps(at, needed, head) {
            return;
        }
        let steps = needed.iter().map(|&needed| self.history.steps[needed].repeated());
        let schedule = steps.chain([last]).collect();
        let node = &mut self.nodes[at];
        node.heads.push(head);
        node.waiting.push_back(Waiting { schedule, ticket: None });
    }

    /// Whether the last step is the head of the schedule that began there, and may have waited for more than it needs.
    fn is_own(&self, start: usize) -> bool {
        let last = &self.history.steps[self.history.len() - 1];
        let blocks = last.turn.is_some() || last.pending.is_some_and(|pending| pending.operation.can_block());
        blocks && self.nodes[self.history.len() - 1].role == Role::Scheduled { start, is_head: true }
    }

    /// Whether all that begins with a schedule at that node has been explored from an earlier one.
    fn sleeps(&self, at: usize, needed: &[usize], head: Head) -> bool {
        let heads = self.nodes[at].asleep.iter().flat_map(|group| &self.nodes[group.node].heads[..group.heads]);
        let is_in = |sleeping: &Head| {
            *sleeping == head || needed.iter().any(|&needed| self.history.steps[needed].head == *sleeping)
        };
        heads.into_iter().any(is_in)
    }
}
