//! Why a command cannot do what was asked.

use std::io;
use std::path::PathBuf;

use bohrbug::{UnknownName, UnknownStrategy};
use vm_assignment::ledger::LedgerError;

use crate::campaign::CampaignError;
use crate::exit::Exit;
use crate::pages::PageError;
use crate::select::SelectError;

/// Why a command cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Names that select nothing.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// No such strategy.
    #[error(transparent)]
    Strategy(#[from] UnknownStrategy),
    /// No such strategy, or no such monitor.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// Nothing to replay.
    #[error("no trace given; name a file, or set BOHRBUG_REPLAY")]
    NoTrace,
    /// Several traces for one file.
    #[error("--out takes one trace; name one, or omit --out")]
    OneOut,
    /// A shard whose results go nowhere.
    #[error("--shard needs --out DIR, the directory of its results, for `bohrbug merge DIR`")]
    NoOut,
    /// Results of something that has none.
    #[error("--out is where the results of a shard go; name it with --shard")]
    OutWithoutShard,
    /// Something that a shard cannot do.
    #[error("a shard {0}")]
    NotInAShard(&'static str),
    /// A document of what has none.
    #[error("the results of tests have --format human or json; for JUnit's XML use cargo-nextest")]
    NoDocument,
    /// No such shard, or an exploration that cannot be divided.
    #[error(transparent)]
    Shard(#[from] bohrbug::shard::ShardError),
    /// Results that are not of one campaign, or none.
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    /// A page that is to be changed or compared cannot be read.
    #[error("{}: cannot read the page: {_1}; it must exist to be changed or compared", _0.display())]
    NoPage(PathBuf, io::Error),
    /// A file cannot be written.
    #[error("{}: cannot write the file: {_1}; create its directory, or choose another path", _0.display())]
    Unwritable(PathBuf, io::Error),
    /// The server for agents cannot serve.
    #[error("the server cannot serve {}: {_1}; --workspace is a directory, and the client speaks the Model Context Protocol", _0.display())]
    NotServed(PathBuf, io::Error),
    /// A document cannot be written.
    #[error("the outcomes cannot be written as {0}: {1}")]
    Document(&'static str, String),
    /// A page cannot be generated.
    #[error(transparent)]
    Generating(#[from] PageError),
    /// A benchmark has no committed traces, and so no matrix.
    #[error("`{0}` is a benchmark and has no matrix; `bohrbug bench {0}` measures it")]
    Benchmark(String),
    /// A committed trace cannot be read.
    #[error(transparent)]
    Unreadable(#[from] bohrbug::trace::ReadError),
    /// What is expected to hold does not.
    #[error("{0} does not hold on {1}; `bohrbug hunt {0} --revision {1}` shows why")]
    Surprise(String, String),
    /// A ledger cannot be used.
    #[error("{}: {_1}", _0.display())]
    Ledger(PathBuf, LedgerError),
    /// A ledger's contents make no sense.
    #[error(transparent)]
    Contents(#[from] vm_assignment::Error),
    /// The machine is not the one that was meant.
    #[error("{vm} belongs to {owner}, not to {from}; nothing was done")]
    OtherOwner {
        /// The machine.
        vm: String,
        /// Who owns it.
        owner: String,
        /// Who was to own it.
        from: String,
    },
    /// There are several accounts of that name.
    #[error("there is an account {account} in each of {domains}; name one with --domain")]
    WhichDomain {
        /// The account.
        account: String,
        /// The domains that have one.
        domains: String,
    },
}

impl CliError {
    /// What the program ends with for it.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Select(SelectError::Nothing { .. }) => Exit::NothingSelected,
            Self::NoPage(..) | Self::Unwritable(..) | Self::Document(..) => Exit::OurFault,
            Self::Generating(PageError::NoPlace(_)) => Exit::Usage,
            Self::Generating(_) => Exit::NoVerdict,
            Self::Unreadable(_) | Self::Ledger(..) | Self::Contents(_) => Exit::Unreadable,
            Self::Surprise(..) => Exit::BugFound,
            Self::Campaign(error) => error.exit(),
            Self::Select(_)
            | Self::Strategy(_)
            | Self::Name(_)
            | Self::NoTrace
            | Self::NoOut
            | Self::OutWithoutShard
            | Self::NotInAShard(_)
            | Self::NoDocument
            | Self::Shard(_)
            | Self::NotServed(..)
            | Self::Benchmark(_)
            | Self::OneOut
            | Self::OtherOwner { .. }
            | Self::WhichDomain { .. } => Exit::Usage,
        }
    }
}
