use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;

/// What one request was: method, path with query, headers in lower case, body.
#[derive(Debug, Clone)]
struct Heard {
    line: String,
    headers: String,
    body: String,
}

/// A server that gives the answers in turn, then hangs up on whoever asks; what it heard is kept.
fn server(answers: Vec<(u16, &'static str)>) -> (String, Arc<Mutex<Vec<Heard>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, heard) = (format!("http://{}", listener.local_addr().unwrap()), Arc::default());
    let keep: Arc<Mutex<Vec<Heard>>> = Arc::clone(&heard);
    std::thread::spawn(move || {
        for (status, body) in answers {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            keep.lock().unwrap().push(hear(&mut stream));
            let status =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.get_mut().write_all(format!("{status}{body}").as_bytes()).unwrap();
        }
    });
    (address, heard)
}

fn hear(stream: &mut BufReader<std::net::TcpStream>) -> Heard {
    let (mut line, mut headers, mut length) = (String::new(), String::new(), 0);
    stream.read_line(&mut line).unwrap();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some(bytes) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        headers += &header;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Heard { line, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

const QUICK: Patience =
    Patience { attempts: 3, wait: Duration::from_millis(1), timeout: Duration::from_secs(20) };

fn tracker(address: &str) -> Mlflow {
    Mlflow::new(address, "monthly", &[], QUICK).unwrap()
}

fn run() -> Run {
    Run {
        group: "g".into(),
        stage: "train".into(),
        name: "march".into(),
        config: [("seed".to_owned(), json!(42)), ("name".to_owned(), json!("x"))].into(),
        tags: Vec::new(),
        started: Moment(1_735_689_600),
    }
}

const EXPERIMENT: (u16, &str) = (200, r#"{"experiment": {"experiment_id": "7"}}"#);
const NONE: (u16, &str) = (404, r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "nothing there"}"#);
const WHOLE_RUN: (u16, &str) =
    (200, r#"{"runs": [{"info": {"run_id": "w", "artifact_uri": "mlflow-artifacts:/7/w/artifacts"}}]}"#);
const STAGE: (u16, &str) =
    (200, r#"{"run": {"info": {"run_id": "s", "artifact_uri": "mlflow-artifacts:/7/s/artifacts"}}}"#);
const OK: (u16, &str) = (200, "{}");
/// How artifacts that were taken are answered.
const TAKEN: (u16, &str) = (200, "");
const BUSY: (u16, &str) = (503, "busy");

/// Answers until a run has begun.
fn begun(then: &[(u16, &'static str)]) -> Vec<(u16, &'static str)> {
    [&[EXPERIMENT, WHOLE_RUN, OK, STAGE, OK, OK, TAKEN], then].concat()
}

fn lines(heard: &Arc<Mutex<Vec<Heard>>>) -> Vec<String> {
    let short =
        |heard: &Heard| heard.line.replace("/api/2.0/mlflow/", "").replace("/api/2.0/mlflow-artifacts/", "");
    heard.lock().unwrap().iter().map(short).collect()
}

#[test]
fn a_run_is_made_below_the_one_of_its_group() {
    let (address, heard) = server(begun(&[OK, OK, OK, OK]));
    let tracker = tracker(&address);
    let mut told = tracker.begin(&run()).unwrap();
    let values = [("pgm/sb/brier:threshold=25".to_owned(), 0.5), ("lost".to_owned(), f64::NAN)].into();
    told.metrics(&Metrics { step: 3, values }).unwrap();
    told.finish(Moment(1_735_689_660), 0).unwrap();
    assert_eq!(
        lines(&heard),
        [
            "GET experiments/get-by-name?experiment_name=monthly",
            "POST runs/search",
            "POST runs/search",
            "POST runs/create",
            "POST runs/update",
            "POST runs/log-batch",
            "PUT artifacts/7/s/artifacts/config.json",
            "POST runs/log-batch",
            "POST runs/set-tag",
            "POST runs/update",
            "POST runs/update",
        ]
    );
    let body = |at: usize| serde_json::from_str::<Value>(&heard.lock().unwrap()[at].body).unwrap();
    let made = body(3);
    assert_eq!((&made["experiment_id"], &made["start_time"]), (&json!("7"), &json!(1_735_689_600_000_u64)));
    let tags = made["tags"].as_array().unwrap();
    assert!(tags.contains(&json!({"key": "mlflow.parentRunId", "value": "w"})));
    assert!(tags.contains(&json!({"key": "forewarn.id", "value": run().id()})));
    assert_eq!(body(5)["params"], json!([{"key": "name", "value": "x"}, {"key": "seed", "value": "42"}]));
    let metrics = body(7)["metrics"].take();
    assert_eq!((&metrics[0]["key"], &metrics[0]["value"]), (&json!("lost"), &json!("NaN")));
    assert_eq!((&metrics[1]["key"], &metrics[1]["step"]), (&json!("pgm/sb/brier:threshold_25"), &json!(3)));
    assert_eq!((&body(9)["run_id"], &body(9)["status"]), (&json!("s"), &json!("FINISHED")));
    assert_eq!(body(10)["run_id"], "w");
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let mut answers = vec![BUSY, EXPERIMENT, WHOLE_RUN, OK, BUSY];
    // What was made although the answer was 503 is found by the next try.
    answers.push((
        200,
        r#"{"runs": [{"info": {"run_id": "s", "artifact_uri": "mlflow-artifacts:/7/s/artifacts"}}]}"#,
    ));
    answers.extend([BUSY, OK, OK, BUSY, OK]);
    let (address, heard) = server(answers);
    drop(tracker(&address).begin(&run()).unwrap());
    let made = lines(&heard).iter().filter(|line| line.ends_with("runs/create")).count();
    assert_eq!((made, heard.lock().unwrap().len()), (1, 11));
}

#[test]
fn patience_ends() {
    let (address, heard) = server(vec![BUSY; 9]);
    let error = tracker(&address).begin(&run()).unwrap_err().to_string();
    assert!(error.contains("status 503: the server is in trouble (3 tries); try again later"), "{error}");
    assert!(error.starts_with(&format!("{address} (experiments/get-by-name)")), "{error}");
    assert_eq!(heard.lock().unwrap().len(), 3);
}

#[test]
fn an_experiment_that_is_not_there_is_made() {
    let made = (200, r#"{"experiment_id": "7"}"#);
    let (address, heard) = server(vec![NONE, made]);
    assert_eq!(tracker(&address).experiment().unwrap(), "7");
    assert_eq!(heard.lock().unwrap()[1].body, r#"{"name":"monthly"}"#);
}

#[test]
fn answers_that_are_none_are_told_and_not_asked_for_again() {
    for (answer, told) in [
        ((200, "{\"experiment\": {\"exp"), "not that of an MLflow server"),
        ((200, "<html>proxy</html>"), "not that of an MLflow server"),
        ((302, ""), "sends us elsewhere"),
        ((401, "no"), "set MLFLOW_TRACKING_TOKEN"),
        (
            (400, r#"{"error_code": "INVALID_PARAMETER_VALUE", "message": "bad name"}"#),
            "INVALID_PARAMETER_VALUE, bad name",
        ),
    ] {
        let (address, heard) = server(vec![answer; 3]);
        let error = tracker(&address).begin(&run()).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(heard.lock().unwrap().len(), 1, "{error}");
    }
}

#[test]
fn a_server_that_is_down_is_an_error_that_says_so() {
    let error = tracker("http://127.0.0.1:1").begin(&run()).unwrap_err();
    assert!(matches!(error, Error::Server { temporary: true, .. }));
    assert!(error.to_string().contains("not reached") && error.to_string().contains("3 tries"), "{error}");
}

#[test]
fn a_server_that_says_nothing_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let patience = Patience { attempts: 1, timeout: Duration::from_millis(100), ..QUICK };
    let error = Mlflow::new(&address, "e", &[], patience).unwrap().begin(&run()).unwrap_err();
    assert!(error.to_string().contains("no answer within 0.1 s"), "{error}");
}

#[test]
fn who_we_are_is_told_to_the_server_and_to_nobody_else() {
    let variables = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let token = variables(&[("MLFLOW_TRACKING_TOKEN", "s3cret")]);
    let password = variables(&[("MLFLOW_TRACKING_USERNAME", "ada"), ("MLFLOW_TRACKING_PASSWORD", "s3cret")]);
    for (environment, header) in
        [(&token, "authorization: Bearer s3cret"), (&password, "authorization: Basic YWRhOnMzY3JldA==")]
    {
        let (address, heard) = server(vec![(401, r#"{"error_code": "X", "message": "s3cret is wrong"}"#)]);
        let tracker = Mlflow::new(&address, "e", environment, QUICK).unwrap();
        let error = tracker.begin(&run()).unwrap_err();
        assert!(heard.lock().unwrap()[0].headers.contains(header), "{:?}", heard.lock());
        let shown = format!("{error} {error:?} {tracker:?}");
        assert!(shown.contains("*** is wrong"), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("YWRhOnMzY3JldA"), "{shown}");
        let clear = Mlflow::new("http://mlflow.example.org", "e", environment, QUICK).unwrap_err();
        assert!(
            clear.to_string().contains("in the clear") && !clear.to_string().contains("s3cret"),
            "{clear}"
        );
    }
    for address in ["http://ada:s3cret@127.0.0.1:1", "ada:s3cret@host", "ftp://s3cret"] {
        let error = Mlflow::new(address, "e", &[], QUICK).unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
    let broken = variables(&[("MLFLOW_TRACKING_TOKEN", "s3cret\nx")]);
    let error = Mlflow::new("http://127.0.0.1:1", "e", &broken, QUICK).unwrap_err().to_string();
    assert!(error.contains("copy it again") && !error.contains("s3cret"), "{error}");
}

#[test]
fn parameters_that_changed_are_named() {
    let stage = r#"{"runs": [{"info": {"run_id": "s", "artifact_uri": "mlflow-artifacts:/7/s/artifacts"},
        "data": {"params": [{"key": "seed", "value": "1"}, {"key": "name", "value": "x"}]}}]}"#;
    let (address, heard) = server(vec![EXPERIMENT, WHOLE_RUN, (200, stage), OK, OK, OK]);
    drop(tracker(&address).begin(&run()).unwrap());
    let heard = heard.lock().unwrap();
    assert_eq!(heard[4].body, r#"{"key":"forewarn.changed","run_id":"s","value":"seed"}"#);
    assert!(heard[5].line.ends_with("config.json") && heard[5].body.contains("\"seed\":42"));
}

#[test]
fn a_server_that_keeps_artifacts_elsewhere_is_refused() {
    let stage = r#"{"runs": [{"info": {"run_id": "s", "artifact_uri": "s3://b/7/s"}}]}"#;
    let (address, _) = server(vec![EXPERIMENT, WHOLE_RUN, (200, stage), OK, OK]);
    let error = tracker(&address).begin(&run()).unwrap_err().to_string();
    assert!(error.contains("s3://b/7/s") && error.contains("--serve-artifacts"), "{error}");
}

#[test]
fn a_model_is_registered_once_and_what_was_used_is_an_input() {
    let version = (200, r#"{"model_version": {"version": "2"}}"#);
    let answers = begun(&[OK, OK, OK, NONE, OK, OK, version, OK, OK]);
    let (address, heard) = server(answers);
    let tracker = tracker(&address);
    let mut told = tracker.begin(&run()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    std::fs::write(&path, "learned").unwrap();
    let digest = "ab".repeat(32);
    let files = vec![File { name: "state".into(), place: Place::Path(path), digest: digest.clone() }];
    let mut artifact = Artifact {
        name: "panel".into(),
        kind: "dataset".into(),
        role: Role::Used,
        files,
        aliases: Vec::new(),
    };
    told.artifact(&artifact).unwrap();
    (artifact.name, artifact.kind, artifact.role) = ("m".into(), "model".into(), Role::Made);
    artifact.aliases = vec!["champion".into()];
    told.artifact(&artifact).unwrap();
    assert_eq!(
        lines(&heard)[7..],
        [
            "POST runs/log-inputs",
            "PUT artifacts/7/s/artifacts/artifacts/m/state",
            "PUT artifacts/7/s/artifacts/artifacts/m/artifact.json",
            "GET registered-models/get?name=m",
            "POST registered-models/create",
            "GET model-versions/search?filter=name%3D%27m%27%20and%20run_id%3D%27s%27",
            "POST model-versions/create",
            "POST registered-models/alias",
        ]
    );
    let heard = heard.lock().unwrap();
    let dataset = serde_json::from_str::<Value>(&heard[7].body).unwrap()["datasets"][0].take();
    assert_eq!(
        (dataset["dataset"]["digest"].as_str(), dataset["dataset"]["name"].as_str()),
        (Some(&digest[..36]), Some("panel"))
    );
    assert_eq!(heard[8].body, "learned");
    assert!(heard[13].body.contains("mlflow-artifacts:/7/s/artifacts/artifacts/m"), "{}", heard[13].body);
    assert_eq!(heard[14].body, r#"{"alias":"champion","name":"m","version":"2"}"#);
}

#[test]
fn tables_are_named_as_the_interface_looks_for_them() {
    let (address, heard) = server(begun(&[TAKEN, OK]));
    let tracker = tracker(&address);
    let mut told = tracker.begin(&run()).unwrap();
    told.table("gates/output", &Table { columns: vec!["a".into()], rows: vec![vec![json!(1)]] }).unwrap();
    let heard = heard.lock().unwrap();
    assert!(heard[7].line.ends_with("/tables/gates_output.json"), "{}", heard[7].line);
    let tag: Value = serde_json::from_str(&heard[8].body).unwrap();
    assert_eq!(tag["value"], r#"[{"path": "tables/gates_output.json", "type": "table"}]"#);
}

#[test]
fn many_figures_go_in_several_requests() {
    let (address, heard) = server(begun(&[OK, OK, OK]));
    let tracker = tracker(&address);
    let mut told = tracker.begin(&run()).unwrap();
    let values = (0..2001).map(|i| (format!("m{i:04}"), f64::from(i))).collect();
    told.metrics(&Metrics { step: 0, values }).unwrap();
    let sizes: Vec<usize> = heard.lock().unwrap()[7..]
        .iter()
        .map(|heard| serde_json::from_str::<Value>(&heard.body).unwrap()["metrics"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [1000, 1000, 1]);
}
