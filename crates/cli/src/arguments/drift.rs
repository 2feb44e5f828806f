//! What can be typed about performance without labels.

use std::path::PathBuf;

use clap::Args;

/// Two files with the scores of a classifier, the first with labels.
#[derive(Debug, Args)]
#[command(after_help = CBPE_HELP)]
pub(crate) struct CbpeArguments {
    /// File of the reference: scores and labels that the classifier was not trained on
    pub(crate) reference: PathBuf,
    /// File of now: scores, and labels where they are known already
    pub(crate) current: PathBuf,
    /// Column of the scores, 0-1
    #[arg(long, value_name = "COLUMN")]
    pub(crate) predicted: String,
    /// Column of the labels: 1 for an event, 0 for none
    #[arg(long, value_name = "COLUMN")]
    pub(crate) observed: String,
    /// Measures, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
    pub(crate) metric: Vec<String>,
    /// An event is forecast from this score on
    #[arg(long, default_value_t = 0.5)]
    pub(crate) threshold: f64,
    /// Rows of a chunk of the reference: the spread of its chunks gives the limits of alerts
    #[arg(long, default_value_t = 500)]
    pub(crate) chunk: usize,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const CBPE_HELP: &str = "\
Measures: accuracy, precision, recall, specificity, f1, roc-auc, average-precision. Estimates are right while a score
stands for the same chance of an event as in the reference. That is checked by the rows of CURRENT that have a label;
where it is broken the estimates are printed and the exit code is 1.";
