//! The piece of a page.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Atlas;
use crate::text::escape;

/// What a page needs once, in `<style>`.
pub const STYLE: &str = include_str!("atlas.css");
/// What a page needs once, in `<script>` after its atlases.
pub const SCRIPT: &str = include_str!("atlas.js");

/// Finished HTML: what came from outside is escaped in it. It may be kept and read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment(String);

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const CONTROLS: &str = r#"<div class="atlas-controls">
<label>Show <select class="atlas-layer"></select></label>
<label class="atlas-time">Period <input class="atlas-step" type="range" min="1" value="1" step="1"><output class="atlas-period"></output></label>
<button type="button" class="atlas-play">Play</button>
<label>Find <input class="atlas-find" type="search" placeholder="country or id" autocomplete="off"></label>
<span class="atlas-zoom" role="group" aria-label="Zoom"><button type="button" data-zoom="in" aria-label="Zoom in">+</button><button type="button" data-zoom="out" aria-label="Zoom out">−</button><button type="button" data-zoom="whole">Whole map</button></span>
</div>
<div class="atlas-body">
<figure class="atlas-figure">
<figcaption><strong class="atlas-title"></strong> <span class="atlas-subtitle"></span></figcaption>
<div class="atlas-frame"><canvas class="atlas-map" tabindex="0" role="application" aria-roledescription="map"></canvas><div class="atlas-tip" hidden></div></div>
<div class="atlas-legend"></div>
</figure>
<aside class="atlas-place" aria-live="polite"><p class="atlas-hint">Point at the map, or go over it with the arrow keys, to read its values. Click or press Enter to keep a place here.</p></aside>
</div>
<noscript><p>The map you can walk through needs scripts. The pictures and tables of this page do not.</p></noscript>
"#;

/// Markup, and the record that the script reads.
pub(super) fn fragment(atlas: &Atlas<'_>, record: &Value) -> Fragment {
    // Nothing in JSON but a string can hold these; in it they are the same escaped. So no text ends the element.
    let record = record.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let title = escape(atlas.title);
    let mut html = format!("<div class=\"atlas\" role=\"group\" aria-label=\"{title}\">\n{CONTROLS}");
    html.push_str("<script type=\"application/json\" class=\"atlas-record\">");
    html.push_str(&record);
    html.push_str("</script>\n</div>\n");
    Fragment(html)
}
