use super::*;
use crate::gates::{Kind, Looked, Planted};
use Verdict::{CannotTell, Fail, Pass, Warn};
use forewarn_core::Reading;
use forewarn_drift::faults::Fault;
use forewarn_drift::gate::Judged;
use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

fn evidence(verdict: Verdict) -> Evidence {
    let reading = Reading::fact("ged_sb", 3.0, 1.0, "three times as much,\nBcc: everybody");
    let judged = Judged { check: "size".into(), reading, q_value: None, off: true, verdict, waived: None };
    Evidence {
        schema: Evidence::SCHEMA,
        gate: Kind::Input,
        run: "a-run".to_owned(),
        period: "2020-12".to_owned(),
        verdict,
        alpha: 0.01,
        false_alarms_a_year: 0.12,
        looked: Looked::default(),
        readings: vec![judged],
        planted: Vec::new(),
    }
}

/// Somebody who tells, with what was warned of.
struct Desk {
    folder: tempfile::TempDir,
    alerts: Alerts,
    warned: RefCell<Vec<String>>,
}

impl Desk {
    fn new(alerts: Alerts) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), alerts, warned: RefCell::default() }
    }

    /// With a program that adds what it gets to a file, unless a file `broken` is there.
    fn with_script() -> Self {
        let mut desk = Self::new(Alerts::default());
        let script = "[ -e \"$0/broken\" ] && { echo out of order >&2; exit 3; }\n\
                      { echo \"$FOREWARN_GATE $FOREWARN_VERDICT\"; cat; echo; } >> \"$0/heard\"";
        let folder = desk.folder.path().display().to_string();
        desk.alerts.command = vec!["sh".to_owned(), "-c".to_owned(), script.to_owned(), folder];
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tell(&self, period: i32, verdict: Verdict) {
        self.tell_of(period, &evidence(verdict));
    }

    fn tell_of(&self, period: i32, evidence: &Evidence) {
        let line = Line { patience: Duration::from_millis(500), proxy: None };
        let warn = |text| self.warned.borrow_mut().push(text);
        let teller = Teller { alerts: &self.alerts, state: self.path("input.state.json"), line, warn: &warn };
        teller.tell(evidence, (Period(period), Path::new("gates/input.json"))).unwrap();
    }

    /// What the program heard since the last time it was asked.
    fn heard(&self) -> Vec<(String, serde_json::Value)> {
        let text = std::fs::read_to_string(self.path("heard")).unwrap_or_default();
        let _ = std::fs::remove_file(self.path("heard"));
        let lines: Vec<&str> = text.lines().collect();
        lines.chunks(2).map(|two| (two[0].to_owned(), serde_json::from_str(two[1]).unwrap())).collect()
    }

    fn events(&self) -> Vec<String> {
        self.heard().iter().map(|(_, json)| json["event"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn changes_are_told_once() {
    let desk = Desk::with_script();
    let told = |period, verdict| {
        desk.tell(period, verdict);
        desk.events().join(" ")
    };
    let steps = [
        (490, Pass, ""),
        (491, CannotTell, ""),
        (492, Warn, "alarm"),
        (492, Warn, ""),
        (493, Warn, ""),
        (494, Fail, "worse"),
        (495, Warn, ""),
        (496, Fail, "worse"),
        (497, CannotTell, ""),
        (498, Fail, ""),
        (499, Pass, "recovery"),
        (499, Pass, ""),
        (500, Fail, "alarm"),
        // The same period, after the data were mended; and a period that is long over.
        (500, Pass, "recovery"),
        (495, Fail, ""),
    ];
    for (period, verdict, expected) in steps {
        assert_eq!(told(period, verdict), expected, "{period} {verdict:?}");
    }
    assert!(desk.warned.borrow().is_empty(), "{:?}", desk.warned.borrow());
}

#[test]
fn a_message_says_what_where_and_since_when() {
    let desk = Desk::with_script();
    desk.tell(500, Fail);
    desk.tell(501, Pass);
    let heard = desk.heard();
    let (environment, alarm) = &heard[0];
    assert_eq!(environment, "input fail");
    assert_eq!(alarm["text"], "forewarn: input gate, 2020-12: fail (alarm)");
    let of = |name: &str| alarm[name].clone();
    assert_eq!(
        ["gate", "run", "period", "verdict", "evidence"].map(of),
        ["input", "a-run", "2020-12", "fail", "gates/input.json"]
    );
    assert_eq!(alarm["before"], serde_json::Value::Null);
    assert!(alarm["reasons"][0].as_str().unwrap().starts_with("fail: size, ged_sb: three times"), "{alarm}");
    assert_eq!((heard[1].0.as_str(), &heard[1].1["before"]), ("input pass", &"fail".into()));
}

#[test]
fn a_gate_that_is_blind_is_an_alarm() {
    let desk = Desk::with_script();
    let found = |found| Planted { fault: Fault::Stale, column: "ged_sb".into(), found, note: "none".into() };
    desk.tell_of(500, &Evidence { planted: vec![found(Some(true)), found(None)], ..evidence(Pass) });
    assert!(desk.events().is_empty());
    desk.tell_of(501, &Evidence { planted: vec![found(Some(true)), found(Some(false))], ..evidence(Pass) });
    let heard = desk.heard();
    assert_eq!((heard.len(), &heard[0].1["verdict"]), (1, &"fail".into()));
    assert!(heard[0].1["reasons"][0].as_str().unwrap().starts_with("planted and not found: Stale"));
}

#[test]
fn reminders_and_thresholds_are_kept() {
    let mut desk = Desk::with_script();
    desk.alerts.reminder = 2;
    let told: Vec<String> = (500..506)
        .map(|period| {
            desk.tell(period, Warn);
            desk.tell(period, Warn);
            desk.events().join(" ")
        })
        .collect();
    assert_eq!(told, ["alarm", "", "reminder", "", "reminder", ""]);
    desk.alerts.from_verdict = Fail;
    desk.tell(506, Warn);
    assert!(desk.events().is_empty());
    desk.tell(507, Fail);
    assert_eq!(desk.events(), ["alarm"]);
}

#[test]
fn a_program_that_fails_is_warned_of_and_tried_again() {
    let desk = Desk::with_script();
    std::fs::write(desk.path("broken"), "").unwrap();
    desk.tell(500, Fail);
    assert!(desk.heard().is_empty());
    let warned = desk.warned.take();
    assert_eq!(warned.len(), 1);
    assert!(
        warned[0].starts_with("gate `input`: alert by command failed, told again next time"),
        "{warned:?}"
    );
    assert!(warned[0].ends_with("exit status: 3: out of order"), "{warned:?}");
    std::fs::remove_file(desk.path("broken")).unwrap();
    desk.tell(500, Fail);
    assert_eq!(desk.events(), ["alarm"]);
    desk.tell(500, Fail);
    assert!(desk.events().is_empty() && desk.warned.borrow().is_empty());
}

#[test]
fn an_alarm_that_nobody_heard_needs_no_recovery() {
    let desk = Desk::with_script();
    std::fs::write(desk.path("broken"), "").unwrap();
    desk.tell(500, Fail);
    std::fs::remove_file(desk.path("broken")).unwrap();
    desk.tell(501, Pass);
    assert!(desk.events().is_empty());
}

#[test]
fn a_program_that_hangs_or_is_not_there_stops_nothing() {
    for (words, expected) in [
        (&["sleep", "60"][..], "`sleep`: not done within 0.5 s"),
        (&["/no/such/program"], "`/no/such/program`: "),
    ] {
        let desk = Desk::new(Alerts {
            command: words.iter().map(|w| (*w).to_owned()).collect(),
            ..Alerts::default()
        });
        desk.tell(500, Fail);
        assert!(desk.warned.borrow()[0].contains(expected), "{:?}", desk.warned.borrow());
    }
}

/// A server that answers one request after another; `never` keeps silent until the other side hangs up.
fn server(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let serve = move || {
        let hear = |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = vec![0; 65_536];
            let mut n = 0;
            // The message is the last thing that comes, and ends with its last brace.
            while !(bytes[..n].ends_with(b"\"}") && bytes[..n].windows(4).any(|w| w == b"\r\n\r\n")) {
                n += stream.read(&mut bytes[n..]).unwrap();
            }
            if *answer == "never" {
                let _ = stream.read(&mut [0]);
            } else {
                write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
            }
            String::from_utf8(bytes[..n].to_vec()).unwrap()
        };
        answers.iter().map(hear).collect()
    };
    (url, std::thread::spawn(serve))
}

#[test]
fn a_webhook_that_refuses_or_is_silent_is_tried_again() {
    let (url, requests) = server(&["500 No", "never", "200 OK"]);
    let desk = Desk::new(Alerts { webhook: Some(url), ..Alerts::default() });
    for _ in 0..4 {
        desk.tell(500, Warn);
    }
    let warned = desk.warned.borrow();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].contains("alert by webhook failed") && warned[0].contains("status 500"), "{warned:?}");
    assert!(warned[1].contains("no answer within 0.5 s"), "{warned:?}");
    for request in requests.join().unwrap() {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(head.starts_with("POST /hook "), "{head}");
        assert_eq!((&json["event"], &json["verdict"]), (&"alarm".into(), &"warn".into()));
    }
}

#[test]
fn one_channel_does_not_hold_up_another() {
    let mut desk = Desk::with_script();
    desk.alerts.webhook = Some("http://127.0.0.1:1/".to_owned());
    desk.tell(500, Fail);
    assert_eq!((desk.events().join(" "), desk.warned.take().len()), ("alarm".to_owned(), 1));
    desk.tell(500, Fail);
    assert_eq!((desk.events().join(" "), desk.warned.take().len()), (String::new(), 1));
}

#[test]
fn mail_is_handed_over_whole() {
    let mut desk = Desk::with_script();
    let sendmail = ["sh", "-c", "cat > \"$0/mail\""].map(str::to_owned).to_vec();
    let sendmail = sendmail.into_iter().chain([desk.folder.path().display().to_string()]).collect();
    let to = ["duty@example.org", "Desk <desk@example.org>"].map(str::to_owned).to_vec();
    desk.alerts.email = Some(Email { to, from: "forewarn@example.org".to_owned(), sendmail });
    desk.alerts.check().unwrap();
    desk.tell(500, Fail);
    let mail = std::fs::read_to_string(desk.path("mail")).unwrap();
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert!(head.starts_with(
        "From: forewarn@example.org\nTo: duty@example.org, Desk <desk@example.org>\n\
         Subject: forewarn: input gate, 2020-12: fail (alarm)\n"
    ));
    assert!(!mail.contains("\nBcc"), "what was read becomes no header: {mail}");
    assert!(body.contains("* fail: size, ged_sb: three times as much, Bcc: everybody\n"), "{body}");
    let long = Evidence { run: "ü".repeat(2000), ..evidence(Fail) };
    desk.tell_of(501, &long);
    desk.tell_of(502, &Evidence { verdict: Pass, ..long });
    let mail = std::fs::read_to_string(desk.path("mail")).unwrap();
    assert!(mail.lines().all(|line| line.len() <= 998) && mail.contains("(recovery)"));
}

#[test]
fn a_damaged_state_is_told_and_mended() {
    let desk = Desk::with_script();
    std::fs::write(desk.path("input.state.json"), "{").unwrap();
    desk.tell(500, Fail);
    assert_eq!((desk.events().join(" "), desk.warned.take().len()), ("alarm".to_owned(), 1));
    desk.tell(500, Fail);
    assert!(desk.events().is_empty() && desk.warned.borrow().is_empty());
    let nobody = Desk::new(Alerts::default());
    nobody.tell(500, Fail);
    assert!(!nobody.path("input.state.json").exists(), "without channels there is nothing to remember");
}

#[test]
fn the_file_of_rules_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let path = folder.path().join("gates.toml");
        std::fs::write(&path, text).unwrap();
        crate::gates::GateFile::load(&path).map(|file| file.alerts).map_err(|e| e.to_string())
    };
    let alerts = load(
        "[alerts]\nwebhook = \"https://example.org/hook\"\nfrom-verdict = \"fail\"\nreminder = 3\n\
         [alerts.email]\nto = [\"duty@example.org\"]\nfrom = \"forewarn@example.org\"\n",
    )
    .unwrap();
    assert_eq!((alerts.from_verdict, alerts.reminder), (Fail, 3));
    assert_eq!(alerts.email.unwrap().sendmail, ["/usr/sbin/sendmail", "-t"]);
    assert_eq!(load("alpha = 0.01").unwrap(), Alerts::default());
    assert!(load("[alerts]\nfrom-verdict = \"pass\"").unwrap_err().contains("all would be an alarm"));
    assert!(load("[alerts]\nweb-hook = \"x\"").unwrap_err().contains("web-hook"));
    let injected = "[alerts.email]\nto = [\"a@b\\nBcc: c@d\"]\nfrom = \"e@f\"";
    assert!(load(injected).unwrap_err().contains("is no address"));
    assert!(load("[alerts.email]\nto = []\nfrom = \"e@f\"").unwrap_err().contains("at least one address"));
}
