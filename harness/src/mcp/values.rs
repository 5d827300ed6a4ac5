//! What a client gave a verb, read and checked: nothing unknown, no option in disguise, no path outside the workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use super::verbs::{Kind, Parameter, Verb};

/// How long a verb may take, in seconds: by default, and at the most.
const SECONDS: (u64, u64) = (60, 600);

/// The values by name, as a command line has them.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Reads what a client gave.
    ///
    /// # Errors
    ///
    /// A sentence for the client.
    pub(super) fn read(verb: &Verb, given: Map<String, Value>, workspace: &Path) -> Result<Self, String> {
        let mut values = Self::default();
        for (name, value) in given {
            let parameter = verb.takes().find(|parameter| parameter.name == name);
            let parameter = parameter.ok_or_else(|| {
                let known: Vec<_> = verb.takes().map(|parameter| parameter.name).collect();
                format!("`{}` takes no `{name}`; it takes {}", verb.name, known.join(", "))
            })?;
            values.0.insert(parameter.name, read(parameter, &value, workspace)?);
        }
        let missing = verb.parameters.iter().find(|it| it.is_required && !values.0.contains_key(it.name));
        match missing {
            Some(missing) if !values.0.contains_key("cursor") => {
                Err(format!("`{}` needs `{}`: {}", verb.name, missing.name, missing.summary))
            }
            _ => Ok(values),
        }
    }

    /// A value, as a command line has it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// How long the verb may take.
    pub(super) fn limit(&self) -> Duration {
        Duration::from_secs(self.number("seconds").unwrap_or(SECONDS.0).clamp(1, SECONDS.1))
    }
}

fn read(parameter: &Parameter, value: &Value, workspace: &Path) -> Result<String, String> {
    let wants = |what| format!("`{}` is {what} and not {value}: {}", parameter.name, parameter.summary);
    match parameter.kind {
        Kind::Number => value.as_u64().map(|number| number.to_string()).ok_or_else(|| wants("a whole number from 0")),
        Kind::Text => match value.as_str() {
            Some(text) if !text.starts_with('-') && !text.contains('\0') => Ok(text.to_owned()),
            Some(_) => Err(wants("a name, which begins with no hyphen")),
            None => Err(wants("a text")),
        },
        Kind::Path => below(workspace, value.as_str().ok_or_else(|| wants("a path"))?),
    }
}

/// The file's path, if it is there and below the workspace, links resolved.
fn below(workspace: &Path, text: &str) -> Result<String, String> {
    let path: PathBuf = workspace.join(text);
    let found = path.canonicalize().map_err(|error| format!("{text}: {error}; paths are relative to the workspace"))?;
    if !found.starts_with(workspace) {
        return Err(format!("{text} is outside of the workspace; only files below it are read or written"));
    }
    found.into_os_string().into_string().map_err(|_| format!("{text}: the path is no UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::super::verbs::VERBS;
    use super::*;

    fn check(verb: &str, given: &str, expected: Result<&[(&str, &str)], &str>) {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        let verb = VERBS.iter().find(|it| it.name == verb).unwrap();
        let values = Values::read(verb, serde_json::from_str(given).unwrap(), &workspace);
        match (values, expected) {
            (Ok(values), Ok(expected)) => {
                let found: Vec<_> = values.0.iter().map(|(name, value)| (*name, value.as_str())).collect();
                assert_eq!(found, expected, "{given}");
            }
            (Err(error), Err(part)) => assert!(error.contains(part), "{given}: {error}"),
            (values, _) => panic!("{given}: {values:?}"),
        }
    }

    #[test]
    fn what_a_client_gives_is_taken_or_refused_with_a_reason() {
        check("hunt", r#"{"filter":"a","seed":7}"#, Ok(&[("filter", "a"), ("seed", "7")]));
        check("hunt", "{}", Err("needs `filter`"));
        check("hunt", r#"{"cursor":"0:1"}"#, Ok(&[("cursor", "0:1")]));
        check("hunt", r#"{"filter":"--traces=/"}"#, Err("no hyphen"));
        check("hunt", r#"{"filter":1}"#, Err("a text"));
        check("hunt", r#"{"filter":"a","seed":-1}"#, Err("a whole number"));
        check("hunt", r#"{"filter":"a","traces":"b"}"#, Err("takes no `traces`"));
        check("replay", r#"{"trace":"nowhere.jsonl"}"#, Err("nowhere.jsonl"));
        check("replay", r#"{"trace":"../Cargo.toml"}"#, Err("outside of the workspace"));
        check("explain", r#"{"trace":"/etc/hostname"}"#, Err("outside of the workspace"));
        check("explain", r#"{"trace":"a\u0000b"}"#, Err("paths are relative"));
    }
}
