//! What can be typed about maps.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RunArguments;

/// What is drawn; without `--out` the maps of the run.
#[derive(Debug, Args)]
#[command(after_help = MAP_HELP)]
pub(crate) struct MapArguments {
    /// Folder of the files
    #[arg(short, long)]
    pub(crate) out: Option<PathBuf>,
    /// Model or ensemble [default: the one that is issued]
    #[arg(long, requires = "out")]
    pub(crate) model: Option<String>,
    /// Last known period, such as `2020-12` [default: the last observed one]
    #[arg(long, requires = "out")]
    pub(crate) origin: Option<String>,
    /// Layers, separated by commas, with settings as `quantile:level=0.5,top=10`, or `all` (`forewarn list map`)
    #[arg(long, value_delimiter = ',', default_value = "expected-value", requires = "out")]
    pub(crate) layer: Vec<String>,
    /// Steps, separated by commas, or `all` [default: those of the configuration]
    #[arg(long, value_delimiter = ',', requires = "out")]
    pub(crate) step: Vec<String>,
    /// Kinds of files, one for each layer and step
    #[arg(long, value_delimiter = ',', default_value = "png", requires = "out")]
    pub(crate) format: Vec<MapFormat>,
    /// Also draws all steps of a layer side by side
    #[arg(long, requires = "out")]
    pub(crate) multiples: bool,
    /// Also draws all steps of a layer one after the other, at most 1000 pixels wide
    #[arg(long, requires = "out")]
    pub(crate) animate: bool,
    /// How the globe becomes flat [default: that of the configuration]
    #[arg(long, requires = "out")]
    pub(crate) projection: Option<MapProjection>,
    /// Width in pixels, 400 to 8192 [default: that of the configuration]
    #[arg(long, requires = "out")]
    pub(crate) width: Option<u32>,
    /// Model that `skill` compares with [default: the best baseline of the run]
    #[arg(long, requires = "out")]
    pub(crate) against: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// Kind of file.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MapFormat {
    /// Pixels
    Png,
    /// Paths and text, sharp at every size
    Svg,
    /// Values with their places, for other programs
    Geojson,
}

/// How the globe becomes flat.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MapProjection {
    /// Equal degrees
    PlateCarree,
    /// Equal areas
    EqualArea,
}

const MAP_HELP: &str = "\
Without --out: does the run as far as its own maps. With it: reads a forecast from the archive and draws it, all steps of a
layer on one scale. Layers that need more than the forecast look it up: the truth, the forecast before, scores of past
forecasts. One that lacks what it needs is refused; with `all` it is left out, and that is told. More: docs/maps.md.
Exit codes: 0 fine, 1 a layer lacks what it needs, 2 usage.";
