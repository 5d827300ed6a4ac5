//! The page on the format says what is true.

use bohrbug_trace::{Carrier, FailureKind, MemoryOrder, Operation, Outcome, Runtime, Trace};

const PAGE: &str = include_str!("../../../../docs/trace-format.md");

#[test]
fn the_example_on_the_page_is_a_trace_as_it_is_written() {
    let example = PAGE.split("```jsonl\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let trace = Trace::parse("docs/trace-format.md", example.as_bytes()).unwrap();
    assert_eq!(trace.render(), example);
    let failure = trace.header.failure.as_ref().unwrap();
    let page_names_its_file = PAGE.contains(&format!("`{}`", trace.file_name()));
    assert!(page_names_its_file, "{} for {}", trace.file_name(), failure.fingerprint);
}

#[test]
fn the_page_names_every_word_of_the_vocabulary() {
    let words = Operation::ALL.iter().map(|word| word.name());
    let words = words.chain(Outcome::ALL.iter().map(|word| word.name()));
    let words = words.chain(MemoryOrder::ALL.iter().map(|word| word.name()));
    let words = words.chain(Runtime::ALL.iter().map(|word| word.name()));
    let words = words.chain(Carrier::ALL.iter().map(|word| word.name()));
    let words = words.chain(FailureKind::ALL.iter().map(|word| word.name()));
    for word in words {
        assert!(PAGE.contains(&format!("`{word}`")), "{word}");
    }
}
