//! `forewarn report --open`, with a browser that only notes what it is given.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use crate::project::{forewarn, project, said, write};

#[test]
fn the_page_that_is_asked_for_is_opened_with_the_browser_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    write(folder.path(), "browser", "#!/bin/sh\necho \"$@\" > opened.part\nmv opened.part opened\n");
    let browser = folder.path().join("browser");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let report = |browser: &Path| {
        let mut program = forewarn();
        program.current_dir(folder.path()).args(["report", "evaluation", "--open"]).env("BROWSER", browser);
        said(&program.output().unwrap())
    };
    let (code, text, err) = report(&browser);
    assert!(code == 0 && text.contains("evaluation.html"), "{code} {text} {err}");
    let opened = folder.path().join("opened");
    // Nobody waits for a browser.
    for _ in 0..200 {
        if opened.exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let page = fs::read_to_string(opened).unwrap();
    assert!(page.trim().ends_with("/evaluation.html"), "{page}");
    assert!(folder.path().join(page.trim()).is_file(), "{page}");

    let (code, text, err) = report(Path::new("/nowhere/browser"));
    assert!(code == 1 && text.contains("evaluation.html"), "the page is there all the same: {text}");
    assert!(err.contains("`/nowhere/browser` cannot be started") && err.contains("set BROWSER"), "{err}");
}
