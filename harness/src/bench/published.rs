//! What others measured, in the families in which it can be compared.
//!
//! The figures are in `published.json`, with their sources. A figure is `[found, trials, mean, median]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::figure::Figure;

/// All published figures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Where they come from.
    pub sources: Vec<Source>,
    /// Algorithms that are alike, ours and others'. A strategy of ours that is in none has nothing to be compared with.
    pub families: Vec<Family>,
}

/// Where figures come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The short name, as in the heading of a column.
    pub name: String,
    /// What it is, with its citation.
    pub what: String,
}

/// Algorithms that are alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// What they have in common.
    pub title: String,
    /// The strategies of ours, by name. One that there is not (any more, or yet) is left out.
    pub strategies: Vec<String>,
    /// Those of others.
    pub columns: Vec<Column>,
    /// By program, a figure for each column that has one.
    programs: BTreeMap<String, Vec<Option<Numbers>>>,
}

/// An algorithm of others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The source's short name.
    pub source: String,
    /// What the source calls it.
    pub algorithm: String,
}

/// `[found, trials, mean, median]`
type Numbers = (usize, usize, Option<f64>, Option<f64>);

impl Published {
    /// The figures in this repository.
    pub fn read() -> Self {
        let read = serde_json::from_str(include_str!("published.json"));
        read.unwrap_or_else(|error| unreachable!("a bug in bohrbug: published.json: {error}"))
    }
}

impl Family {
    /// The figure of a program in the column of that number.
    pub fn figure(&self, program: &str, column: usize) -> Option<Figure> {
        let (found, trials, mean, median) = (*self.programs.get(program)?.get(column)?)?;
        Some(Figure { found, trials, mean, median, is_cut: false })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::sctbench;

    #[test]
    fn every_figure_is_of_a_program_and_a_source_that_there_are_and_makes_sense() {
        let published = Published::read();
        let programs: BTreeSet<&str> = sctbench::SCENARIOS.iter().map(|scenario| scenario.name).collect();
        let sources: BTreeSet<&str> = published.sources.iter().map(|source| source.name.as_str()).collect();
        for family in &published.families {
            assert!(family.columns.iter().all(|column| sources.contains(column.source.as_str())), "{family:?}");
            for (program, figures) in &family.programs {
                assert!(programs.contains(program.as_str()), "{program}");
                assert_eq!(figures.len(), family.columns.len(), "{program}");
                for &(found, trials, mean, median) in figures.iter().flatten() {
                    let has_numbers = (mean.is_some(), median.is_some());
                    assert!(found <= trials && has_numbers == (found > 0, found > 0), "{}: {program}", family.title);
                }
            }
        }
    }

    #[test]
    fn figures_are_those_that_the_sources_have() {
        let published = Published::read();
        let uniform = published.families.iter().find(|family| family.strategies.iter().any(|name| name == "surw"));
        let figure = |program| uniform.and_then(|family| family.figure(program, 0)).and_then(|figure| figure.mean);
        assert_eq!((figure("reorder_100"), figure("twostage_100")), (Some(194.2), Some(453.9)));
        assert_eq!(figure("phase01"), None);
    }
}
