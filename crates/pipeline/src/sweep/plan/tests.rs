use serde_json::json;

use super::*;

const CONFIG: &str =
    "models = [\"still_water\", \"long_memory\", \"tall_tower\"]\n[evaluation]\norigins = 9\n";
const MODEL: &str = "algorithm = \"conflictology\"\n[settings]\nwindow = 6\n";
const TOWER: &str = "algorithm = \"stepshift\"\n[settings.regressor]\nalgorithm = \"elastic-net\"\n";
const HEAD: &str = "name = \"a\"\nmodel = \"long_memory\"\nobjective = \"crps\"\n";
const SPACE: &str = "[space]\nwindow = { int = [3, 24] }\n";

fn plan(sweep: &str) -> Result<Plan> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("models")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("forewarn.toml", CONFIG);
    write("models/still_water.toml", "algorithm = \"zero\"\n");
    write("models/long_memory.toml", MODEL);
    write("models/tall_tower.toml", TOWER);
    write("sweep.toml", sweep);
    Plan::read(&folder.path().join("sweep.toml"), &[], &[])
}

fn said(sweep: &str) -> String {
    let e = plan(sweep).unwrap_err();
    assert_eq!(e.exit_code(), 2, "{e}");
    e.to_string()
}

#[test]
fn a_sweep_has_one_model_one_metric_and_its_own_evaluation() {
    let evaluation = "[evaluation]\norigins = 4\nsteps = 6\nranges.test = [\"2015-01\", \"2018-12\"]\n";
    let plan = plan(&format!("{HEAD}{SPACE}{evaluation}")).unwrap();
    let config = &plan.run.config;
    assert_eq!((&config.models[..], config.ensembles.len()), (&["long_memory".to_owned()][..], 0));
    assert_eq!((config.evaluation.origins, config.forecast.steps.0, config.evaluation.stride), (4, 6, 1));
    assert_eq!(config.partitions.calibration.as_ref().unwrap().test.0, "2015-01");
    assert_eq!((plan.search.method, plan.search.total(), plan.budget), (Method::Tpe, 20, None));
    let proposal = plan.search.propose(&[]).unwrap();
    let model = plan.model(&proposal).unwrap();
    assert_eq!(model.settings, json!({ "window": proposal.settings["window"] }));
    assert_eq!(model.model.needs().history as u64, proposal.settings["window"].as_u64().unwrap());
}

#[test]
fn what_the_model_does_not_have_is_found_first() {
    let e = said(&format!("{HEAD}[space]\nwindow = {{ int = [3, 24] }}\nwidow = {{ int = [3, 24] }}\n"));
    assert!(e.contains("sweep.toml:6:1") && e.contains("`widow` = 3") && e.contains("unknown field"), "{e}");
    let e = said(&format!("{HEAD}[space]\nwindow = {{ int = [0, 24] }}\n"));
    assert!(e.contains("sweep.toml:5:1: `window` = 0: conflictology: `window` is 0"), "{e}");
    let e = said(&format!("{HEAD}[space]\nwindow = {{ uniform = [1, 24] }}\n"));
    assert!(e.contains("invalid type: floating point"), "{e}");
    let e = said(&format!("{HEAD}[space]\nwindow.size = {{ int = [3, 24] }}\n"));
    assert!(e.contains("leads through 6, which is no table"), "{e}");
    let tower = HEAD.replace("long_memory", "tall_tower");
    let e = said(&format!("{tower}[space]\nregressor.settings.depth = {{ int = [1, 2] }}\n"));
    assert!(e.contains("sweep.toml:5:20") && e.contains("unknown field `depth`"), "inside a part too: {e}");
}

#[test]
fn what_does_not_exist_is_pointed_at() {
    let e = said(&format!("{}{SPACE}", HEAD.replace("crps", "time_series_wise_msle_mean_sb")));
    assert!(
        e.contains("sweep.toml:3:13") && e.contains("there is no `time_series_wise_msle_mean_sb`"),
        "{e}"
    );
    let e = said(&format!("{}{SPACE}", HEAD.replace("long_memory", "short_memory")));
    assert!(e.contains("sweep.toml:2:9") && e.contains("there are: still_water, long_memory"), "{e}");
    let e = said(&format!("{}{SPACE}", HEAD.replace("\"a\"", "\"../a\"")));
    assert!(e.contains("sweep.toml:1:8") && e.contains("no name of a sweep"), "{e}");
    let e = said(&format!("{HEAD}config = \"other.toml\"\n{SPACE}"));
    assert!(e.contains("other.toml"), "{e}");
    assert!(said(&format!("{HEAD}trials = 0\n{SPACE}")).contains("sweep.toml:4:10"));
    assert!(said(&format!("{HEAD}budget = -1\n{SPACE}")).contains("`budget` is -1"));
    assert!(said(&format!("{HEAD}method = \"grid\"\n{SPACE}")).contains("unknown variant `grid`"));
}

#[test]
fn halving_says_what_it_gives_more_of() {
    let halving = |rest: &str| format!("{HEAD}method = \"successive-halving\"\ntrials = 9\n{SPACE}{rest}");
    let read = plan(&halving("[halving]\n")).unwrap();
    let search = read.search.halving.unwrap();
    assert_eq!((search.start, search.min, search.max, search.eta), (9, 1, 9, 3), "all origins");
    assert_eq!(read.resource, Some(Resource::Origins));
    let few = plan(&halving("[halving]\nmax = 3\n")).unwrap();
    assert_eq!(few.run.config.evaluation.origins, 3);
    assert!(said(&halving("")).contains("needs [halving]"));
    assert!(said(&halving("[halving]\nmin = 0\n")).contains("sweep.toml:8:1"));
    assert!(said(&halving("[halving]\nmin = 10\n")).contains("from 10 to 9"));
    assert!(said(&halving("[halving]\neta = 1\n")).contains("`eta` is 1"));
    assert!(said(&halving("[halving]\nmax = 3\n[evaluation]\norigins = 4\n")).contains("another number"));
    assert!(said(&halving("[halving]\nresource = \"window\"\n")).contains("`max` is missing"));
    assert!(said(&halving("[halving]\nresource = \"window\"\nmax = 9\n")).contains("searched as well"));
    let e = said(&halving("[halving]\nresource = \"rounds\"\nmax = 9\n"));
    assert!(e.contains("`rounds` = 1") && e.contains("unknown field"), "{e}");
    assert!(said(&format!("{HEAD}{SPACE}[halving]\n")).contains("sweep.toml:6:1"));
}

#[test]
fn a_setting_may_be_the_resource() {
    let head = "name = \"a\"\nmodel = \"tall_tower\"\nobjective = \"mse\"\nmethod = \"successive-halving\"\n";
    let space = "[space]\nregressor.settings.alpha = { log-uniform = [0.1, 9] }\n";
    let halving = "[halving]\nresource = \"regressor.settings.max-iterations\"\nmin = 10\nmax = 90\n";
    let plan = plan(&format!("{head}{space}{halving}")).unwrap();
    let proposal = plan.search.propose(&[]).unwrap();
    let settings = &plan.model(&proposal).unwrap().settings["regressor"]["settings"];
    assert_eq!(settings["max-iterations"], 10, "the least of it first");
    assert_eq!(settings["alpha"], proposal.settings["regressor.settings.alpha"]);
    assert_eq!(plan.run.config.evaluation.origins, 9, "all origins at once");
}
