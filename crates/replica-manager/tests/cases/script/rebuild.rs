//! `rebuild …`: what the last `engine-replica-add` started in the background, as a whole or phase by phase.

use replica_manager::{Finish, RebuildJob, Server};

use super::Outcome;
use super::words::Line;

/// What is under way.
#[derive(Default)]
pub(super) struct Rebuild {
    job: Option<RebuildJob>,
    finish: Option<Finish>,
}

impl Rebuild {
    pub(super) fn begin(&mut self, job: RebuildJob) {
        self.job = Some(job);
    }

    pub(super) fn act(&mut self, server: &Server, line: &Line<'_>) -> Outcome {
        let job = self.job.as_ref().ok_or("nothing was added")?;
        let finish = |finish: Option<Finish>| finish.ok_or_else(|| "no finish is under way".to_owned());
        let answer = match line.word(1)? {
            "run" => server.run_rebuild(job),
            "copy" => server.run_copy(job),
            "finish" => server.run_finish(job),
            "finish-begin" => server.finish_begin(job).map(|begun| self.finish = Some(begun)),
            "finish-call" => {
                let mut under_way = finish(self.finish.take())?;
                server.finish_call(job, &mut under_way);
                self.finish = Some(under_way);
                Ok(())
            }
            "finish-apply" => server.finish_apply(job, finish(self.finish.take())?),
            other => return Err(format!("a rebuild has no {other}")),
        };
        line.compare(answer, None)
    }
}
