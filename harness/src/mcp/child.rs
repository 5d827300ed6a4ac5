//! A command in a process of its own, with a limit on its time and on what it prints.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// So much of each of a child's outputs is kept; the rest is read and thrown away.
const MOST: usize = 8 << 20;

/// A command to run.
#[derive(Debug)]
pub(super) struct Child {
    command: Command,
    is_cargo: bool,
}

/// What a command came to.
#[derive(Debug)]
pub(super) struct Done {
    /// Its exit code; `None` if a signal ended it.
    code: Option<i32>,
    /// The limit, if it was reached.
    stopped_after: Option<Duration>,
    out: Output,
    error: Output,
    is_cargo: bool,
}

#[derive(Debug, Default)]
struct Output {
    bytes: Vec<u8>,
    /// How much more there was.
    left_out: usize,
}

impl Child {
    /// This program, with these words.
    ///
    /// # Errors
    ///
    /// The program's own file cannot be found.
    pub(super) fn bohrbug(words: Vec<String>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
        let mut command = Command::new(program);
        command.args(words);
        Ok(Self { command, is_cargo: false })
    }

    /// Cargo, with these words.
    pub(super) fn cargo(words: Vec<String>) -> Self {
        let mut command = Command::new("cargo");
        command.args(words);
        Self { command, is_cargo: true }
    }

    /// Runs it in the workspace. When the client goes away, or the limit is reached, it is ended.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) async fn run(mut self, workspace: &Path, limit: Duration) -> Result<Done, String> {
        self.command.current_dir(workspace).stdin(Stdio::null()).kill_on_drop(true);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(|error| format!("the command cannot be started: {error}"))?;
        let (out, error) = (child.stdout.take(), child.stderr.take());
        let (mut kept_out, mut kept_error) = (Output::default(), Output::default());
        let all = async { tokio::join!(kept_out.read(out), kept_error.read(error), child.wait()).2 };
        let ended = timeout(limit, all).await;
        let (code, stopped_after) = match ended {
            Ok(status) => (status.ok().and_then(|status| status.code()), None),
            Err(_) => {
                let _ = child.kill().await;
                (None, Some(limit))
            }
        };
        Ok(Done { code, stopped_after, out: kept_out, error: kept_error, is_cargo: self.is_cargo })
    }
}

impl Output {
    async fn read(&mut self, from: Option<impl AsyncRead + Unpin>) {
        let Some(mut from) = from else { return };
        let mut buffer = [0; 1 << 14];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let kept = count.min(MOST - self.bytes.len());
            self.bytes.extend_from_slice(&buffer[..kept]);
            self.left_out += count - kept;
        }
    }

    /// The lines as JSON where they are, otherwise the text.
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
        match lines {
            Ok(lines) if self.left_out == 0 => json!(lines),
            _ => json!(self.text()),
        }
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.left_out > 0 {
            text += &format!("\n({} more bytes were left out)", self.left_out);
        }
        text
    }
}

impl Done {
    /// Whether there is no answer to what was asked: a failure that was found is one.
    pub(super) fn is_error(&self) -> bool {
        let is_an_answer = match self.code {
            Some(0 | 10..=13) => true,
            // Tests that failed.
            Some(101) => self.is_cargo,
            _ => false,
        };
        !is_an_answer
    }

    /// As an object.
    pub(super) fn json(&self) -> Value {
        let mut object = json!({ "exit": self.code, "output": self.out.json() });
        if let Some(limit) = self.stopped_after {
            let seconds = limit.as_secs();
            let why = format!(
                "stopped after {seconds} s; give `seconds`, ask for less (one revision, fewer executions), or look whether it hangs"
            );
            object["stopped"] = json!(why);
        }
        let error = self.error.text();
        if !error.is_empty() {
            object["messages"] = json!(error);
        }
        object
    }
}
