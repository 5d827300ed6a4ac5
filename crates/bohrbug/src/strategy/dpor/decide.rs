//! Who goes on: as before on the part of the path that is known, then as a schedule wants, then anybody who does not sleep.

use bohrbug_sync::control::{Pending, View};
use bohrbug_trace::{Operation, TaskId};
use smallvec::SmallVec;

use super::Dpor;
use super::history::Step;
use super::node::{Asleep, Group, Node, Role};
use super::waiting::Suspicion;

impl Dpor {
    /// The task of a decision that is made again.
    pub(super) fn again(&mut self, view: View<'_>) -> Option<TaskId> {
        let task = self.nodes[self.settled].task;
        let Some(known) = self.history.steps.get_mut(self.settled) else { return self.otherwise(view, task) };
        let known = known.again(view);
        if !view.is_ready(task) {
            self.complain(view, "went elsewhere, and now the next task cannot go on");
            return None;
        }
        if known.is_some_and(|known| !announce_the_same(known, view.pending(task))) {
            self.complain(view, "went elsewhere, and the next task announces another operation");
        }
        Some(task)
    }

    /// The task of the last decision that is known, which goes otherwise than before.
    fn otherwise(&mut self, view: View<'_>, task: TaskId) -> Option<TaskId> {
        if !self.is_first_as_before(view, &self.nodes[self.settled]) {
            self.complain(view, "went elsewhere, and another task announces another operation");
        }
        view.is_ready(task).then(|| {
            let (node, pending) = (&mut self.nodes[self.settled], view.pending(task));
            (node.pending, node.found) = (Some(*pending), view.word(pending.object));
            task
        })
    }

    /// Whether the step that was first taken at a node could be taken again.
    fn is_first_as_before(&self, view: View<'_>, node: &Node) -> bool {
        let task = self.history.procs.task(node.first);
        node.announced.is_none_or(|known| task.is_some_and(|task| announce_the_same(&known, view.pending(task))))
    }

    /// A decision that is made for the first time; `None` if all that follows has been seen.
    pub(super) fn decide(&mut self, view: View<'_>) -> Option<TaskId> {
        let asleep = self.still_asleep();
        let (task, choices, role) = match self.plan.pop_front() {
            Some(next) => {
                let task = self.history.procs.task(next.proc).filter(|&task| view.is_ready(task))?;
                if self.history.is_waiting(view, task) {
                    return None;
                }
                let role = Role::Scheduled { start: self.start, is_head: self.plan.is_empty() };
                (task, next.choices, role)
            }
            None => (self.pick(view, &asleep)?, Default::default(), Role::Free),
        };
        let proc = self.history.procs.of(task);
        self.nodes.push(Node { choices, role, asleep, ..Node::new(Some(view), task, proc) });
        Some(task)
    }

    /// What sleeps after the last step.
    fn still_asleep(&self) -> Asleep {
        let node = &self.nodes[self.settled - 1];
        let mut asleep = if node.asleep.is_empty() { Asleep::new() } else { node.asleep.clone() };
        if let Role::Scheduled { start, is_head: true } = node.role {
            let owner = &self.nodes[start];
            // The last head that is not waiting is the one that has been taken.
            let heads = owner.heads.len() - owner.waiting.len() - 1;
            if heads > 0 {
                asleep.push(Group { node: start, heads, until: owner.first });
            }
        }
        if !asleep.is_empty() {
            let proc = self.history.steps[self.settled - 1].head.proc;
            asleep.retain(|group| group.until != proc);
        }
        asleep
    }

