//! What the code calls the task that is spawned at a place: the function that it runs, or the `let` that keeps its handle.
//!
//! The function is one that is handed over (`spawn(worker)`), or the only call of a closure (`spawn(|| tally.add())`).

use proc_macro2::{Delimiter, TokenTree};

use super::code::{Level, group, ident, is_punct, is_word};
use super::object;

/// The name of the task that is spawned at the innermost level's place.
pub(super) fn task(levels: &[Level]) -> Option<String> {
    let place = levels.last()?;
    let arguments = place.after().iter().find_map(|token| group(token, Delimiter::Parenthesis));
    arguments.and_then(|arguments| run(&arguments)).or_else(|| kept(place))
}

/// The function that is run by what stands there.
fn run(arguments: &[TokenTree]) -> Option<String> {
    let moves = arguments.first().is_some_and(|token| is_word(token, "move"));
    let arguments = &arguments[usize::from(moves)..];
    if !arguments.first().is_some_and(|token| is_punct(token, '|')) {
        let is_path = arguments.iter().all(|token| ident(token).is_some() || is_punct(token, ':'));
        return arguments.last().and_then(ident).filter(|_| is_path);
    }
    let end = 1 + arguments[1..].iter().position(|token| is_punct(token, '|'))?;
    let body = &arguments[end + 1..];
    match body {
        [block] if group(block, Delimiter::Brace).is_some() => only_call(&group(block, Delimiter::Brace)?),
        _ => only_call(body),
    }
}

/// The function that is called, if there is nothing else.
fn only_call(body: &[TokenTree]) -> Option<String> {
    let body = match body.split_last()? {
        (last, rest) if is_punct(last, ';') => rest,
        _ => body,
    };
    let (arguments, callee) = body.split_last()?;
    group(arguments, Delimiter::Parenthesis)?;
    let is_path = callee.iter().all(|token| {
        matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_)) || is_punct(token, ':') || is_punct(token, '.')
    });
    callee.last().and_then(ident).filter(|_| is_path)
}

/// The `let` that the whole call initialises.
fn kept(place: &Level) -> Option<String> {
    let before = place.before();
    let start = before.iter().rposition(|token| is_punct(token, ';')).map_or(0, |at| at + 1);
    let equals = start + before[start..].iter().rposition(|token| is_punct(token, '='))?;
    // Between the two is what the method is called on.
    let is_chain = before[equals + 1..].iter().all(|token| {
        ident(token).is_some()
            || group(token, Delimiter::Parenthesis).is_some()
            || [':', '.'].iter().any(|c| is_punct(token, *c))
    });
    is_chain.then(|| object::initialised_by(&before[..equals]))?
}
