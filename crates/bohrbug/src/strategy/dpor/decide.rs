//! Who goes on: as before on the part of the path that is known, then as a wake-up tree wants, then anybody awake.

use bohrbug_sync::control::View;
use bohrbug_trace::{Operation, TaskId};

use super::Dpor;
use super::node::Node;
use super::tree::{Branch, Move};

impl Dpor {
    /// The task of a decision that is made again.
    pub(super) fn again(&mut self, view: View<'_>) -> Option<TaskId> {
        let node = &self.nodes[self.settled];
        let task = node.task;
        let is_known = self.settled < self.history.len();
        if view.is_ready(task) {
            let known = self.history.steps.get(self.settled);
            let is_same = known
                .and_then(|known| known.pending)
                .is_none_or(|known| known.operation == view.pending(task).operation);
            if !is_same {
                self.complain(view, "announces another operation");
            }
            self.nodes[self.settled].pending = Some(*view.pending(task));
            return Some(task);
        }
        if is_known {
            self.complain(view, "went elsewhere, and now the next task cannot go on");
        }
        None
    }

    /// A decision that is made for the first time.
    pub(super) fn decide(&mut self, view: View<'_>) -> Option<TaskId> {
        let asleep = self.still_asleep();
        let mut tree = std::mem::take(&mut self.nodes[self.settled - 1].then);
        while let Some(Branch { step, then }) = tree.pop() {
            let task = self.history.procs.task(step.proc).filter(|&task| view.is_ready(task));
            if let Some(task) = task {
                let node = Node { choices: step.choices, asleep, siblings: tree, then, ..Node::new(Some(view), task) };
                self.nodes.push(node);
                return Some(task);
            }
        }
        let task = self.pick(view, &asleep)?;
        self.nodes.push(Node { asleep, ..Node::new(Some(view), task) });
        Some(task)
    }

    /// What sleeps after the last step.
    fn still_asleep(&self) -> Vec<Move> {
        let (node, step) = (&self.nodes[self.settled - 1], &self.history.steps[self.settled - 1]);
        let sleeps_on = |other: &&Move| other.proc != step.proc && !other.footprint.conflicts(&step.footprint);
        node.asleep.iter().filter(sleeps_on).cloned().collect()
    }

    /// Any task that does not sleep: the one that ran last, unless it is the others' turn.
    fn pick(&self, view: View<'_>, asleep: &[Move]) -> Option<TaskId> {
        let is_awake = |task: &TaskId| {
            let proc = self.history.procs.of(*task);
            !asleep.iter().any(|step| step.proc == proc)
        };
        let current = view.current();
        let goes_on = view.is_ready(current) && is_awake(&current) && !self.is_idle(view, current);
        if goes_on {
            return Some(current);
        }
        let awake = || view.ready().iter().filter(is_awake);
        awake().find(|&task| task > current).or_else(|| awake().next())
    }

    /// Whether a task only waits for others to do something: it yields, or does the same over and over.
    fn is_idle(&self, view: View<'_>, task: TaskId) -> bool {
        const REPEATS: usize = 8;
        let pending = view.pending(task);
        if matches!(pending.operation, Operation::Yield | Operation::Sleep) {
            return true;
        }
        let last = self.history.steps.iter().rev().take(REPEATS);
        last.len() == REPEATS && last.into_iter().all(|step| step.task == task && step.announces_at(pending.site))
    }
}
