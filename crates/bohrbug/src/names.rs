//! The names of an execution's tasks, objects and places: text that means the same in the next execution, and on another
//! machine.

use std::panic::Location;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::View;
use bohrbug_trace::{ObjectId, ObjectKind, TaskId, child_path, portable_site};

/// The names of everything in one execution, as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    tasks: Vec<String>,
    /// The tasks by their paths.
    by_path: SortedMap<String, TaskId>,
    /// For each parent and name, the number of the last child that is called so.
    children: SortedMap<(TaskId, String), u32>,
    objects: Vec<String>,
    /// Whether each object had a name of its own when it was labelled.
    own: Vec<bool>,
    /// How many objects there are of each label, numbers left out.
    seen: SortedMap<String, u32>,
}

impl Names {
    /// The names of what `view` shows.
    pub(crate) fn of(view: View<'_>) -> Self {
        let mut names = Self::default();
        names.extend(view);
        names
    }

    /// The path of a task.
    pub(crate) fn task(&self, task: TaskId) -> &str {
        self.tasks.get(task.index()).map_or("an unknown task", String::as_str)
    }

    /// The label of an object.
    pub(crate) fn object(&self, object: ObjectId) -> &str {
        self.objects.get(object.index()).map_or("an unknown object", String::as_str)
    }

    /// Every object's label, in the order of the objects.
    pub(crate) fn objects(&self) -> &[String] {
        &self.objects
    }

    /// The task of that path, if there is one.
    pub(crate) fn find_task(&self, path: &str) -> Option<TaskId> {
        self.by_path.get(path).copied()
    }

    /// Names the tasks and the objects that have come since.
    pub(crate) fn extend(&mut self, view: View<'_>) {
        self.name_tasks(view);
        if self.objects.len() != view.object_count() {
            if self.is_outdated(view) {
                self.forget_objects();
            }
            self.name_objects(view);
        }
    }

    /// As [`Names::extend`], and looks for names that were given since; whether there are new ones.
    #[cfg(unix)]
    pub(crate) fn update(&mut self, view: View<'_>) -> bool {
        let is_outdated = self.is_outdated(view);
        let has_new = self.objects.len() != view.object_count() || is_outdated;
        if is_outdated {
            self.forget_objects();
        }
        self.extend(view);
        has_new
    }

    /// Names every object anew, since one may have been given a name after its first use.
    pub(crate) fn rename(&mut self, view: View<'_>) {
        self.forget_objects();
        self.name_objects(view);
    }

    /// Names the new tasks: a task's path never changes.
    pub(crate) fn name_tasks(&mut self, view: View<'_>) {
        for number in self.tasks.len()..view.task_count() {
            let task = TaskId(number as u32);
            let path = if number == 0 { "main".to_owned() } else { self.path(view, task) };
            self.by_path.insert(path.clone(), task);
            self.tasks.push(path);
        }
    }

    /// The path of a new task: the first that no other has.
    fn path(&mut self, view: View<'_>, task: TaskId) -> String {
        let (name, parent, place) = view.task(task);
        let name = name.map_or_else(|| site(place), str::to_owned);
        let nth = self.children.entry((parent, name.clone())).or_default();
        loop {
            *nth += 1;
            let path = child_path(&self.tasks[parent.index()], &name, *nth);
            if !self.by_path.contains_key(&path) {
                return path;
            }
        }
    }

    /// Whether an object has been given a name since it was labelled; that moves the numbers of others, too.
    fn is_outdated(&self, view: View<'_>) -> bool {
        let has_own = |number: usize| view.origin(ObjectId(number as u32)).name.is_some();
        self.objects.len() > view.object_count()
            || (0..self.own.len()).any(|number| self.own[number] != has_own(number))
    }

    fn forget_objects(&mut self) {
        self.objects.clear();
        self.own.clear();
        self.seen.clear();
    }

    /// Names the objects that are not named yet.
    fn name_objects(&mut self, view: View<'_>) {
        for number in self.objects.len()..view.object_count() {
            let object = ObjectId(number as u32);
            let origin = view.origin(object);
            let label = match (&origin.name, view.thread(object)) {
                (_, Some(task)) => format!("thread {}", self.tasks[task.index()]),
                (Some(name), _) => name.to_string(),
                (None, None) => format!("{} {}", origin.kind, site(origin.site)),
            };
            let nth = self.seen.entry(label.clone()).and_modify(|nth| *nth += 1).or_insert(1);
            let unique = origin.kind == ObjectKind::Thread || *nth == 1;
            self.objects.push(if unique { label } else { format!("{label}#{nth}") });
            self.own.push(origin.name.is_some());
        }
    }
}

/// A place in the code, without the directories of this machine.
pub(crate) fn site(place: &Location<'_>) -> String {
    portable_site(&place.to_string())
}
