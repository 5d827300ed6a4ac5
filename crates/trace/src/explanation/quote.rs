//! Source lines as a compiler quotes them, with what happened there.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use bohrbug_sorted::SortedMap;

use super::Explanation;
use crate::portable_site;
use crate::sources::parts;
use crate::timeline::{Labels, one_line};

/// Something that happened at a place.
struct Mark {
    span: Range<usize>,
    label: String,
    is_failure: bool,
}

impl Explanation {
    /// The lines of the necessary orders and of the failure, numbered; a place whose file is not there is only named.
    pub(super) fn quotes(&self, labels: &Labels<'_>) -> String {
        let mut files: SortedMap<String, Vec<Mark>> = SortedMap::new();
        let mut order: Vec<String> = Vec::new();
        let mut missing = String::new();
        for (site, label, is_failure) in self.places(labels) {
            match self.span(&site) {
                Some((file, span)) => {
                    if !order.contains(&file) {
                        order.push(file.clone());
                    }
                    files.entry(file).or_default().push(Mark { span, label, is_failure });
                }
                None => missing += &format!("  --> {}: {label}\n", one_line(&site)),
            }
        }
        let texts: SortedMap<&String, String> =
            files.keys().map(|file| (file, self.sources.file(file).unwrap_or_default().join("\n"))).collect();
        let snippets = order.iter().map(|file| {
            let marks = files[file].iter().map(|mark| {
                let kind = if mark.is_failure { AnnotationKind::Primary } else { AnnotationKind::Context };
                kind.span(mark.span.clone()).label(mark.label.as_str())
            });
            Snippet::source(texts[file].as_str()).path(file.as_str()).annotations(marks)
        });
        let headline = self.headline();
        let group = Level::ERROR.primary_title(headline.as_str()).elements(snippets);
        let quoted = Renderer::plain().render(&[group]);
        let plain: Vec<&str> = quoted.lines().map(str::trim_end).collect();
        plain.join("\n") + "\n" + &missing
    }

    /// Every place that is quoted: the failure first, then the numbered steps.
    fn places(&self, labels: &Labels<'_>) -> Vec<(String, String, bool)> {
        let failure = self.called.header.failure.as_ref().and_then(|failure| Some((failure, failure.site.as_ref()?)));
        let failed = failure.map(|(failure, site)| (portable_site(site), format!("{} here", failure.kind), true));
        let numbered = self.numbers.iter().map(|(&step, number)| {
            let event = &self.called.events[step];
            let label = format!("({number}) {} {}", one_line(&event.task), labels.action(event));
            (portable_site(&event.site), label, false)
        });
        failed.into_iter().chain(numbered).collect()
    }

    /// Where a site is in its file: the word that begins there, in bytes.
    fn span(&self, site: &str) -> Option<(String, Range<usize>)> {
        let (file, line, column) = parts(site)?;
        let lines = self.sources.file(file)?;
        let text = lines.get(line.checked_sub(1)?)?;
        let before: usize = lines[..line - 1].iter().map(|line| line.len() + 1).sum();
        // The compiler counts a column's characters.
        let start = text.char_indices().map(|(at, _)| at).nth(column.checked_sub(1)?)?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = text[start..].find(|c: char| !is_word(c)).unwrap_or(text.len() - start);
        let length = length.max(text[start..].chars().next().map_or(0, char::len_utf8));
        Some((file.to_owned(), before + start..before + start + length))
    }
}
