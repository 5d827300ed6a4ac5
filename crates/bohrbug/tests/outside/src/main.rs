//! Says whose types it was built with.

fn main() {
    println!("{}", tally::whose());
}
