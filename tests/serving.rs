//! The server for agents: sessions over its standard input and output, as a client of the Model Context Protocol has them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::program::{Shell, TOYS};

/// How many mutated messages a server has to take; more by `BOHRBUG_TEST_MESSAGES`.
const MESSAGES: u64 = 10_000;

struct Session {
    server: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    last: u64,
}

impl Session {
    fn new(shell: &Shell) -> Self {
        let mut command = shell.command(&["mcp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().expect("the server can be started");
        let (to, from) = (server.stdin.take(), server.stdout.take().expect("its output"));
        let mut session = Self { server, to, from: BufReader::new(from), last: 0 };
        let client = json!({ "name": "a test", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let said = session.ask("initialize", hello);
        assert_eq!(said["result"]["serverInfo"]["name"], "bohrbug", "{said}");
        session.write(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string().as_bytes());
        session
    }

    /// Sends a line; a server that has gone away shows at the next question.
    fn write(&mut self, line: &[u8]) {
        let to = self.to.as_mut().expect("the client is there");
        let _ = to.write_all(line).and_then(|()| to.write_all(b"\n"));
    }

    /// The answer to a request; what comes before it was asked for by nobody who waits.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params });
        self.write(request.to_string().as_bytes());
        loop {
            let mut line = String::new();
            let read = self.from.read_line(&mut line).expect("a line of text");
            assert!(read > 0, "the server went away before it had answered {request}");
            let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if answer["id"] == json!(self.last) {
                return answer;
            }
        }
    }

    /// A verb's answer, and whether it is an error.
    fn call(&mut self, verb: &str, arguments: Value) -> (String, bool) {
        let answer = self.ask("tools/call", json!({ "name": verb, "arguments": arguments }));
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
        (text.to_owned(), result["isError"] == json!(true))
    }

    fn outcomes(&mut self, verb: &str, arguments: Value) -> (Value, Vec<Value>) {
        let (text, _) = self.call(verb, arguments);
        let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let output = answer["output"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        (answer["exit"].clone(), output)
    }

    /// The client goes away; how the server ended.
    fn leave(mut self) -> Option<i32> {
        self.to = None;
        self.server.wait().expect("the server ends").code()
    }
}

#[test]
fn an_agent_finds_replays_and_looks_into_a_bug() {
    let shell = Shell::new(TOYS);
    let mut session = Session::new(&shell);
    let tools = session.ask("tools/list", json!({}));
    let names: Vec<_> = tools["result"]["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    assert_eq!(names, ["list", "hunt", "test", "replay", "around", "explain", "minimize", "step"]);

    let (exit, found) = session.outcomes("hunt", json!({ "filter": "counter", "revision": "unguarded" }));
    assert_eq!((exit, &found[0]["verdict"]), (json!(0), &json!("failed")));
    let trace = found[0]["trace"].as_str().unwrap().to_owned();
    let (exit, replayed) = session.outcomes("replay", json!({ "trace": trace, "times": 3 }));
    assert_eq!((exit, &replayed[0]["verdict"]), (json!(0), &json!("reproduced")));
    let (exit, fixed) = session.outcomes("around", json!({ "trace": trace, "around": 5, "revision": "guarded" }));
    assert!(exit == 11 || exit == 12, "{exit}");
    assert_eq!(fixed[0]["reproduced"], 0);
    let (explained, is_error) = session.call("explain", json!({ "trace": trace }));
    assert!(!is_error && explained.contains("comes before"), "{explained}");
    let (step, _) = session.call("step", json!({ "trace": trace, "step": 1 }));
    let step: Value = serde_json::from_str(&step).unwrap();
    assert_eq!((&step["event"]["step"], &step["event"]["operation"]), (&json!(1), &json!("spawn")), "{step}");
    assert_eq!((&step["tasks"][0]["task"], &step["tasks"][0]["last"]["operation"]), (&json!("main"), &json!("begin")));
    let stack = &step["stacks"][0];
    let site = stack["frames"][0]["site"].as_str().unwrap_or_else(|| panic!("{step}"));
    assert_eq!(stack["task"], "main", "{step}");
    assert!(site.starts_with(step["event"]["site"].as_str().unwrap().rsplit_once(':').unwrap().0), "{step}");
    assert_eq!(session.leave(), Some(0));
}

#[test]
fn what_cannot_be_done_is_said_and_the_session_goes_on() {
    let shell = Shell::new(TOYS);
    shell.write("no-trace.jsonl", "{}\n");
    let mut session = Session::new(&shell);
    for (verb, arguments, expected) in [
        ("hunt", json!({ "filter": "nowhere" }), "nowhere"),
        ("hunt", json!({}), "needs `filter`"),
        ("replay", json!({ "trace": "/etc/hostname" }), "outside of the workspace"),
        ("step", json!({ "trace": "no-trace.jsonl", "step": 1 }), "no-trace.jsonl:1"),
        ("explain", json!({ "cursor": "9:9" }), "no cursor"),
    ] {
        let (text, is_error) = session.call(verb, arguments);
        assert!(is_error && text.contains(expected), "{verb}: {text}");
    }
    let answer = session.ask("tools/call", json!({ "name": "guess" }));
    assert!(answer["error"]["message"].as_str().unwrap().contains("there is no verb `guess`"), "{answer}");
    assert_eq!(session.leave(), Some(0));
}

#[test]
fn a_client_that_says_nothing_or_sends_garbage_gets_a_clean_end() {
    let shell = Shell::new(TOYS);
    for said in ["", "hello?\n", "{\"jsonrpc\":\"2.0\"}\n", "\u{0}\n"] {
        let mut command = shell.command(&["mcp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let _ = server.stdin.take().unwrap().write_all(said.as_bytes());
        let output = server.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said:?}: {error}");
        assert!(error.contains("Model Context Protocol") && !error.contains("panicked"), "{said:?}: {error}");
    }
    let nowhere = shell.call(&["mcp", "--workspace", "nowhere"]);
    nowhere.ends_with(2).complains("nowhere");
}

/// Numbers that look drawn, the same in every run (Marsaglia's xorshift).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn mutated_messages_neither_end_the_server_nor_make_it_panic() {
    let shell = Shell::new(TOYS);
    shell.call(&["hunt", "counter", "--revision", "unguarded", "--traces", "found", "--quiet"]).ends_with(0);
    fs::copy(shell.only_trace("found"), shell.path("t.jsonl")).unwrap();
    let messages = std::env::var("BOHRBUG_TEST_MESSAGES").map_or(MESSAGES, |text| text.parse().unwrap());
    let mut session = Session::new(&shell);
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for number in 0..messages {
        let arguments = json!({ "trace": "t.jsonl", "step": number % 40 });
        let params = json!({ "name": "step", "arguments": arguments });
        let message = json!({ "jsonrpc": "2.0", "id": 1_000_000 + number, "method": "tools/call", "params": params });
        let mut bytes = message.to_string().into_bytes();
        for _ in 0..=next(&mut state) % 4 {
            let place = (next(&mut state) as usize) % bytes.len();
            match next(&mut state) % 3 {
                0 => bytes[place] = (next(&mut state) as u8).max(b' '),
                1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, (next(&mut state) as u8).max(b' ')),
            }
        }
        session.write(&bytes);
        if number % 100 == 99 {
            let (text, is_error) = session.call("step", json!({ "trace": "t.jsonl", "step": 1 }));
            assert!(!is_error, "after {number} messages: {text}");
        }
    }
    assert_eq!(session.leave(), Some(0));
}
