//! The page of a failure in a real browser: it draws, it steps with the arrow keys, and names of tasks and objects stay
//! text whatever is in them.
//!
//! Chromium is installed where it is missing and this is a machine to install on (Debian, as root). Where it cannot be had
//! the test says so and looks at nothing; with `CI` set it fails instead.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use bohrbug::trace::{Before, Explanation, Header, Operation, Runtime, Sources, Trace, TraceEvent, keys};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How often it is tried to install one: somebody else may be installing something, and then apt does not wait.
const ATTEMPTS: u32 = 3;

/// The browser, installed if need be.
#[expect(clippy::disallowed_methods, reason = "apt does not tell when it is free again")]
fn browser() -> Option<PathBuf> {
    let found = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all: Vec<PathBuf> = std::env::split_paths(&path).collect();
        BROWSERS.iter().flat_map(|name| all.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
    };
    found().or_else(|| {
        (0..ATTEMPTS).find_map(|attempt| {
            if attempt > 0 {
                std::thread::sleep(Duration::from_secs(20));
            }
            for arguments in [&["update"][..], &["install", "-y", "--no-install-recommends", "chromium"]] {
                let _ = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").output();
            }
            found()
        })
    })
}

/// The page as the browser has it when its script has run, and then `script`; none without a browser.
fn shown(page: &str, script: &str) -> Option<String> {
    let Some(browser) = browser() else {
        assert!(std::env::var_os("CI").is_none(), "there is no Chromium, and it cannot be installed");
        eprintln!("SKIPPED: there is no Chromium here and it cannot be installed, so the page was not looked at");
        return None;
    };
    let folder = tempfile::tempdir().expect("a directory for the test");
    let file = folder.path().join("page.html");
    let page = page.replace("</body>", &format!("<script>{script}</script></body>"));
    std::fs::write(&file, page).expect("the test's own file");
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", &profile, "--dump-dom"]);
    let output = command.arg(format!("file://{}", file.display())).output().expect("the browser can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("</html>"), "{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

const HOSTILE: [&str; 4] = [
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "'\"><svg onload=document.title='taken'>",
    "<!--<script> {{data}} {{title}} \\u003cb> & \u{2028}",
];

/// Two tasks that touch objects of those names, each in an order that is necessary.
fn hostile() -> Explanation {
    let mut trace = Trace::new(Header::new(HOSTILE[0], Runtime::Native, "random"));
    trace.header.failure =
        Some(bohrbug::trace::FailureRecord::new(bohrbug::FailureKind::Panic, HOSTILE.join("\n"), "0"));
    for name in HOSTILE {
        for (task, operation) in [("main", Operation::Store), ("main/<b>other</b>", Operation::Load)] {
            trace.events.push(TraceEvent::new(task, operation, "a.rs:1:4").on(name).with_value(1));
        }
    }
    let keys = keys(&trace.events);
    trace.header.essence =
        keys.chunks(2).map(|pair| Before { first: pair[0].clone(), then: pair[1].clone() }).collect();
    Explanation::new(trace, Sources::default().with("a.rs", "fn </script>() { <img src=x onerror=alert(1)> }"))
}

#[test]
fn nothing_of_a_page_leaves_its_place_before_a_browser_sees_it() {
    let page = hostile().html();
    for name in HOSTILE {
        assert!(!page.contains(name), "{name}");
    }
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(page.matches("</script>").count(), 2);
    for elsewhere in ["src=\"", "href=", "@import", "url(h", "url(/", "fetch(", "XMLHttpRequest", "eval("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn hostile_names_stay_text_in_a_browser() {
    let Some(dom) = shown(&hostile().html(), "") else { return };
    assert!(dom.contains("<title>&lt;/script&gt;&lt;script&gt;"), "{dom}");
    assert!(!dom.contains("<title>taken"), "{dom}");
    assert!(!dom.contains("<img"), "{dom}");
    assert!(!dom.contains("<b>other"), "{dom}");
    assert_eq!(dom.matches("class=\"chip\"").count(), 2 * HOSTILE.len(), "{dom}");
    assert_eq!(dom.matches("class=\"order\"").count(), HOSTILE.len(), "{dom}");
}

#[test]
fn the_arrow_keys_step_along_the_schedule_and_along_a_task() {
    let press = "const press = key => document.dispatchEvent(new KeyboardEvent('keydown', { key }));
        const seen = [];
        const look = () => seen.push(document.querySelector('.now').dataset.step);
        look();
        for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft']) { press(key); look(); }
        document.body.dataset.seen = seen.join(' ');";
    let Some(dom) = shown(&hostile().html(), press) else { return };
    assert!(dom.contains("data-seen=\"0 1 2 4 3 1\""), "{dom}");
}

#[test]
fn on_a_phone_the_drawing_is_above_the_fold() {
    // Headless Chromium has no window narrower than 500 pixels here, but a frame of any width.
    let measure = "const frame = document.createElement('iframe');
        frame.width = 390; frame.height = 844; frame.srcdoc = window.page;
        const below = f => { const d = f.contentDocument, top = id => d.getElementById(id).getBoundingClientRect().top;
          return [top('drawing') < 300, top('drawing') < top('why'), top('panel') > 844 / 2].join(' '); };
        frame.onload = () => { document.body.dataset.seen = below(frame); };
        document.body.append(frame);";
    let page = hostile().html();
    let quoted = serde_json::to_string(&page).expect("text").replace('<', "\\u003c");
    let outer = format!("<html><body><script>window.page = {quoted};</script></body></html>");
    let Some(dom) = shown(&outer, measure) else { return };
    assert!(dom.contains("data-seen=\"true true true\""), "{dom}");
}
