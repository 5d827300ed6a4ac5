//! The attribute `test` of the stand-in's preludes.
//!
//! A test stays a test of std's harness, with the attributes that it has; its body becomes a function inside it, which the
//! explorer runs as often as it likes. Written over plain tokens: it has to be compiled before anything else can be.

use proc_macro::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};

/// `#[test]`, explored. What is no function that std's attribute would take is handed to that one, for its error.
#[proc_macro_attribute]
pub fn test(_: TokenStream, item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let mut out: TokenStream = parse("#[::std::__bohrbug::libtest]");
    out.extend(Function::read(&tokens).map_or_else(|| tokens.iter().cloned().collect(), Function::explored));
    out
}

/// A function that can be a test.
struct Function<'a> {
    attributes: &'a [TokenTree],
    name: &'a Ident,
    /// From `fn` to the end.
    definition: &'a [TokenTree],
}

impl<'a> Function<'a> {
    fn read(tokens: &'a [TokenTree]) -> Option<Self> {
        let attributes = attributes(tokens);
        let start = attributes + visibility(&tokens[attributes..]);
        let definition = &tokens[start..];
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Group(arguments), ..] = definition else {
            return None;
        };
        let is_test = keyword.to_string() == "fn" && arguments.stream().is_empty();
        is_test.then_some(Self { attributes: &tokens[..attributes], name, definition })
    }

    fn explored(self) -> TokenStream {
        let name = Literal::string(self.name.to_string().trim_start_matches("r#"));
        let should_panic = self.attributes.iter().any(is_should_panic);
        let call = format!(
            "::std::__bohrbug::run(::std::concat!(::std::module_path!(), \"::\", {name}), {should_panic}, {});",
            self.name
        );
        let mut body: TokenStream = self.definition.iter().cloned().collect();
        // The place of the call is the test's in traces.
        body.extend(parse(&call).into_iter().map(|token| at(token, self.name.span())));
        let mut out: TokenStream = self.attributes.iter().cloned().collect();
        out.extend([TokenTree::Ident(Ident::new("fn", Span::call_site())), TokenTree::Ident(self.name.clone())]);
        out.extend([(Delimiter::Parenthesis, TokenStream::new()), (Delimiter::Brace, body)].map(group));
        out
    }
}

/// How many tokens the attributes in front are.
fn attributes(tokens: &[TokenTree]) -> usize {
    let pairs = tokens.chunks_exact(2);
    2 * pairs
        .take_while(|pair| matches!(pair, [TokenTree::Punct(hash), TokenTree::Group(_)] if hash.as_char() == '#'))
        .count()
}

/// How many tokens the visibility in front is.
fn visibility(tokens: &[TokenTree]) -> usize {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Group(group), ..]
            if word.to_string() == "pub" && group.delimiter() == Delimiter::Parenthesis =>
        {
            2
        }
        [TokenTree::Ident(word), ..] if word.to_string() == "pub" => 1,
        _ => 0,
    }
}

/// Whether this is the inside of the attribute `should_panic`.
fn is_should_panic(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word.to_string() == "should_panic")
}

fn group((delimiter, inside): (Delimiter, TokenStream)) -> TokenTree {
    TokenTree::Group(Group::new(delimiter, inside))
}

/// The token, as if it stood there.
fn at(mut token: TokenTree, span: Span) -> TokenTree {
    if let TokenTree::Group(group) = &token {
        let inside = group.stream().into_iter().map(|token| at(token, span)).collect();
        token = TokenTree::Group(Group::new(group.delimiter(), inside));
    }
    token.set_span(span);
    token
}

fn parse(code: &str) -> TokenStream {
    code.parse().unwrap_or_else(|error| unreachable!("our own code is not Rust: {error}"))
}
