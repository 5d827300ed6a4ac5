//! Lines into columns that fit a width.

/// One line to draw: what happened in which column.
pub(super) struct Line {
    pub(super) step: String,
    pub(super) column: usize,
    /// What was done.
    pub(super) text: String,
    /// What came of it: the last thing to be cut off.
    pub(super) result: String,
    pub(super) site: String,
    /// Whether the task has come to its end with it.
    pub(super) ends: bool,
}

impl Line {
    fn length(&self) -> usize {
        self.text.chars().count() + self.result.chars().count()
    }

    /// What was done and what came of it, the former cut off first.
    fn fit(&self, width: usize) -> String {
        const SHORTEST: usize = 5;
        let result = self.result.chars().count();
        if self.length() <= width || width < result + SHORTEST {
            return fit(&format!("{}{}", self.text, self.result), width);
        }
        fit(&self.text, width - result) + &self.result
    }
}

/// What is between two columns.
const GAP: &str = "  ";

/// A column narrower than this shows too little of anything.
const NARROWEST: usize = 14;

/// Draws the lines with a column a task, or as a list where there is no room for that.
pub(super) fn draw(tasks: &[&str], lines: &[Line], width: usize) -> String {
    let site = longest(lines.iter().map(|line| line.site.as_str()), "site").min(width / 3);
    let step = longest(lines.iter().map(|line| line.step.as_str()), "step");
    let room = width.saturating_sub(step + site + GAP.len() * (tasks.len() + 1));
    if room < NARROWEST * tasks.len() {
        return draw_list(tasks, lines, [step, site], width);
    }
    let mut widths: Vec<usize> = tasks.iter().map(|task| task.chars().count()).collect();
    for line in lines {
        widths[line.column] = widths[line.column].max(line.length());
    }
    narrow(&mut widths, room);
    let mut text = row("step", tasks.iter().copied().zip(widths.iter().copied()), "site", [step, site]);
    let mut life = vec![false; tasks.len()];
    for line in lines {
        let event = line.fit(widths[line.column]);
        let cells = life.iter().enumerate().map(|(column, alive)| match (column == line.column, *alive) {
            (true, _) => event.as_str(),
            (false, true) => "│",
            (false, false) => "",
        });
        text += &row(&line.step, cells.zip(widths.iter().copied()), &line.site, [step, site]);
        life[line.column] = !line.ends;
    }
    text
}

fn draw_list(tasks: &[&str], lines: &[Line], ends: [usize; 2], width: usize) -> String {
    let task = longest(tasks.iter().copied(), "task");
    let action = lines.iter().map(Line::length).max().unwrap_or_default().max("what it did".len());
    let mut widths = [task, action];
    narrow(&mut widths, width.saturating_sub(ends[0] + ends[1] + 3 * GAP.len()));
    let mut text = row("step", ["task", "what it did"].into_iter().zip(widths), "site", ends);
    for line in lines {
        let event = line.fit(widths[1]);
        text += &row(&line.step, [tasks[line.column], &event].into_iter().zip(widths), &line.site, ends);
    }
    text
}

/// Takes width away from the widest columns until all of them fit the room.
fn narrow(widths: &mut [usize], room: usize) {
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    while excess > 0 {
        let widest = widths.iter().copied().max().unwrap_or_default();
        if widest <= 1 {
            return;
        }
        // Down to the next widest, so that a long name costs a few rounds and not one for each character.
        let next = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0).max(1);
        let many = widths.iter().filter(|width| **width == widest).count();
        let less = (widest - next).min(excess.div_ceil(many));
        for width in widths.iter_mut().filter(|width| **width == widest) {
            *width -= less.min(excess);
            excess -= less.min(excess);
        }
    }
}

fn row<'a>(step: &str, cells: impl Iterator<Item = (&'a str, usize)>, site: &str, ends: [usize; 2]) -> String {
    let mut text = format!("{step:>width$}", width = ends[0]);
    for (cell, width) in cells {
        text += GAP;
        text += &format!("{:width$}", fit(cell, width));
    }
    text += GAP;
    text += &fit_end(site, ends[1]);
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn longest<'a>(texts: impl Iterator<Item = &'a str>, heading: &'a str) -> usize {
    texts.chain([heading]).map(|text| text.chars().count()).max().unwrap_or_default()
}

/// The beginning of a text.
fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The end of a text: of a site, the line matters more than the directory.
fn fit_end(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    ['…'].into_iter().chain(text.chars().skip(length + 1 - width.max(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(widths: &[usize], room: usize, expected: &[usize]) {
        let mut narrowed = widths.to_vec();
        narrow(&mut narrowed, room);
        assert_eq!(narrowed, expected);
    }

    #[test]
    fn the_widest_columns_give_way_first() {
        check(&[10, 20, 30], 100, &[10, 20, 30]);
        check(&[10, 20, 30], 50, &[10, 20, 20]);
        check(&[10, 20, 30], 45, &[10, 17, 18]);
        check(&[10, 10], 0, &[1, 1]);
        check(&[], 0, &[]);
    }

    #[test]
    fn a_text_is_cut_where_it_matters_least() {
        assert_eq!(fit("lock server", 6), "lock …");
        assert_eq!(fit_end("src/server.rs:10:5", 10), "…r.rs:10:5");
        assert_eq!(fit_end("abc", 0), "…");
        let cell = |width| {
            let (text, result) = ("try-lock server".to_owned(), ": would-block".to_owned());
            Line { step: String::new(), column: 0, text, result, site: String::new(), ends: false }.fit(width)
        };
        assert_eq!(cell(28), "try-lock server: would-block");
        assert_eq!(cell(24), "try-lock s…: would-block");
        assert_eq!(cell(14), "try-lock serv…");
    }
}
