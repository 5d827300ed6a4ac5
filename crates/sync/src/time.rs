//! Time whose passing is a choice, as [`std::time`].
//!
//! In an execution no clock is read. Time passes when a task sleeps, when a timeout fires, and, if timeouts may fire
//! early at all, when the scheduler chooses that much of it has passed between two looks at the clock.

pub use std::time::Duration;

use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::panic::Location;

use bohrbug_events::{ObjectId, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, Runtime, Turn};
use crate::native::kernel::turn_in_foreign_frames;

/// How much time passes between two looks at the clock, if the scheduler chooses that some does.
const A_LONG_TIME: Duration = Duration::from_secs(3600);

/// A moment: std's, or on the clock of an execution.
///
/// ```
/// use bohrbug_sync::time::{Duration, Instant};
///
/// let start = Instant::now();
/// assert!(start.elapsed() < Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Moment);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Moment {
    Plain(std::time::Instant),
    /// Since the execution began.
    Controlled(Duration),
}

impl Instant {
    /// The present.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "outside executions this is std's clock")]
    pub fn now() -> Self {
        match ambient() {
            None => Self(Moment::Plain(std::time::Instant::now())),
            Some(x) => Self(Moment::Controlled(Duration::from_nanos(look(x, Location::caller())))),
        }
    }

    /// How much time has passed since this moment.
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// How much later this moment is than `earlier`; zero if it is not.
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }

    /// How much later this moment is than `earlier`; zero if it is not.
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// How much later this moment is than `earlier`; `None` if it is earlier, or on another clock.
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        match (self.0, earlier.0) {
            (Moment::Plain(this), Moment::Plain(earlier)) => this.checked_duration_since(earlier),
            (Moment::Controlled(this), Moment::Controlled(earlier)) => this.checked_sub(earlier),
            _ => None,
        }
    }

    /// The moment `duration` later, if it can be told.
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        Some(Self(match self.0 {
            Moment::Plain(moment) => Moment::Plain(moment.checked_add(duration)?),
            Moment::Controlled(moment) => Moment::Controlled(moment.checked_add(duration)?),
        }))
    }

    /// The moment `duration` earlier, if it can be told.
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        Some(Self(match self.0 {
            Moment::Plain(moment) => Moment::Plain(moment.checked_sub(duration)?),
            Moment::Controlled(moment) => Moment::Controlled(moment.checked_sub(duration)?),
        }))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).expect("overflow when adding duration to instant")
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).expect("overflow when subtracting duration from instant")
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

/// Reads the clock; the scheduler may have let a long time pass.
fn look(x: Ctx, site: &'static Location<'static>) -> u64 {
    let pending = Pending::new(Operation::Now, ObjectId::NONE, site);
    let runtime = x.runtime();
    x.turn(
        pending,
        |_| {
            if runtime == Runtime::Shuttle {
                crate::shuttle::pause();
            }
        },
        |_, ()| (),
    );
    looked(x, &pending);
    x.clock()
}

/// A look at the clock happens: it may have jumped.
fn looked(x: Ctx, pending: &Pending) {
    let jumped = x.timeout_budget() > 0 && x.choose(2) == 1;
    if jumped {
        x.spend_timeout();
        x.advance_clock(after(x, A_LONG_TIME));
    }
    x.report(pending, Outcome::Done, Some(jumped.into()));
}

/// The execution's clock, for whoever stands in for the operating system; `None` outside of executions. The caller's frames need not
/// be such that they can be unwound.
#[track_caller]
pub fn clock() -> Option<Duration> {
    let x = ambient().filter(|x| !x.driver_panics())?;
    if x.runtime() == Runtime::Native {
        let pending = Pending::new(Operation::Now, ObjectId::NONE, Location::caller());
        if turn_in_foreign_frames(x, pending) == Turn::Taken {
            looked(x, &pending);
        }
    }
    Some(Duration::from_nanos(x.clock()))
}

/// The moment `duration` from now on the execution's clock, in nanoseconds.
pub(crate) fn after(x: Ctx, duration: Duration) -> u64 {
    x.clock().saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1))
}
