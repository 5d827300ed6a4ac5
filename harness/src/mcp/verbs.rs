//! The verbs, as data: what each takes, and the command that it is.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::values::Values;

/// One verb of the server.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) how: How,
}

/// How a verb is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// By this program, with these words.
    Bohrbug(fn(&Values) -> Vec<String>),
    /// By Cargo, with these words.
    Cargo(fn(&Values) -> Vec<String>),
    /// By reading a trace, and by this program with these words.
    Step(fn(&Values) -> Vec<String>),
}

/// One parameter of a verb.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A file that is there, below the workspace.
    Path,
    Number,
}

const fn required(name: &'static str, kind: Kind, summary: &'static str) -> Parameter {
    Parameter { name, summary, kind, is_required: true }
}

const fn optional(name: &'static str, kind: Kind, summary: &'static str) -> Parameter {
    Parameter { name, summary, kind, is_required: false }
}

const TRACE: Parameter = required("trace", Kind::Path, "the trace's path, below the workspace");
const FILTER: Parameter = optional("filter", Kind::Text, "a scenario, a system, or a part of a scenario's name");
const REVISION: Parameter = optional("revision", Kind::Text, "on this revision");
const SEED: Parameter = optional("seed", Kind::Number, "the seed of random numbers; 0 by default");

/// What every verb takes.
pub(super) const COMMON: &[Parameter] = &[
    optional("seconds", Kind::Number, "stop after this many seconds; 60 by default, at most 600"),
    optional("cursor", Kind::Text, "the next page of a long answer: the cursor that the page before ended with"),
];

/// All verbs.
pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "list",
        summary: "Shows the scenarios, and what is expected of each revision.",
        parameters: &[FILTER],
        how: How::Bohrbug(|values| words("list").json().positional(values, "filter").done()),
    },
    Verb {
        name: "hunt",
        summary: "Explores scenarios on their revisions; each outcome is an object, with the trace of what failed.",
        parameters: &[
            required("filter", Kind::Text, "a scenario, a system, or a part of a scenario's name"),
            REVISION,
            optional("strategy", Kind::Text, "only this strategy"),
            optional("executions", Kind::Number, "maximum executions for each strategy"),
            SEED,
        ],
        how: How::Bohrbug(|values| {
            let options = ["revision", "strategy", "executions", "seed"];
            words("hunt").json().word("--quiet").positional(values, "filter").options(values, &options).done()
        }),
    },
    Verb {
        name: "test",
        summary: "Runs `cargo test`: a check that fails says which orders it needs and where its trace is.",
        parameters: &[
            optional("package", Kind::Text, "only this package"),
            optional("filter", Kind::Text, "only tests whose name contains this"),
        ],
        how: How::Cargo(|values| {
            words("test").word("--color=never").options(values, &["package"]).positional(values, "filter").done()
        }),
    },
    Verb {
        name: "replay",
        summary: "Makes a recorded failure happen again, on the recorded revision or on another.",
        parameters: &[TRACE, REVISION, optional("times", Kind::Number, "how many times")],
        how: How::Bohrbug(|values| {
            words("replay").json().positional(values, "trace").options(values, &["revision", "times"]).done()
        }),
    },
    Verb {
        name: "around",
        summary: "Runs schedules that keep the orders a failure needs and draw the rest: does a fix hold near it?",
        parameters: &[TRACE, required("around", Kind::Number, "how many schedules"), REVISION, SEED],
        how: How::Bohrbug(|values| {
            let options = ["around", "revision", "seed"];
            words("replay").json().positional(values, "trace").options(values, &options).done()
        }),
    },
    Verb {
        name: "explain",
        summary: "Says which orders of events a recorded failure needs, with the timeline.",
        parameters: &[TRACE],
        how: How::Bohrbug(|values| words("explain").json().positional(values, "trace").done()),
    },
    Verb {
        name: "minimize",
        summary: "Makes a recorded failure as small as it can be, in the trace's own file.",
        parameters: &[TRACE],
        how: How::Bohrbug(|values| words("minimize").positional(values, "trace").done()),
    },
    Verb {
        name: "step",
        summary: "Shows one step of a trace: the event, for each task what it did last and does next, and the tasks' stacks.",
        parameters: &[TRACE, required("step", Kind::Number, "the step's number, as reports have it, from 0")],
        how: How::Step(|values| {
            let step = values.text("step").unwrap_or_default();
            words("replay").json().positional(values, "trace").word("--stacks").word(step).done()
        }),
    },
];

impl Verb {
    /// All that it takes.
    pub(super) fn takes(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().chain(COMMON)
    }

    /// The JSON schema of what it takes.
    pub(super) fn schema(&self) -> Arc<Map<String, Value>> {
        let property = |parameter: &Parameter| {
            let kind = if parameter.kind == Kind::Number { "integer" } else { "string" };
            let mut schema = json!({ "type": kind, "description": parameter.summary });
            if parameter.kind == Kind::Number {
                schema["minimum"] = json!(0);
            }
            (parameter.name.to_owned(), schema)
        };
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(self.takes().map(property).collect()));
        schema.insert("additionalProperties".to_owned(), json!(false));
        // A page of an answer is asked for by its cursor alone, so nothing is required of that call.
        let required: Vec<_> = self.parameters.iter().filter(|it| it.is_required).map(|it| it.name).collect();
        schema.insert("anyOf".to_owned(), json!([{ "required": required }, { "required": ["cursor"] }]));
        Arc::new(schema)
    }
}

/// The words of a command line.
struct Words(Vec<String>);

fn words(command: &str) -> Words {
    Words(vec![command.to_owned()])
}

impl Words {
    fn word(mut self, word: &str) -> Self {
        self.0.push(word.to_owned());
        self
    }

    fn json(self) -> Self {
        self.word("--format=json")
    }

    /// A value without a name. It never begins with a hyphen (`Values` sees to it), so it is no option.
    fn positional(self, values: &Values, name: &str) -> Self {
        match values.text(name) {
            Some(value) => self.word(value),
            None => self,
        }
    }

    /// Those of the options that were given.
    fn options(self, values: &Values, names: &[&str]) -> Self {
        let given = names.iter().filter_map(|name| values.text(name).map(|value| format!("--{name}={value}")));
        given.fold(self, |words, option| words.word(&option))
    }

    fn done(self) -> Vec<String> {
        self.0
    }
}
