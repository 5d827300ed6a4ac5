//! What a child writes down, a line each as soon as it happens, so that it is there whatever becomes of the child.
//!
//! An object may be given its name after it was used. So events have its number here, and its label has a line of its own,
//! the last of which holds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{Certainty, FailureRecord, ObjectId, Operation, StepIdx, TaskId, TraceEvent, Waiting};
use serde::{Deserialize, Serialize};

use super::slot::Slot;
use crate::failure::Failure;
use crate::names::Names;
use crate::record;
use crate::strategy::Preemptions;

/// A line that is no event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Record {
    /// The execution is about to begin.
    Begun,
    /// Who acts next, after so many events and so many preemptions.
    Decided(String, u32, u32),
    /// What a choice of a task comes to.
    Chose(String, u32),
    /// What an object is called.
    Object(u32, String),
    /// It has failed.
    Failed(Box<Failed>),
    /// What was printed when the process was about to end.
    Said(String),
    /// How the process ends, as its number.
    Died(u64),
    /// How many calls deep the task was whose stack came to its end.
    Deep(u64),
    /// The execution is over.
    End,
}

/// A failure, whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failed {
    record: FailureRecord,
    is_suspected: bool,
    involved: Vec<(String, String)>,
    waiting: Vec<Waiting>,
    pub(super) length: u32,
}

impl Failed {
    fn new(failure: &Failure, length: StepIdx) -> Self {
        let involved = failure.involved.iter().map(|(operation, what)| (operation.name().to_owned(), what.clone()));
        Self {
            record: failure.record(),
            is_suspected: failure.is_suspected(),
            involved: involved.collect(),
            waiting: failure.waiting.clone(),
            length: length.0,
        }
    }

    pub(super) fn failure(self) -> Failure {
        let involved = self.involved.into_iter().filter_map(|(name, what)| Some((Operation::from_name(&name)?, what)));
        let failure = Failure::new(self.record.kind, self.record.message).at(self.record.site).of(involved.collect());
        let failure = Failure { task: self.record.task, ..failure.while_waiting(self.waiting) };
        if self.is_suspected { failure.with_certainty(Certainty::Suspected) } else { failure }
    }
}

thread_local! {
    /// This thread's, in a child.
    static RECORDER: RefCell<Option<Arc<Mutex<Recorder>>>> = const { RefCell::new(None) };
}

/// Writes records.
pub(super) struct Recorder {
    file: File,
    names: Names,
    /// The labels that were written.
    labels: Vec<String>,
    preemptions: Preemptions,
    has_failed: bool,
}

/// This thread's recorder from now on.
pub(super) fn open(file: File) -> Arc<Mutex<Recorder>> {
    let recorder = Recorder {
        file,
        names: Names::default(),
        labels: Vec::new(),
        preemptions: Preemptions::new(),
        has_failed: false,
    };
    let recorder = Arc::new(Mutex::new(recorder));
    RECORDER.set(Some(recorder.clone()));
    recorder
}

/// Takes this thread's off it: the execution goes on on another one.
pub(super) fn take() -> Option<Arc<Mutex<Recorder>>> {
    RECORDER.take()
}

/// Puts it on this one.
pub(super) fn put(recorder: Arc<Mutex<Recorder>>) {
    RECORDER.set(Some(recorder));
}

/// Says so to the watchdog.
fn came_further() {
    if let Some(slot) = Slot::mine_or_only() {
        slot.events.fetch_add(1, Relaxed);
    }
}

fn with_recorder(f: impl FnOnce(&mut Recorder)) {
    let recorder = RECORDER.try_with(|recorder| recorder.try_borrow().ok()?.clone()).ok().flatten();
    if let Some(recorder) = recorder
        && let Ok(mut recorder) = recorder.try_lock()
    {
        f(&mut recorder);
    }
}

/// The execution of this thread, if it is a child's, has failed after so many events: the first failure counts.
pub(crate) fn failed(failure: &Failure, length: StepIdx) {
    if failure.is_suspected() {
        return;
    }
    with_recorder(|recorder| {
        if !std::mem::replace(&mut recorder.has_failed, true) {
            recorder.write(&Record::Failed(Box::new(Failed::new(failure, length))));
        }
    });
}

