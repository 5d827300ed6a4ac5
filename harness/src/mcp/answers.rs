//! Answers in pages, so that a client reads as much of a long one as it needs.

use std::collections::VecDeque;

/// How long a page is at the most, in bytes.
const PAGE: usize = 16 << 10;

/// So many long answers are kept; older ones have to be asked for again.
const KEPT: usize = 16;

/// The long answers whose pages may still be asked for.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// The number of the first one that is kept.
    first: usize,
    kept: VecDeque<String>,
}

impl Answers {
    /// The beginning of an answer, and where it goes on if that is not all.
    pub(super) fn first_page(&mut self, answer: String) -> String {
        if answer.len() <= PAGE {
            return answer;
        }
        self.kept.push_back(answer);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
            self.first += 1;
        }
        self.part(self.first + self.kept.len() - 1, 0).unwrap_or_default()
    }

    /// Another page.
    ///
    /// # Errors
    ///
    /// The cursor is none, or its answer is no longer kept.
    pub(super) fn page(&self, cursor: &str) -> Result<String, String> {
        let numbers =
            cursor.split_once(':').and_then(|(answer, from)| Some((answer.parse().ok()?, from.parse().ok()?)));
        let part = numbers.and_then(|(answer, from)| self.part(answer, from));
        part.ok_or_else(|| {
            format!("`{cursor}` is no cursor, or its answer is no longer kept; ask for the answer again")
        })
    }

    fn part(&self, number: usize, from: usize) -> Option<String> {
        let answer = self.kept.get(number.checked_sub(self.first)?)?;
        let rest = answer.get(from..).filter(|rest| !rest.is_empty())?;
        let end = (0..=PAGE.min(rest.len())).rev().find(|&end| rest.is_char_boundary(end))?;
        let (next, all) = (from + end, answer.len());
        let more =
            if next < all { format!("\n({next} of {all} bytes; next cursor: {number}:{next})") } else { String::new() };
        Some(format!("{}{more}", &rest[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(page: &str) -> Option<(&str, &str)> {
        let (text, more) = page.rsplit_once("\n(")?;
        Some((text, more.strip_suffix(')')?.rsplit_once("next cursor: ")?.1))
    }

    #[test]
    fn the_pages_of_an_answer_are_the_answer() {
        let answer: String = (0..20_000).map(|number| if number % 3 == 0 { 'é' } else { 'a' }).collect();
        let mut answers = Answers::default();
        let mut page = answers.first_page(answer.clone());
        let mut read = String::new();
        while let Some((text, cursor)) = next(&page) {
            read += text;
            page = answers.page(cursor).unwrap();
        }
        assert_eq!(read + &page, answer);
    }

    #[test]
    fn a_short_answer_is_one_page_and_a_bad_cursor_is_refused() {
        let mut answers = Answers::default();
        assert_eq!(answers.first_page("short".to_owned()), "short");
        for cursor in ["", "0", "0:0", "a:b", "7:0", "0:99999999999999999999"] {
            assert!(answers.page(cursor).is_err(), "{cursor}");
        }
        let long = "x".repeat(PAGE + 1);
        for _ in 0..=KEPT {
            answers.first_page(long.clone());
        }
        assert!(answers.page("0:0").is_err() && answers.page("1:0").is_ok());
        assert!(answers.page(&format!("1:{}", long.len())).is_err());
    }
}
