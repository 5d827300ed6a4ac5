//! What bad input gets: one message that says where, why and what to do.

use std::fs;
use std::io::{BufReader, Read};

use bohrbug_trace::{MAX_LINE, Trace};
use tempfile::tempdir;

use crate::sample::create_vs_verify;

/// The error of reading these bytes must be exactly this, after the file's name.
fn check(bytes: impl AsRef<[u8]>, expected: &str) {
    let error = Trace::parse("t.jsonl", bytes.as_ref()).expect_err(expected);
    assert_eq!(error.to_string(), format!("t.jsonl{expected}"));
}

/// The sample after an edit of its text, which must change something.
fn edited(from: &str, to: &str) -> String {
    let text = create_vs_verify().render();
    let edited = text.replacen(from, to, 1);
    assert_ne!(edited, text, "{from:?} is not in the sample");
    edited
}

const RESTORE: &str = "restore the file from version control, or record the failure again";

#[test]
fn what_is_no_trace_is_refused_at_its_first_line() {
    let no_trace = ":1: this is not a trace: the first line is not a JSON object with a number \"format\"; check that this is the right file";
    check("", &format!(": the file is empty; usually a copy or a checkout was cut short: {RESTORE}"));
    for text in [
        "\n",
        " ",
        "null",
        "{}",
        "[1]",
        "{\"format\":\"1\"}",
        "{\"format\":-1}",
        "# readme\n",
        "\u{feff}{\"format\":1}",
    ] {
        check(text, no_trace);
    }
    let not_text =
        ":1: this is not UTF-8; a trace is text, so this is another kind of file, a compressed one, or a damaged one";
    check([0x1f, 0x8b, 8, 0, 0xff], not_text);
    check("{\"format\":1".as_bytes().iter().chain(&[0xc3]).copied().collect::<Vec<_>>(), not_text);
}

#[test]
fn a_header_is_checked_before_any_event() {
    let newer = ":1: the trace has format 3 and this version reads formats up to 2; update bohrbug to read it";
    check("{\"format\":3}", newer);
    check("{\"format\":3,\"anything\":[]}\nelse\n", newer);
    check(
        "{\"format\":3,\"bohrbug\":\"7.0.0\"}",
        ":1: the trace has format 3 and this version reads formats up to 2; bohrbug 7.0.0 wrote it: update to that version to \
         read it",
    );
    let bad = |what: &str| format!(":1: the header is not valid: {what}; usually it was edited by hand: {RESTORE}");
    check("{\"format\":0}", &bad("there never was a format 0"));
    check("{\"format\":1}", &bad("missing field `events`"));
    check(
        edited("\"native\"", "\"nativ\""),
        &bad("there is no runtime `nativ`, expected one of `native`, `shuttle`, `loom`"),
    );
    check(edited("\"seed\":7,", ""), &bad("missing field `seed`"));
    check(
        edited("\"timeouts\":1", "\"timeout\":1"),
        &bad(
            "unknown field `timeout`, expected one of `step_bound`, `timeouts`, `spurious`, `weak_failures`, `cell_points`, `memory`",
        ),
    );
    check(
        edited("\"task\":\"main\",\"site\"", "\"task\":\"no\\u001b\",\"site\""),
        ":1: \"no\\u{1b}\" is not a task path, such as main or main/worker#2; usually it was edited by hand: restore the file from version control, or record the failure again",
    );
}

#[test]
fn a_file_that_was_cut_short_says_so() {
    let text = create_vs_verify().render();
    let truncated = |line| {
        format!(
            ":{line}: the file ends in the middle of this line; usually a copy was cut short or the disk was full: {RESTORE}"
        )
    };
    check(&text[..text.len() - 2], &truncated(27));
    check(&text[..100], &truncated(1));
    let half_a_character =
        [text.lines().take(3).collect::<Vec<_>>().join("\n").as_bytes(), b"\n{\"step\":2,\"task\":\"\xc3"].concat();
    check(half_a_character, &truncated(4));
    let lines = |n| text.split_inclusive('\n').take(n).collect::<String>();
    let missing = |line, events| {
        format!(":{line}: the file ends here, after {events} of 26 events; usually a copy was cut short: {RESTORE}")
    };
    check(lines(1), &missing(1, 0));
    check(lines(26), &missing(26, 25));
    check(
        format!("{text}\n"),
        &format!(
            ":28: there is more here than the 26 events of the header; usually a merge joined two traces: {RESTORE}"
        ),
    );
}

