//! What the code calls the object that is made, or used, at a place.
//!
//! Only what stands there: the field, the `let` or the static that the place initialises, through wrappers as in
//! `Arc::new(Mutex::new(0))`, or what a method is called on (`self.head.load(…)`: atomics and cells are known by their first use).
//! Where that is not plain, there is no name. It cannot follow a value into another function, and a parameter's name is that of the
//! function that was first to use the object.

use proc_macro2::{Delimiter, TokenTree};

use super::code::{Level, group, ident, is_capital, is_joint, is_punct, is_word};

/// The name of the object that is made or used at the innermost level's place.
pub(super) fn object(levels: &[Level]) -> Option<String> {
    let (place, outer) = levels.split_last()?;
    match place.before().split_last() {
        Some((dot, receiver)) if is_punct(dot, '.') => used(receiver, outer),
        _ => made(levels).or_else(|| derived(levels)),
    }
}

/// What a method is called on, as tokens up to its dot.
fn used(receiver: &[TokenTree], outer: &[Level]) -> Option<String> {
    let (last, rest) = receiver.split_last()?;
    if group(last, Delimiter::Bracket).is_some() {
        // One of several: they differ by their numbers.
        return used(rest, outer);
    }
    if let Some(inner) = group(last, Delimiter::Parenthesis) {
        let called = rest.last().is_some_and(|token| ident(token).is_some());
        let start = inner.iter().position(|token| !is_punct(token, '*') && !is_punct(token, '&'))?;
        return if called { None } else { used(&inner[start..], outer) };
    }
    if let TokenTree::Literal(index) = last {
        let (dot, rest) = rest.split_last()?;
        let of = if is_word(rest.last()?, "self") { implementing(outer)? } else { used(rest, outer)? };
        return is_punct(dot, '.').then(|| format!("{of}.{index}"));
    }
    ident(last).filter(|name| name != "self" && name != "await")
}

/// The type whose `impl` a place is in.
fn implementing(outer: &[Level]) -> Option<String> {
    outer.iter().rev().find_map(|level| {
        let before = level.before();
        let start = before.iter().rposition(|token| is_word(token, "impl"))?;
        let head = &before[start + 1..];
        let is_item = !head.iter().any(|token| is_punct(token, ';') || group(token, Delimiter::Brace).is_some());
        let head = &head[generics(head)..];
        let subject = head.iter().rposition(|token| is_word(token, "for")).map_or(head, |at| &head[at + 1..]);
        subject.iter().filter_map(ident).find(|name| is_item && is_capital(name) && name.len() > 1)
    })
}

/// How many tokens the parameters take that stand first.
fn generics(tokens: &[TokenTree]) -> usize {
    let mut depth = 0_usize;
    let opens = tokens.first().is_some_and(|token| is_punct(token, '<'));
    let closes = |token: &TokenTree| {
        depth += usize::from(is_punct(token, '<'));
        depth -= usize::from(is_punct(token, '>') && depth > 0);
        depth == 0
    };
    tokens.iter().position(closes).filter(|_| opens).map_or(0, |at| at + 1)
}

/// What one level says of whom its expression belongs to.
enum Says {
    /// This.
    Name(String),
    /// Whoever the bracket belongs to that the expression is in, as its element of that number; the object is all of that, or one of
    /// several.
    Outer(usize, Option<Element>),
    Nothing,
}

/// One of several that are made at once.
#[derive(Clone, Copy)]
enum Element {
    OfTuple(usize),
    OfArray(usize),
}

impl Element {
    const fn number(self) -> usize {
        match self {
            Self::OfTuple(number) | Self::OfArray(number) => number,
        }
    }

    fn of(self, whole: &str) -> String {
        match self {
            Self::OfTuple(number) => format!("{whole}.{number}"),
            Self::OfArray(number) => format!("{whole}[{number}]"),
        }
    }
}

/// The field, `let` or static that is initialised with what is made at the place.
fn made(levels: &[Level]) -> Option<String> {
    let mut says = expression(levels.last()?.before(), None);
    for level in levels.iter().rev().skip(1) {
        let (element, one) = match says {
            Says::Name(name) => return Some(name),
            Says::Outer(element, one) => (element, one),
            Says::Nothing => return None,
        };
        says = enclosing(level, element, one);
    }
    match says {
        Says::Name(name) => Some(name),
        _ => None,
    }
}

/// What the level says of a bracket in it whose element of that number is the object, or has it as one of several.
fn enclosing(level: &Level, element: usize, one: Option<Element>) -> Says {
    let before = level.before();
    let bracket = &level.tokens[level.at];
    if group(bracket, Delimiter::Bracket).is_some() {
        // `vec![…]`
        let is_macro = before.last().is_some_and(|token| is_punct(token, '!'));
        let callee = if is_macro { 2 } else { 0 };
        return expression(&before[..before.len().saturating_sub(callee)], Some(Element::OfArray(element)));
    }
    if group(bracket, Delimiter::Parenthesis).is_none() {
        return Says::Nothing;
    }
    let Some((name, rest)) = before.split_last().and_then(|(last, rest)| Some((ident(last)?, rest))) else {
        return expression(before, Some(Element::OfTuple(element)));
    };
    let path = path_start(before);
    let of_type = before[path..].iter().filter_map(ident).rev().nth(1).is_some_and(|name| is_capital(&name));
    match name.as_str() {
        "Some" | "Ok" => expression(&before[..path], one),
        _ if rest.last().is_some_and(|token| is_punct(token, '.')) => Says::Nothing,
        "Self" => Says::Nothing,
        _ if is_capital(&name) => Says::Name(format!("{name}.{element}")),
        _ if of_type => expression(&before[..path], one),
        _ => Says::Nothing,
    }
}

