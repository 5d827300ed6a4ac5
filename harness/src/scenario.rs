pub struct Scenario {
    pub system: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    pub expectations: &'static [(&'static str, Expectation)],
    pub run: fn(revision: &str),
}
pub enum Expectation {
    Fails { kind: &'static str, message: &'static str },
    Holds,
}
