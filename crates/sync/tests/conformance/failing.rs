//! Failing executions: see below.
