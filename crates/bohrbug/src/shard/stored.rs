//! Failures as a shard's results have them: whole, so that whoever merges knows what whoever found them knew.

use std::path::Path;

use bohrbug_trace::{Certainty, FailureKind, Operation, Trace, Waiting};
use serde::{Deserialize, Serialize};

use crate::explore::Found;
use crate::failure::Failure;

/// A failure and its execution, with a form in which it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub(crate) struct Stored(pub(crate) Found);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    kind: FailureKind,
    certainty: Sure,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    involved: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Waiting>,
    /// The text of the trace's file.
    trace: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sure {
    Happened,
    Shown,
    Suspected,
}

impl From<Stored> for Form {
    fn from(Stored(Found { failure, trace }): Stored) -> Self {
        let name = |(operation, what): (Operation, String)| (operation.name().to_owned(), what);
        Self {
            kind: failure.kind,
            certainty: match failure.certainty {
                Certainty::Happened => Sure::Happened,
                Certainty::Shown => Sure::Shown,
                Certainty::Suspected => Sure::Suspected,
            },
            message: failure.message,
            task: failure.task,
            site: failure.site,
            involved: failure.involved.into_iter().map(name).collect(),
            waiting: failure.waiting,
            trace: trace.render(),
        }
    }
}

impl TryFrom<Form> for Stored {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let operation = |(name, what): (String, String)| {
            Operation::from_name(&name)
                .map(|operation| (operation, what))
                .ok_or(format!("no operation is called {name:?}"))
        };
        let failure = Failure {
            kind: form.kind,
            certainty: match form.certainty {
                Sure::Happened => Certainty::Happened,
                Sure::Shown => Certainty::Shown,
                Sure::Suspected => Certainty::Suspected,
            },
            message: form.message,
            task: form.task,
            site: form.site,
            involved: form.involved.into_iter().map(operation).collect::<Result<_, _>>()?,
            waiting: form.waiting,
        };
        let trace = Trace::parse(Path::new("trace"), form.trace.as_bytes()).map_err(|error| error.to_string())?;
        if trace.header.failure.as_ref() != Some(&failure.record()) {
            return Err("the trace belongs to another failure".to_owned());
        }
        Ok(Self(Found { failure, trace }))
    }
}
