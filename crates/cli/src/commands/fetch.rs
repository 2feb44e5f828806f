//! `forewarn fetch ucdp`.

use forewarn_data::download::Progress;
use forewarn_pipeline::{Event, Observer as _, Resolved, download};

use crate::Failure;
use crate::arguments::{FetchArguments, FetchSource};
use crate::progress::Display;

/// Fetches a release of UCDP GED.
pub(crate) fn fetch(arguments: &FetchArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let FetchSource::Ucdp = arguments.source;
    let run = match &arguments.config {
        Some(file) => Resolved::load(file, environment, &arguments.set)?,
        None => Resolved::without_file(environment, &arguments.set)?,
    };
    let mut settings = run.config.download.clone().unwrap_or_default();
    if let Some(version) = &arguments.data_version {
        settings.ucdp.version.clone_from(version);
    }
    if let Some(folder) = &arguments.into {
        // An option is relative to where it is typed, a setting to its file.
        settings.into = std::path::absolute(folder).map_err(|e| Failure::new(1, e.to_string()))?;
    }
    let display = Display::new();
    display.notice(&Event::Started { step: "fetch ucdp" });
    let fetched = download(&run, &settings, &mut |news| tell(&display, &news))?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&fetched).map_err(|e| Failure::new(1, e.to_string()))?;
        return Ok(text + "\n");
    }
    let how = if fetched.unchanged { "unchanged" } else { "fetched" };
    Ok(format!("{how} {} ({} bytes, sha256 {})\n", fetched.path.display(), fetched.bytes, fetched.sha256))
}

fn tell(display: &Display, news: &Progress) {
    match news {
        Progress::Bytes { done, total } => {
            display.notice(&Event::Advanced { done: *done, total: total.unwrap_or(*done) });
        }
        Progress::Pages { done, total } => display.notice(&Event::Advanced { done: *done, total: *total }),
        Progress::Retry { attempt, attempts, wait, reason } => {
            let wait = wait.as_secs_f64();
            let text = format!("try {attempt} of {attempts} failed, the next in {wait:.0} s: {reason}");
            display.notice(&Event::Warned { text: &text });
        }
    }
}
