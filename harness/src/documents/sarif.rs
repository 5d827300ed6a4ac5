//! SARIF 2.1.0, as editors and code scanning read it: a result for each failure that was found, at its place, and for each
//! expectation that was not met. A failure that was expected is a note, and any other an error.

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, PhysicalLocation, PropertyBag, Region, ReportingDescriptor, Result as Finding,
    ResultLevel, Run, SCHEMA_URL, Sarif, Tool, ToolComponent, Version,
};

use super::{name, told};
use crate::outcome::{Judgement, Outcome};

/// The outcomes, which are in the order of the catalogue.
///
/// # Errors
///
/// The JSON cannot be written.
pub fn sarif(outcomes: &[Outcome]) -> serde_json::Result<String> {
    let findings: Vec<Finding> = outcomes.iter().filter_map(finding).collect();
    let mut rules: BTreeMap<String, ReportingDescriptor> = BTreeMap::new();
    for rule in findings.iter().filter_map(|finding| finding.rule_id.clone()) {
        rules.entry(rule.clone()).or_insert_with(|| ReportingDescriptor::builder().id(rule).build());
    }
    let driver = ToolComponent::builder()
        .name("bohrbug")
        .version(env!("CARGO_PKG_VERSION"))
        .rules(rules.into_values().collect::<Vec<_>>())
        .build();
    let run = Run::builder().tool(Tool::builder().driver(driver).build()).results(findings).build();
    let document = Sarif::builder().schema(SCHEMA_URL).version(json!(Version::V2_1_0)).runs(vec![run]).build();
    serde_json::to_string_pretty(&document)
}

fn finding(outcome: &Outcome) -> Option<Finding> {
    let judgement = outcome.judgement();
    let as_expected = judgement == Judgement::AsExpected;
    if as_expected && outcome.find.is_none() {
        return None;
    }
    let failure = outcome.find.as_ref().map(|find| &find.failure);
    let rule = failure.map_or_else(|| judgement.to_string(), |failure| failure.kind.to_string());
    let level = if as_expected { ResultLevel::Note } else { ResultLevel::Error };
    let message = Message::builder().text(format!("{}: {}", name(outcome), told(outcome))).build();
    let place = failure.and_then(|failure| failure.site.as_deref()).and_then(location);
    let mut finding = Finding::builder().rule_id(rule).level(level).message(message).build();
    finding.locations = place.map(|place| vec![place]);
    finding.partial_fingerprints =
        failure.map(|failure| BTreeMap::from([("bohrbug/v1".to_owned(), failure.fingerprint())]));
    finding.properties = trace(outcome);
    Some(finding)
}

/// A place in the code, `file:line:column`.
fn location(site: &str) -> Option<Location> {
    let mut parts = site.rsplitn(3, ':');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (column, line) = (number()?, number()?);
    let file = parts.next()?;
    let region = Region::builder().start_line(line).start_column(column).build();
    let file = ArtifactLocation::builder().uri(file.to_owned()).build();
    let physical = PhysicalLocation::builder().artifact_location(file).region(region).build();
    Some(Location::builder().physical_location(physical).build())
}

fn trace(outcome: &Outcome) -> Option<PropertyBag> {
    let path = outcome.find.as_ref()?.path()?;
    let properties = BTreeMap::from([("trace".to_owned(), json!(path))]);
    Some(PropertyBag::builder().additional_properties(properties).build())
}
