//! Every console block of the docs is run.