/// Where the path begins that ends with the last token, an identifier.
fn path_start(tokens: &[TokenTree]) -> usize {
    let mut at = tokens.len().saturating_sub(1);
    while at >= 3 && is_punct(&tokens[at - 1], ':') && is_joint(&tokens[at - 2]) && ident(&tokens[at - 3]).is_some() {
        at -= 3;
    }
    at
}

/// What stands before an expression; `element` of it is the object, if it is a tuple or an array.
fn expression(before: &[TokenTree], element: Option<Element>) -> Says {
    let borrowed = |token: &TokenTree| is_punct(token, '&') || is_word(token, "mut");
    let end = before.iter().rposition(|token| !borrowed(token)).map_or(0, |at| at + 1);
    let before = &before[..end];
    let Some((last, rest)) = before.split_last() else { return Says::Outer(0, element) };
    let joined = rest.last().is_some_and(is_joint);
    if is_punct(last, ',') {
        return Says::Outer(before.iter().filter(|token| is_punct(token, ',')).count(), element);
    }
    if is_punct(last, '=') && !joined && !is_joint(last) {
        return initialised(rest, element).map_or(Says::Nothing, Says::Name);
    }
    if is_punct(last, ':') && !joined && element.is_none() {
        let lifetime = rest.iter().rev().nth(1).is_some_and(|token| is_punct(token, '\''));
        let field = rest.last().and_then(ident).filter(|_| !lifetime);
        return field.map_or(Says::Nothing, Says::Name);
    }
    Says::Nothing
}

/// The name to the left of `=`, where that is of one thing.
pub(super) fn initialised_by(left: &[TokenTree]) -> Option<String> {
    initialised(left, None)
}

/// The name to the left of `=`.
fn initialised(left: &[TokenTree], element: Option<Element>) -> Option<String> {
    let start = left.iter().rposition(|token| is_punct(token, ';')).map_or(0, |at| at + 1);
    let statement = &left[start..];
    let declares = |at: &usize| {
        let is_pointer = *at > 0 && is_punct(&statement[at - 1], '*');
        ["let", "static", "const"].iter().any(|word| is_word(&statement[*at], word)) && !is_pointer
    };
    let Some(start) = (0..statement.len()).rev().find(declares) else {
        // `self.count = …`
        return left.last().and_then(ident).filter(|_| element.is_none());
    };
    let declared: Vec<&TokenTree> =
        statement[start + 1..].iter().filter(|token| !is_word(token, "mut") && !is_word(token, "ref")).collect();
    let (&first, rest) = declared.split_first()?;
    // Another `=` would begin another statement.
    let is_plain =
        rest.first().is_none_or(|token| is_punct(token, ':')) && !rest.iter().any(|token| is_punct(token, '='));
    let pattern = group(first, Delimiter::Parenthesis).or_else(|| group(first, Delimiter::Bracket));
    match (pattern, element) {
        _ if !is_plain => None,
        (None, None) => ident(first),
        (None, Some(element)) => ident(first).map(|name| element.of(&name)),
        (Some(names), Some(element)) => {
            let one = names.split(|token| is_punct(token, ',')).nth(element.number())?;
            if let [one] = one { ident(one) } else { None }
        }
        // What makes several things at once, as the two ends of a channel.
        (Some(names), None) => {
            let names: Option<Vec<String>> = names.iter().filter(|token| !is_punct(token, ',')).map(ident).collect();
            names.map(|names| format!("({})", names.join(", ")))
        }
    }
}

/// The only field of the type that derives its `Default` at the place.
fn derived(levels: &[Level]) -> Option<String> {
    let [.., item, derive, place] = levels else { return None };
    let derives = is_word(&place.tokens[place.at], "Default")
        && derive.before().last().is_some_and(|token| is_word(token, "derive"))
        && item.before().last().is_some_and(|token| is_punct(token, '#'));
    let rest = item.after();
    let at = rest.iter().position(|token| is_word(token, "struct")).filter(|_| derives)?;
    let name = ident(rest.get(at + 1)?)?;
    let body = rest[at + 2..].iter().find(|token| matches!(token, TokenTree::Group(_)))?;
    let fields = group(body, Delimiter::Parenthesis).or_else(|| group(body, Delimiter::Brace))?;
    let commas = fields.iter().filter(|token| is_punct(token, ',')).count();
    let is_only = commas == usize::from(fields.last().is_some_and(|token| is_punct(token, ',')));
    if !is_only {
        return None;
    }
    if group(body, Delimiter::Parenthesis).is_some() {
        return Some(format!("{name}.0"));
    }
    let colon = fields.iter().position(|token| is_punct(token, ':'))?;
    ident(fields.get(colon.checked_sub(1)?)?)
}
