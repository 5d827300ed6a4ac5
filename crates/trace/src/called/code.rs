//! A source file as tokens, and what stands around one place in it.
//!
//! What it cannot do: look into a macro's expansion. A place in one is that of its call.

use proc_macro2::{Delimiter, LineColumn, Spacing, TokenStream, TokenTree};

/// A source file.
pub(super) struct Code(TokenStream);

/// Tokens that stand beside each other, and which of them is the place, or has it inside.
pub(super) struct Level {
    pub(super) tokens: Vec<TokenTree>,
    pub(super) at: usize,
}

impl Level {
    pub(super) fn before(&self) -> &[TokenTree] {
        &self.tokens[..self.at]
    }

    pub(super) fn after(&self) -> &[TokenTree] {
        &self.tokens[self.at + 1..]
    }
}

impl Code {
    /// The file, if its brackets and quotes match.
    pub(super) fn of(lines: &[String]) -> Option<Self> {
        lines.join("\n").parse().ok().map(Self)
    }

    /// The levels down to the token that begins at that line and column, both from 1; the outermost first.
    pub(super) fn levels(&self, line: usize, column: usize) -> Option<Vec<Level>> {
        let place = LineColumn { line, column: column.checked_sub(1)? };
        let mut levels = Vec::new();
        let mut next = Some(self.0.clone());
        // Brackets may be nested deeper than a stack is.
        while let Some(stream) = next {
            let tokens: Vec<TokenTree> = stream.into_iter().collect();
            let at = tokens.iter().position(|token| has(token, place))?;
            next = match &tokens[at] {
                TokenTree::Group(group) if group.span().start() != place => Some(group.stream()),
                _ => None,
            };
            levels.push(Level { tokens, at });
        }
        Some(levels)
    }
}

/// Whether the token begins there, or has the place inside.
fn has(token: &TokenTree, place: LineColumn) -> bool {
    let span = token.span();
    span.start() == place || matches!(token, TokenTree::Group(_)) && span.start() < place && place < span.end()
}

/// The identifier, as it is written but for `r#`.
pub(super) fn ident(token: &TokenTree) -> Option<String> {
    let TokenTree::Ident(ident) = token else { return None };
    let text = ident.to_string();
    Some(text.strip_prefix("r#").map_or_else(|| text.clone(), str::to_owned))
}

pub(super) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

pub(super) fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// Whether the sign is the first part of one with several.
pub(super) fn is_joint(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint)
}

pub(super) fn group(token: &TokenTree, delimiter: Delimiter) -> Option<Vec<TokenTree>> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

/// Whether it begins with a capital, as types and variants do.
pub(super) fn is_capital(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
