//! The generated section of a page of figures: ours beside those that were published.

use std::fmt::Write;

use super::cell::Cell;
use super::conditions::Conditions;
use super::figure::{Figure, rate};
use super::published::{Family, Published};
use crate::numbers::grouped;
use crate::pages::PageError;
use crate::scenario::Scenario;
use crate::select::failing;

/// What was measured: a row a program, a column a strategy.
#[derive(Debug)]
pub struct Results {
    /// The programs.
    pub scenarios: Vec<&'static Scenario>,
    /// The strategies' names.
    pub strategies: Vec<String>,
    /// By program, then by strategy.
    pub cells: Vec<Vec<Cell>>,
}

const NOTHING: &str = "–";

/// The section, as Markdown.
pub fn section(results: &Results, published: &Published, conditions: &Conditions) -> String {
    let mut text = introduction(conditions);
    text += &summary(results);
    for family in &published.families {
        let ours = results.places(|name| family.strategies.iter().any(|listed| listed == name));
        if !ours.is_empty() {
            text += &format!("### {}\n\n{}", family.title, beside(results, &ours, family));
        }
    }
    let others = results
        .places(|name| !published.families.iter().any(|family| family.strategies.iter().any(|listed| listed == name)));
    if !others.is_empty() {
        text += &format!(
            "### Other strategies\n\n{}",
            table(results, &heads(results, &others), |row| ours(results, row, &others))
        );
    }
    text += &rates(results);
    text += &sources(published);
    text
}

fn introduction(conditions: &Conditions) -> String {
    let Conditions { date, machine, jobs, effort } = conditions;
    let time = effort.time.map(|time| format!(", at most {} s for all seeds of a cell together", time.as_secs_f64()));
    format!(
        "Measured on {date} on {machine}, {jobs} cells at a time; {} seeds from 0 up, at most {} executions each{}. A \
         strategy that draws nothing has one run.\n\n\
         A cell has the mean and, in brackets, the median number of executions up to and including the first that fails as \
         expected, over the seeds that found it; before a colon in how many it was found, if not in all. \
         {NOTHING}: not measured, or the runtime cannot follow the program (loom has at most five threads). An asterisk: the \
         time ended before all executions ran.\n\n",
        effort.seeds,
        grouped(effort.executions),
        time.unwrap_or_default(),
    )
}

/// A strategy a row: how many of the programs it finds.
fn summary(results: &Results) -> String {
    let mut text = String::from(
        "| strategy | found with every seed | with some | with none | not followed |\n|---|--:|--:|--:|--:|\n",
    );
    for (column, strategy) in results.strategies.iter().enumerate() {
        let figures: Vec<_> = results.cells.iter().map(|row| Figure::of(&row[column])).collect();
        let count = |is: fn(&Figure) -> bool| figures.iter().flatten().filter(|figure| is(figure)).count();
        let (all, none) = (count(|figure| figure.found > 0 && figure.is_certain()), count(|figure| figure.found == 0));
        let some = count(|figure| figure.found > 0 && !figure.is_certain());
        let beyond = figures.iter().filter(|figure| figure.is_none()).count();
        let _ = writeln!(text, "| {strategy} | {all} of {} | {some} | {none} | {beyond} |", figures.len());
    }
    text + "\n"
}

/// Ours, and what others measured with the like.
fn beside(results: &Results, places: &[usize], family: &Family) -> String {
    let mut heads = heads(results, places);
    heads.extend(family.columns.iter().map(|column| format!("*{}: {}*", column.source, column.algorithm)));
    table(results, &heads, |row| {
        let program = results.scenarios[row].name;
        let theirs = (0..family.columns.len()).map(|column| shown(family.figure(program, column)));
        ours(results, row, places).into_iter().chain(theirs).collect()
    })
}

fn heads(results: &Results, places: &[usize]) -> Vec<String> {
    places.iter().map(|place| format!("`{}`", results.strategies[*place])).collect()
}

fn ours(results: &Results, row: usize, places: &[usize]) -> Vec<String> {
    places.iter().map(|place| shown(Figure::of(&results.cells[row][*place]))).collect()
}

fn rates(results: &Results) -> String {
    let places: Vec<usize> = (0..results.strategies.len()).collect();
    let row = |row: usize| {
        let rate = |place: &usize| rate(&results.cells[row][*place]).map_or_else(|| NOTHING.to_owned(), rounded);
        places.iter().map(rate).collect()
    };
    let over = "Over the first thousand executions with seed 0, or a second of them, going on after failures.";
    format!("### Executions a second\n\n{over}\n\n") + &table(results, &heads(results, &places), row)
}

fn table(results: &Results, heads: &[String], cells: impl Fn(usize) -> Vec<String>) -> String {
    let mut text = format!("| program | {} |\n|---|{}\n", heads.join(" | "), "--:|".repeat(heads.len()));
    for (row, scenario) in results.scenarios.iter().enumerate() {
        let _ = writeln!(text, "| {} | {} |", scenario.name, cells(row).join(" | "));
    }
    text + "\n"
}

fn sources(published: &Published) -> String {
    let mut text = String::from("### Where the published figures come from\n\n");
    for source in &published.sources {
        let _ = writeln!(text, "* *{}*: {}.", source.name, source.what);
    }
    text
}

/// A figure as a cell of a table.
fn shown(figure: Option<Figure>) -> String {
    let Some(figure) = figure else { return NOTHING.to_owned() };
    let mark = if figure.is_cut { "*" } else { "" };
    let (Some(mean), Some(median)) = (figure.mean, figure.median) else {
        return format!("none of {}{mark}", figure.trials);
    };
    let found = if figure.is_certain() { String::new() } else { format!("{} of {}: ", figure.found, figure.trials) };
    format!("{found}{} ({}){mark}", number(mean), number(median))
}

/// A number of executions: with a decimal only where it matters.
fn number(number: f64) -> String {
    if number < 100.0 && number.fract() != 0.0 { format!("{number:.1}") } else { rounded(number) }
}

/// A rounded number as people write it: 12,345.
fn rounded(number: f64) -> String {
    grouped(number.round() as u64)
}

impl Results {
    /// The columns of the strategies that are wanted.
    fn places(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.strategies.len()).filter(|place| is_wanted(&self.strategies[*place])).collect()
    }
}

/// The page with its section for that benchmark replaced.
///
/// # Errors
///
/// If the page has no place for it.
pub fn replaced(page: &str, name: &str, section: &str) -> Result<String, PageError> {
    let marks = [
        format!("<!-- generated by `bohrbug bench {name}` -->\n"),
        format!("<!-- end of `bohrbug bench {name}` -->\n"),
    ];
    let missing = |mark: &str| PageError::NoPlace(mark.trim().to_owned());
    let (before, rest) = page.split_once(&marks[0]).ok_or_else(|| missing(&marks[0]))?;
    let (_, after) = rest.split_once(&marks[1]).ok_or_else(|| missing(&marks[1]))?;
    Ok(format!("{before}{}\n{section}\n{}{after}", marks[0], marks[1]))
}

/// The scenarios that can be measured: those of which a failure is expected.
pub fn measurable(scenarios: Vec<&'static Scenario>) -> Vec<&'static Scenario> {
    scenarios.into_iter().filter(|scenario| failing(scenario).is_some()).collect()
}
