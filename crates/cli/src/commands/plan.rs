//! `forewarn plan`: the tasks of a run, for people and for orchestrators.

use std::fmt::Write as _;

use forewarn_pipeline::{Plan, Resolved, plan as make};
use serde_json::json;

use crate::Failure;
use crate::arguments::{PlanArguments, RunArguments};

/// Version of the JSON.
const SCHEMA: u32 = 1;

/// Prints the plan.
pub(crate) fn plan(arguments: &PlanArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let run = &arguments.run;
    let resolved = Resolved::load(&run.config, environment, &run.set)?;
    let plan = make(&resolved)?;
    if run.json { as_json(&plan, run, &resolved.config.name) } else { Ok(words(&plan)) }
}

fn words(plan: &Plan) -> String {
    let width = plan.tasks.iter().map(|task| task.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for task in &plan.tasks {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<width$}  {}", task.id, task.needs.join(", "));
    }
    out
}

fn as_json(plan: &Plan, run: &RunArguments, name: &str) -> Result<String, Failure> {
    let config = std::path::absolute(&run.config).map_err(|e| Failure::new(1, e.to_string()))?;
    let tasks = plan.tasks.iter().map(|task| {
        let mut command = vec!["run".to_owned(), "--config".to_owned(), config.display().to_string()];
        command.extend(run.set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]));
        command.extend(["--json".to_owned(), "--task".to_owned(), task.id.clone()]);
        let mut value = json!(task);
        value["command"] = json!(command);
        value
    });
    let all = json!({ "schema": SCHEMA, "name": name, "tasks": tasks.collect::<Vec<_>>() });
    let text = serde_json::to_string_pretty(&all).map_err(|e| Failure::new(1, e.to_string()))?;
    Ok(text + "\n")
}
