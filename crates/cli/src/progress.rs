//! Progress: a bar on a terminal, plain lines elsewhere, lines of JSON for whoever collects logs.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use forewarn_pipeline::{Event, Observer};
use indicatif::{ProgressBar, ProgressStyle};

/// Shows a run on standard error.
pub(crate) struct Display {
    bar: Option<Mutex<ProgressBar>>,
}

/// From now on what happens is told as lines of JSON, with a time, a level and fields, to standard error.
pub(crate) fn as_json() {
    // Who embeds this may have set another subscriber, which is told all the same.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Tells an event to the subscriber of the process.
fn log(event: &Event<'_>) {
    match event {
        Event::Started { step } => tracing::info!(step, "started"),
        Event::Finished { step, cached, seconds } => tracing::info!(step, cached, seconds, "finished"),
        Event::Failed { step, reason } => tracing::error!(step, reason, "failed"),
        Event::Warned { text } => tracing::warn!("{text}"),
        _ => {}
    }
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
        if tracing::dispatcher::has_been_set() {
            return log(event);
        }
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
