//! Programs whose number of behaviours can be derived by hand, and searches that have to find just that many.

mod brute_force;
mod caching;
mod families;
mod programs;
mod reduction;
#[path = "../common/unwatched.rs"]
mod unwatched;
