//! How far a hunt has come: a bar on a terminal, a line every ten seconds on a pipe, nothing where nobody wants it.

use std::time::Duration;

use bohrbug::Stopwatch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Console;
use crate::numbers::grouped;
use crate::select::Pair;

/// How often a pipe gets a line.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How far a hunt has come.
#[derive(Debug)]
pub(super) struct Progress {
    all: usize,
    done: usize,
    surprises: usize,
    /// The pair that was heard of last.
    at: String,
    watch: Stopwatch,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Not,
    Bar(ProgressBar),
    /// How many lines have been written.
    Lines(u32),
}

impl Progress {
    /// Of so many pairs.
    pub(super) fn new(all: usize, quiet: bool, console: &Console) -> Self {
        let shown = match (quiet, console.is_watched()) {
            (true, _) => Shown::Not,
            (false, true) => Shown::Bar(bar(all)),
            (false, false) => Shown::Lines(0),
        };
        Self { all, done: 0, surprises: 0, at: String::new(), watch: Stopwatch::start(), shown }
    }

    /// In that pair a strategy has come so far.
    pub(super) fn at(&mut self, pair: &Pair, progress: bohrbug::Progress) {
        self.note(format!("{} {} ({})", pair.scenario.full_name(), pair.revision, figures(progress)));
    }

    /// The last word on what is at work.
    pub(super) fn note(&mut self, at: String) {
        self.at = at;
        self.show();
    }

    /// A pair is done, as expected or not.
    pub(super) fn done(&mut self, as_expected: bool) {
        self.done += 1;
        self.surprises += usize::from(!as_expected);
        self.show();
    }

    /// Shows what there is to be shown by now.
    pub(super) fn show(&mut self) {
        match &mut self.shown {
            Shown::Not => {}
            Shown::Bar(bar) => {
                bar.set_position(self.done as u64);
                bar.set_message(self.at.clone());
            }
            Shown::Lines(written) if self.watch.elapsed() >= LINE_EVERY * (*written + 1) => {
                *written += 1;
                let line = self.line();
                Console::new().note(&line);
            }
            Shown::Lines(_) => {}
        }
    }

    fn line(&self) -> String {
        let Self { all, done, surprises, at, watch, .. } = self;
        let seconds = watch.elapsed().as_secs();
        let at = if at.is_empty() { String::new() } else { format!("; at {at}") };
        let surprises = if *surprises > 0 { format!(", {surprises} not as expected") } else { String::new() };
        format!("bohrbug: {done} of {all} done after {seconds} s{surprises}{at}")
    }

    /// Lets `print` have the screen.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(print),
            Shown::Not | Shown::Lines(_) => print(),
        }
    }

    /// There is no more to come.
    pub(super) fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

/// How much was run and seen.
fn figures(progress: bohrbug::Progress) -> String {
    let mut text = format!("{} executions", grouped(progress.executions));
    if let (Some(behaviours), Some(unseen)) = (progress.behaviours, progress.unseen) {
        let (behaviours, percent) = (grouped(behaviours), unseen * 100.0);
        text += &format!(", {behaviours} behaviours, {percent:.2}% that the next is new");
    }
    if let Some(explored) = progress.explored {
        text += &format!(", {:.2}% explored, of about {:.0}", explored * 100.0, progress.executions as f64 / explored);
    }
    text
}

fn bar(all: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:24} {pos} of {len}  {elapsed}  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
