//! `bohrbug mcp`: a server of the Model Context Protocol over standard input and output, for an agent that works on a bug.
//!
//! Each verb is a command of this program (or Cargo's `test`), run in a child with a limit on its time and on what it
//! prints: a program under test that crashes or hangs takes the child with it, and not the server. The protocol is the
//! `rmcp` crate's. Long answers come in pages (`answers`), and paths outside the workspace are refused (`values`).
//!
//! It shows the stacks of a scenario's tasks, and not those of a test's, whose program is another one.

mod answers;
mod child;
mod step;
mod values;
mod verbs;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ServerHandler, ServiceExt};
use tokio::sync::Mutex;

use self::answers::Answers;
use self::child::Child;
use self::values::Values;
use self::verbs::{How, VERBS, Verb};

/// What an agent is told when it connects.
const INSTRUCTIONS: &str = "Bohrbug makes concurrency bugs happen every time. `list` shows scenarios, `hunt` looks for their \
    failures, `replay` makes a recorded one happen again, `explain` says which orders of events it needs, `around` tries a fix \
    on schedules near it, `minimize` makes it smaller, `step` shows one moment of a trace with its stacks, and `test` runs a crate's tests. \
    Paths are relative to the workspace.";

/// Serves until the client goes away.
///
/// # Errors
///
/// The workspace is no directory, or the protocol's first messages never came.
pub fn serve(workspace: &std::path::Path) -> io::Result<()> {
    let workspace = workspace.canonicalize()?;
    let server = Server { workspace, answers: Arc::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let running = server.serve(rmcp::transport::stdio()).await.map_err(io::Error::other)?;
        running.waiting().await.map(drop).map_err(io::Error::other)
    });
    // A read of standard input may still be under way, and nobody waits for it.
    runtime.shutdown_background();
    served
}

/// The server: a workspace, and the answers whose pages may still be asked for.
#[derive(Clone, Debug)]
struct Server {
    workspace: PathBuf,
    answers: Arc<Mutex<Answers>>,
}

impl Server {
    async fn answer(&self, verb: &Verb, values: &Values) -> Result<CallToolResult, String> {
        if let Some(cursor) = values.text("cursor") {
            return self.answers.lock().await.page(cursor).map(|text| told(text, false));
        }
        let (text, is_error) = match verb.how {
            How::Step(words) => {
                let mut moment = step::step(values)?;
                let replayed = Child::bohrbug(words(values))?.run(&self.workspace, values.limit()).await?;
                moment["stacks"] = step::stacks(&replayed.json());
                (moment.to_string(), false)
            }
            How::Bohrbug(words) => self.run(Child::bohrbug(words(values))?, values).await?,
            How::Cargo(words) => self.run(Child::cargo(words(values)), values).await?,
        };
        Ok(told(self.answers.lock().await.first_page(text), is_error))
    }

    async fn run(&self, child: Child, values: &Values) -> Result<(String, bool), String> {
        let done = child.run(&self.workspace, values.limit()).await?;
        Ok((done.json().to_string(), done.is_error()))
    }
}

fn told(text: String, is_error: bool) -> CallToolResult {
    let content = vec![ContentBlock::text(text)];
    if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.server_info = Implementation::new("bohrbug", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(INSTRUCTIONS.to_owned());
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |verb: &Verb| Tool::new(verb.name, verb.summary, verb.schema());
        Ok(ListToolsResult::with_all_items(VERBS.iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(verb) = VERBS.iter().find(|verb| verb.name == request.name) else {
            let known: Vec<_> = VERBS.iter().map(|verb| verb.name).collect();
            let text = format!("there is no verb `{}`; there are {}", request.name, known.join(", "));
            return Err(ErrorData::invalid_params(text, None));
        };
        let values = Values::read(verb, request.arguments.unwrap_or_default(), &self.workspace);
        let result = match values {
            Ok(values) => self.answer(verb, &values).await,
            Err(error) => Err(error),
        };
        Ok(result.unwrap_or_else(|error| told(error, true)).into())
    }
}