/// What a panic said that ends the process.
pub(crate) fn said(text: &str) {
    with_recorder(|recorder| recorder.write(&Record::Said(text.to_owned())));
}

impl Recorder {
    pub(super) fn write(&mut self, record: &Record) {
        self.write_line(serde_json::to_string(record).unwrap_or_default());
    }

    /// In one call, so that a line is there or is not.
    fn write_line(&mut self, mut line: String) {
        line.push('\n');
        // Without room for it there is less to tell.
        let _ = self.file.write_all(line.as_bytes());
    }

    pub(super) fn decided(&mut self, view: View<'_>, task: TaskId) {
        came_further();
        self.names.name_tasks(view);
        self.preemptions.decided(view, task);
        let record = Record::Decided(self.names.task(task).to_owned(), view.steps().0, self.preemptions.count());
        self.write(&record);
    }

    pub(super) fn chose(&mut self, view: View<'_>, value: u32) {
        self.names.name_tasks(view);
        self.write(&Record::Chose(self.names.task(view.current()).to_owned(), value));
    }

    pub(super) fn happened(&mut self, view: View<'_>, event: &Event) {
        came_further();
        if self.names.update(view) {
            self.write_labels();
        }
        let step = view.events().len() - 1;
        let number = |object: ObjectId| object.is_some().then(|| format!("@{}", object.0));
        let seen = record::recorded(&self.names, view, event);
        let is_note = event.operation == Operation::Note;
        let object = if is_note { seen.object.clone() } else { number(event.object) };
        let older = view.older(StepIdx(step as u32));
        self.write_line(TraceEvent { object, other: number(event.other), older, ..seen }.to_line());
    }

    fn write_labels(&mut self) {
        let labels = self.names.objects().to_vec();
        for (number, label) in labels.iter().enumerate() {
            if self.labels.get(number) != Some(label) {
                self.write(&Record::Object(number as u32, label.clone()));
            }
        }
        self.labels = labels;
    }
}

/// What was read back.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) events: Vec<TraceEvent>,
    /// Who was chosen, and how many events there were.
    pub(super) chosen: Vec<(String, StepIdx)>,
    pub(super) values: BTreeMap<String, Vec<u32>>,
    pub(super) preemptions: u32,
    pub(super) failed: Option<Failed>,
    pub(super) said: Option<String>,
    pub(super) died: Option<u64>,
    pub(super) deep: Option<u64>,
    pub(super) has_begun: bool,
    pub(super) has_ended: bool,
}

impl Read {
    /// Every whole line.
    pub(super) fn parse(text: &str) -> Self {
        let mut read = Self::default();
        let mut labels = SortedMap::new();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match TraceEvent::from_line(line) {
                Some(event) => read.events.push(event),
                None => serde_json::from_str(line).into_iter().for_each(|record| read.add(record, &mut labels)),
            }
        }
        for event in read.events.iter_mut().filter(|event| event.operation != Operation::Note) {
            for object in [&mut event.object, &mut event.other] {
                let label = object.as_deref().and_then(|text| text.strip_prefix('@')?.parse().ok());
                *object = label.and_then(|number: u32| labels.get(&number).cloned());
            }
        }
        read
    }

    fn add(&mut self, record: Record, labels: &mut SortedMap<u32, String>) {
        match record {
            Record::Begun => self.has_begun = true,
            Record::Decided(task, events, preemptions) => {
                self.chosen.push((task, StepIdx(events)));
                self.preemptions = preemptions;
            }
            Record::Chose(task, value) => self.values.entry(task).or_default().push(value),
            Record::Object(number, label) => _ = labels.insert(number, label),
            Record::Failed(failed) => self.failed = Some(*failed),
            Record::Said(text) => self.said = Some(text),
            Record::Died(number) => self.died = Some(number),
            Record::Deep(frames) => self.deep = Some(frames),
            Record::End => self.has_ended = true,
        }
    }
}