    /// Any task that does not sleep, and does not wait for a change.
    fn pick(&mut self, view: View<'_>, asleep: &[Group]) -> Option<TaskId> {
        let has_loops = self.history.has_loops_that_wait();
        let waiting: SmallVec<[TaskId; 4]> = match has_loops {
            true => view.ready().iter().filter(|&task| self.history.is_waiting(view, task)).collect(),
            false => SmallVec::new(),
        };
        if has_loops && waiting.len() == view.ready().len() {
            self.stuck = waiting.iter().map(|&task| self.history.place_of(view, task)).collect();
            return None;
        }
        if asleep.is_empty() {
            let may = |task: TaskId| !waiting.contains(&task);
            return match self.suspicion(view, may) {
                Some(Suspicion::Grows) => Some(view.current()),
                Some(Suspicion::Confirmed) => None,
                None => self.anybody(view, may),
            };
        }
        let can_go_on = |task: &TaskId| !waiting.contains(task);
        let tasks = view.ready().iter().filter(can_go_on);
        let (sleeping, steps): (Vec<TaskId>, Vec<Step>) =
            tasks.filter_map(|task| Some((task, self.sleeping(view, task, asleep)?))).unzip();
        // What a sleeping step could have come before is not seen elsewhere on this path.
        steps.iter().for_each(|step| self.reverse(view, step, self.history.len()));
        let is_awake = |task: TaskId| view.is_ready(task) && can_go_on(&task) && !sleeping.contains(&task);
        match self.suspicion(view, is_awake) {
            Some(Suspicion::Grows) => return Some(view.current()),
            Some(Suspicion::Confirmed) => return None,
            None => {}
        }
        let wakes = asleep.iter().rev().filter_map(|group| self.history.procs.task(group.until));
        wakes.into_iter().find(|&task| is_awake(task)).or_else(|| self.anybody(view, is_awake))
    }

    /// Whether the task that ran last may be in a loop that waits, if it may go on.
    fn suspicion(&mut self, view: View<'_>, may: impl Fn(TaskId) -> bool) -> Option<Suspicion> {
        let current = view.current();
        let may_go_on = view.is_ready(current) && may(current);
        may_go_on.then(|| self.history.suspect(view, current)).flatten()
    }

    /// The task's next step, if it sleeps.
    fn sleeping(&self, view: View<'_>, task: TaskId, asleep: &[Group]) -> Option<Step> {
        let proc = self.history.procs.of(task);
        let number = self.history.taken_by(proc).len() as u32;
        let mut heads = asleep.iter().flat_map(|group| &self.nodes[group.node].heads[..group.heads]);
        heads.clone().any(|head| (head.proc, head.number) == (proc, number)).then_some(())?;
        let step = self.history.announced(view, task);
        heads.any(|head| *head == step.head).then_some(step)
    }

    /// The task that ran last, unless it is the others' turn, or its next step is better put off.
    fn anybody(&self, view: View<'_>, may: impl Fn(TaskId) -> bool) -> Option<TaskId> {
        let current = view.current();
        let others = || view.ready().iter().filter(|&task| may(task));
        let may_go_on = view.is_ready(current) && may(current);
        if may_go_on && self.is_idle(view, current) {
            return others().find(|&task| task > current).or_else(|| others().next());
        }
        let in_turn = || {
            let (after, before) = (others().filter(|&task| task > current), others().filter(|&task| task < current));
            may_go_on.then_some(current).into_iter().chain(after).chain(before)
        };
        let is_put_off = |task: &TaskId| put_off(view.pending(*task));
        in_turn().find(|task| is_put_off(task) == 0).or_else(|| in_turn().min_by_key(is_put_off))
    }

    /// Whether a task only waits for others to do something: it yields, or does the same over and over.
    fn is_idle(&self, view: View<'_>, task: TaskId) -> bool {
        const REPEATS: usize = 8;
        let pending = view.pending(task);
        if matches!(pending.operation, Operation::Yield | Operation::Sleep) {
            return true;
        }
        let last = self.history.steps.last_chunk::<REPEATS>();
        let repeats = |step: &Step| step.task == task && step.announces_at(pending.site);
        last.is_some_and(|last| last.iter().rev().all(repeats))
    }
}

/// How long an operation is put off, where anybody may go on.
///
/// If two steps that commute could each come before a step *e*, and *e* has to wait after either, the second is explored
/// while the first sleeps, and it may be that all wait for the first then: such an execution shows nothing new. So what may
/// meet two such steps comes last: then those have happened. A writer waits for readers; what waits and comes back for a
/// mutex meets whoever has that, and notifications; a send that parks meets other sends, and who unparks it.
const fn put_off(pending: &Pending) -> u8 {
    match pending.operation {
        Operation::WriteLock => 2,
        Operation::Wake => 1,
        Operation::Send | Operation::Handover if pending.parks() => 1,
        _ => 0,
    }
}

/// Whether two operations are one, in two executions that were the same up to there.
fn announce_the_same(a: &Pending, b: &Pending) -> bool {
    (a.operation, a.object, a.other) == (b.operation, b.object, b.other)
}
