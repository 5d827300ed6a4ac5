//! The committed traces: what they record still happens.