#[test]
fn an_event_is_checked_word_by_word() {
    let unknown =
        |what: &str| format!(":2: unknown {what}; this version wrote the trace, so the line was edited: {RESTORE}");
    check(
        edited("\"operation\":\"spawn\"", "\"operation\":\"spwan\""),
        &unknown("operation \"spwan\", the nearest known one is \"spawn\""),
    );
    check(edited("\"operation\":\"spawn\"", "\"operation\":\"\\u001b[31m\""), &unknown("operation \"\\u{1b}[31m\""));
    check(
        edited("\"operation\":\"spawn\"", "\"operation\":\"spawn\",\"outcome\":\"poison\""),
        &unknown("outcome \"poison\", the nearest known one is \"poisoned\""),
    );
    check(
        edited("\"operation\":\"spawn\"", "\"operation\":\"spawn\",\"order\":\"seqcst\""),
        &unknown("order \"seqcst\", the nearest known one is \"seq-cst\""),
    );
    let bad = |line, what: &str| {
        format!(":{line}: this line is not an event: {what}; usually it was edited or merged by hand: {RESTORE}")
    };
    check(edited("\n{\"step\":0", "\n\n{\"step\":0"), &bad(2, "it is not a JSON object"));
    check(edited("\n{\"step\":0", "\n<<<<<<< HEAD\n{\"step\":0"), &bad(2, "it is not a JSON object"));
    check(
        edited("\"value\":20000", "\"value\":-1"),
        &bad(7, "invalid value: integer `-1`, expected u64 at column 137"),
    );
    check(
        edited("\"step\":3,", "\"step\":3,\"stepp\":3,"),
        &bad(
            5,
            "unknown field `stepp`, expected one of `step`, `task`, `operation`, `object`, `other`, `order`, `outcome`, `value`, `older`, `site` at column 17",
        ),
    );
    check(
        edited("\"step\":3,", "\"step\":4,"),
        &format!(":5: expected step 3 here, found step 4; a line was removed, added or moved: {RESTORE}"),
    );
    check(
        edited("\"task\":\"main/verify\"", "\"task\":\"verify\""),
        &format!(
            ":4: \"verify\" is not a task path, such as main or main/worker#2; usually it was edited by hand: {RESTORE}"
        ),
    );
    check(
        edited("\"task\":\"main/verify\"", "\"task\":\"main/a/b\""),
        &format!(
            ":4: unknown task \"main/a/b\": \"main/a\", which must have spawned it, has no event before this line; a line was removed or edited: {RESTORE}"
        ),
    );
}

#[test]
fn a_word_of_a_later_version_names_the_version_that_knows_it() {
    let version = concat!("\"bohrbug\":\"", env!("CARGO_PKG_VERSION"), "\"");
    let of_version = |version_of: &str, from: &str, to: &str| {
        let text = edited(from, to);
        assert!(text.contains(version), "{text}");
        text.replacen(version, version_of, 1)
    };
    let knows = format!(
        "bohrbug 7.0.0 wrote the trace and knows it: update to that version, or, if the line was edited, {RESTORE}"
    );
    let later = "\"bohrbug\":\"7.0.0\"";
    check(
        of_version(later, "\"operation\":\"spawn\"", "\"operation\":\"teleport\""),
        &format!(":2: unknown operation \"teleport\"; {knows}"),
    );
    check(
        of_version(later, "\"kind\":\"panic\"", "\"kind\":\"heat-death\""),
        &format!(":1: unknown kind of failure \"heat-death\"; {knows}"),
    );
    check(
        of_version("\"x\":0", "\"kind\":\"panic\"", "\"kind\":\"pannic\""),
        &format!(
            ":1: unknown kind of failure \"pannic\", the nearest known one is \"panic\"; the line was edited, or a newer \
             version wrote it: {RESTORE}, or update bohrbug"
        ),
    );
}

#[test]
fn a_message_stays_short_whatever_it_quotes() {
    for text in [
        edited("\"operation\":\"spawn\"", &format!("\"operation\":\"{}\"", "x".repeat(100_000))),
        edited("\"task\":\"main/verify\"", &format!("\"task\":\"{}\"", "\\n".repeat(100_000))),
        edited("\"native\"", &format!("\"{}\"", "n".repeat(100_000))),
    ] {
        let message = Trace::parse("t.jsonl", text.as_bytes()).unwrap_err().to_string();
        assert!(message.len() < 500 && !message.contains('\n'), "{message}");
    }
}

#[test]
fn what_is_not_a_file_of_ours_is_named() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lost.jsonl");
    let check = |expected: &str| {
        let error = Trace::read(&path).unwrap_err().to_string();
        assert_eq!(error, format!("{}: {expected}", path.display()));
    };
    check("there is no such file; check the path, or record the failure again");
    fs::create_dir(&path).unwrap();
    check("this is a directory; name one of the .jsonl files in it");
}

#[test]
fn input_without_end_is_refused_within_a_line() {
    let long = format!(
        ":1: the line is longer than {MAX_LINE} bytes, which no line of a trace is; check that this is the right file"
    );
    for byte in [0, b'a', b'{'] {
        let mut endless = BufReader::new(std::io::repeat(byte));
        assert_eq!(Trace::parse("t.jsonl", &mut endless).unwrap_err().to_string(), format!("t.jsonl{long}"));
    }
    let header = create_vs_verify().render().replacen("\"events\":26", "\"events\":9999999", 1);
    let mut endless = BufReader::new(header.as_bytes().chain(std::io::repeat(b' ')));
    let error = Trace::parse("t.jsonl", &mut endless).unwrap_err().to_string();
    assert!(error.starts_with("t.jsonl:28: the line is longer than"), "{error}");
    check(
        edited("\"events\":26", "\"events\":10000001"),
        ":1: the trace has more than 10000000 events; lower the step bound and record the failure again",
    );
}

#[test]
fn line_ends_of_another_system_are_understood() {
    let trace = create_vs_verify();
    assert_eq!(Trace::parse("t.jsonl", trace.render().replace('\n', "\r\n").as_bytes()).unwrap(), trace);
}
