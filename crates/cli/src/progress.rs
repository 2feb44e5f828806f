//! Progress: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use forewarn_pipeline::{Event, Observer};
use indicatif::{ProgressBar, ProgressStyle};

/// Shows a run on standard error.
pub(crate) struct Display {
    bar: Option<Mutex<ProgressBar>>,
}

impl Display {
    /// A bar when standard error is a terminal, else lines.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| Mutex::new(ProgressBar::hidden()));
        Self { bar }
    }

    fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            lock(bar).suspend(|| line(text));
        } else {
            line(text);
        }
    }
}

impl Observer for Display {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Started { step } => {
                if let Some(bar) = &self.bar {
                    *lock(bar) = spinner(step);
                }
            }
            Event::Advanced { done, total } => {
                if let Some(bar) = &self.bar {
                    let bar = lock(bar);
                    bar.set_length(*total);
                    bar.set_position(*done);
                }
            }
            Event::Finished { step, cached, seconds } => {
                if let Some(bar) = &self.bar {
                    lock(bar).finish_and_clear();
                }
                let how = if *cached { "already there".to_owned() } else { format!("{seconds:.1} s") };
                self.say(&format!("{step:<40} {how}"));
            }
            Event::Warned { text } => self.say(&format!("warning: {text}")),
            _ => {}
        }
    }
}

fn spinner(step: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(step.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg:<40} {bar:24} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn line(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn lock(bar: &Mutex<ProgressBar>) -> std::sync::MutexGuard<'_, ProgressBar> {
    bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
