//! The layers of the workspace, as ARCHITECTURE.md draws them, checked over manifests and sources.
//!
//! Each rule is a function over text that returns what breaks it, so that tests show that each can be broken.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::source_text::{code, macros, rust_files, std_paths, without_tests, words};

/// Where a crate stands; arrows point to an earlier layer only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// L0: slices in, numbers out.
    Maths,
    /// L1: words and traits.
    Words,
    /// L2: components; they never meet.
    Parts,
    /// L3: files, networks, and the list of all components.
    Effects,
    /// L4: the run.
    Flow,
    /// L5: what people and programs talk to.
    Surfaces,
    /// The binaries, on top of L5.
    Mains,
    /// Outside: may use everything, used by nothing.
    Benches,
}

/// Every crate of the workspace: folder, package, layer. A new crate gets its line here and in ARCHITECTURE.md.
const PLACES: &[(&str, &str, Layer)] = &[
    ("crates/kernels", "forewarn-kernels", Layer::Maths),
    ("crates/core", "forewarn-core", Layer::Words),
    ("crates/drift", "forewarn-drift", Layer::Parts),
    ("crates/ensembles", "forewarn-ensembles", Layer::Parts),
    ("crates/maps", "forewarn-maps", Layer::Parts),
    ("crates/metrics", "forewarn-metrics", Layer::Parts),
    ("crates/models", "forewarn-models", Layer::Parts),
    ("crates/transforms", "forewarn-transforms", Layer::Parts),
    ("crates/catalog", "forewarn-catalog", Layer::Effects),
    ("crates/data", "forewarn-data", Layer::Effects),
    ("crates/store", "forewarn-store", Layer::Effects),
    ("crates/tracking", "forewarn-tracking", Layer::Effects),
    ("crates/pipeline", "forewarn-pipeline", Layer::Flow),
    ("crates/cli", "forewarn-cli", Layer::Surfaces),
    ("bins/forewarn", "forewarn", Layer::Mains),
    ("benches", "forewarn-benches", Layer::Benches),
];

/// Crates that stand for files, networks, clocks, chance or a surface; also everything named `NAME-...`.
const IMPURE_CRATES: &[&str] = &[
    "arrow",
    "async-std",
    "axum",
    "chrono",
    "clap",
    "csv",
    "getrandom",
    "hyper",
    "indicatif",
    "jiff",
    "memmap2",
    "object_store",
    "parquet",
    "polars",
    "rand",
    "redb",
    "reqwest",
    "rusqlite",
    "rustls",
    "sqlx",
    "tempfile",
    "time",
    "tokio",
    "tracing",
    "ureq",
    "walkdir",
    "zip",
    "zstd",
];

/// What of `std` stands for files, networks, clocks, the environment or the process; also all that is below it.
const IMPURE_PATHS: &[&str] = &[
    "std::*",
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::time::*",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::time::UNIX_EPOCH",
    "std::time::self",
];

const PRINTING: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

fn layer(package: &str) -> Option<Layer> {
    PLACES.iter().find(|(_, name, _)| *name == package).map(|(_, _, layer)| *layer)
}

/// L0 to L2 and the catalog: the same input gives the same output, anywhere and at any time.
fn is_pure(package: &str) -> bool {
    layer(package).is_some_and(|l| l <= Layer::Parts) || package == "forewarn-catalog"
}

/// Dependencies of a manifest: (kind of table, name of the package).
fn dependencies(manifest: &Table) -> Vec<(&str, &str)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets.filter_map(Value::as_table)) {
        for kind in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let entries = table.get(kind).and_then(Value::as_table).into_iter().flatten();
            found.extend(entries.map(|(key, value)| {
                (kind, value.get("package").and_then(Value::as_str).unwrap_or(key.as_str()))
            }));
        }
    }
    found
}

/// Arrows of one manifest that do not point down, and impure crates where only pure ones may be.
fn wrong_arrows(package: &str, manifest: &str) -> Vec<String> {
    let manifest: Table = manifest.parse().expect("cargo read it too");
    let Some(from) = layer(package) else { return vec![format!("{package} is not in PLACES")] };
    let impure = |name: &str| {
        let family = |root: &str| name.strip_prefix(root).is_some_and(|r| r.is_empty() || r.starts_with('-'));
        IMPURE_CRATES.iter().any(|root| family(root))
    };
    let wrong = |(kind, name): (&str, &str)| {
        if let Some(to) = layer(name) {
            (to >= from)
                .then(|| format!("{package} ({from:?}) depends on {name} ({to:?}); arrows point down only"))
        } else if is_pure(package) && kind != "dev-dependencies" && impure(name) {
            Some(format!("{package} ({from:?}) depends on {name}: files, networks and clocks begin at L3"))
        } else if name == "serde" && from == Layer::Maths {
            Some(format!("{package} depends on serde: kernels know slices and numbers only"))
        } else if name == "rayon" && from == Layer::Words {
            Some(format!("{package} depends on rayon: the words know no threads"))
        } else {
            None
        }
    };
    dependencies(&manifest).into_iter().filter_map(wrong).collect()
}

/// What library code does that its layer may not.
fn wrong_code(package: &str, library: &str) -> Vec<String> {
    let Some(from) = layer(package) else { return vec![format!("{package} is not in PLACES")] };
    let paths = std_paths(library);
    let mut found = Vec::new();
    if is_pure(package) {
        let impure = |path: &&String| {
            IMPURE_PATHS
                .iter()
                .any(|p| path.strip_prefix(p).is_some_and(|r| r.is_empty() || r.starts_with("::")))
        };
        found.extend(paths.iter().filter(impure).map(|path| format!("names `{path}`")));
        // `use std::time;` leaves only these words at the place where the clock is read.
        let clocks = words(library).filter(|w| ["Instant", "SystemTime"].contains(w));
        found.extend(clocks.map(|clock| format!("names the clock `{clock}`")));
    }
    if from == Layer::Words && paths.iter().any(|p| p.starts_with("std::thread")) {
        found.push("starts threads".to_owned());
    }
    if from < Layer::Surfaces {
        let printing = macros(library).filter(|name| PRINTING.contains(name));
        found.extend(printing.map(|name| format!("prints with `{name}!`; only L5 prints")));
    }
    if from < Layer::Mains
        && (library.contains("process::exit") || paths.iter().any(|p| p == "std::process::exit"))
    {
        found.push("ends the process; only `main` exits".to_owned());
    }
    found
}

/// `unsafe` outside kernels, in tests too.
fn wrong_unsafe(package: &str, all_code: &str) -> Vec<String> {
    let uses = layer(package) != Some(Layer::Maths) && words(all_code).any(|w| w == "unsafe");
    uses.then(|| "has `unsafe`; only kernels may".to_owned()).into_iter().collect()
}

/// Workspace dependencies of the root manifest without a reason, on their line or above their group.
fn unexplained(root_manifest: &str) -> Vec<String> {
    let start = root_manifest.find("[workspace.dependencies]").expect("the table of dependencies");
    let table = root_manifest[start..].lines().skip(1).take_while(|line| !line.starts_with('['));
    let (mut found, mut explained) = (Vec::new(), false);
    for line in table {
        let name = line.split_once(" = ").map(|(name, _)| name).filter(|name| !name.contains([' ', '#']));
        if line.trim().is_empty() {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else if let Some(name) = name
            && !explained
            && !code_comment(line)
        {
            found.push(format!("`{name}` has no comment that says what it is for"));
        }
    }
    found
}

/// Whether a line of TOML ends in a comment.
fn code_comment(line: &str) -> bool {
    let mut quoted = false;
    line.chars().any(|c| {
        quoted ^= c == '"';
        c == '#' && !quoted
    })
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is two folders up")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.as_ref().display()))
}

/// (file relative to the workspace, package, source) of every file below `src`.
fn sources() -> Vec<(PathBuf, &'static str, String)> {
    let root = workspace();
    let of_crate = |&(folder, package, _): &(&str, &'static str, Layer)| {
        let files = rust_files(&root.join(folder).join("src"));
        assert!(!files.is_empty(), "{folder} has no sources; is the table out of date?");
        files.into_iter().map(move |f| (f, package)).collect::<Vec<_>>()
    };
    let files = PLACES.iter().flat_map(of_crate);
    let short = |f: &Path| f.strip_prefix(&root).expect("it was found below the root").to_owned();
    files.map(|(f, package)| (short(&f), package, read(&f))).collect()
}

/// The files that the `#[cfg(test)] mod name;` lines of a file stand for.
fn test_files(file: &Path, modules: &[String]) -> Vec<PathBuf> {
    let is_root = file.file_stem().is_some_and(|s| s == "lib" || s == "main" || s == "mod");
    let folder = if is_root { file.with_file_name("") } else { file.with_extension("") };
    modules.iter().map(|m| folder.join(m)).collect()
}

fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n  {}\n", found.join("\n  "));
}

#[test]
fn every_crate_has_its_place() {
    let root = workspace();
    let members = ["crates", "bins"].iter().flat_map(|d| fs::read_dir(root.join(d)).unwrap());
    let folders = members.map(|e| e.unwrap().path()).chain([root.join("benches")]);
    let mut found = Vec::new();
    for folder in folders.filter(|f| f.join("Cargo.toml").exists()) {
        let name = folder.strip_prefix(&root).unwrap().to_str().unwrap();
        let manifest: Table = read(folder.join("Cargo.toml")).parse().unwrap();
        let package = manifest["package"]["name"].as_str().unwrap();
        if !PLACES.iter().any(|(f, p, _)| (*f, *p) == (name, package)) {
            found.push(format!("{name} ({package}) is not in PLACES of {}", file!()));
        }
    }
    let map = read(root.join("ARCHITECTURE.md"));
    let missing = PLACES.iter().filter(|(folder, _, _)| !map.contains(&format!("`{folder}`")));
    found.extend(missing.map(|(folder, _, _)| format!("ARCHITECTURE.md does not name `{folder}`")));
    assert_none("a crate has a layer", &found);
}

#[test]
fn arrows_point_down() {
    let manifest = |folder: &str| read(workspace().join(folder).join("Cargo.toml"));
    let found: Vec<_> =
        PLACES.iter().flat_map(|(folder, package, _)| wrong_arrows(package, &manifest(folder))).collect();
    assert_none("arrows point down only", &found);
}

#[test]
fn code_stays_in_its_layer() {
    let sources = sources();
    let mut library = Vec::new();
    let (mut tests, mut found) = (Vec::new(), Vec::new());
    for (file, package, source) in &sources {
        let (code, modules) = without_tests(source);
        tests.extend(test_files(file, &modules));
        library.push((file, *package, code));
    }
    let is_test = |file: &Path| tests.iter().any(|t| file.starts_with(t) || file.with_extension("") == **t);
    for (file, package, code) in library.iter().filter(|(file, _, _)| !is_test(file)) {
        found.extend(wrong_code(package, code).iter().map(|what| format!("{} {what}", file.display())));
    }
    assert_none("effects, printing and exits have their layers", &found);
}

#[test]
fn only_kernels_are_unsafe() {
    let of_file = |(file, package, source): &(PathBuf, &str, String)| {
        let wrong = wrong_unsafe(package, &code(source));
        wrong.iter().map(|what| format!("{} {what}", file.display())).collect::<Vec<_>>()
    };
    assert_none("`unsafe` is for kernels", &sources().iter().flat_map(of_file).collect::<Vec<_>>());
}

#[test]
fn every_dependency_has_a_reason() {
    assert_none("a dependency says what it is for", &unexplained(&read(workspace().join("Cargo.toml"))));
}

mod each_rule_can_be_broken {
    use super::*;

    #[test]
    fn arrows() {
        let wrong = |package, manifest| wrong_arrows(package, manifest).join("; ");
        let up = "[dependencies]\nforewarn-store.workspace = true\n";
        assert!(wrong("forewarn-models", up).contains("(Parts) depends on forewarn-store (Effects)"));
        assert!(wrong("forewarn-data", up).contains("arrows point down only"), "siblings never meet");
        assert_eq!(wrong("forewarn-pipeline", up), "");
        let sibling = "[dev-dependencies]\nforewarn-metrics.workspace = true\n";
        assert!(wrong("forewarn-models", sibling).contains("forewarn-metrics (Parts)"), "in tests neither");
        assert!(wrong("forewarn-new", "").contains("not in PLACES"));
        let renamed = "[dependencies]\ncolumns = { version = \"1\", package = \"arrow-array\" }\n";
        assert!(wrong("forewarn-core", renamed).contains("depends on arrow-array"));
        assert!(wrong("forewarn-catalog", renamed).contains("depends on arrow-array"));
        assert_eq!(wrong("forewarn-store", renamed), "");
        let on_target = "[target.'cfg(unix)'.dependencies]\ntokio = \"1\"\n";
        assert!(wrong("forewarn-drift", on_target).contains("depends on tokio"));
        let words = "[dependencies]\nserde = \"1\"\nrayon = \"1\"\nrandom-names = \"1\"\n";
        assert!(wrong("forewarn-kernels", words).contains("serde"));
        assert!(wrong("forewarn-core", words).contains("no threads"));
        assert_eq!(wrong("forewarn-models", words), "");
    }

    #[test]
    fn effects() {
        let wrong = |package, source| wrong_code(package, &without_tests(source).0).join("; ");
        for source in [
            "fn f() { std::fs::read(p); }",
            "use std::{fmt, fs};",
            "use std::{io, time::{Duration, Instant}};",
            "use std::time; fn f() { time::SystemTime::now() }",
            "use std::*;",
            "fn f() { let x = std::env::var(y); }",
        ] {
            assert!(wrong("forewarn-models", source).contains("names"), "{source}");
            assert_eq!(wrong("forewarn-data", source), "", "{source}");
        }
        let fine = "//! std::fs\nuse std::time::Duration;\nfn f() { g(\"std::fs\") }\n#[cfg(test)]\nmod t { use std::fs; }";
        assert_eq!(wrong("forewarn-models", fine), "");
        assert_eq!(wrong("forewarn-core", "fn f() { std::thread::spawn(g); }"), "starts threads");
    }

    #[test]
    fn printing_and_exits() {
        let wrong = |package, source| wrong_code(package, &without_tests(source).0).join("; ");
        assert!(wrong("forewarn-pipeline", "fn f() { println!(\"x\"); }").contains("`println!`"));
        assert!(wrong("forewarn-store", "fn f() { std::eprint!(\"x\"); }").contains("`eprint!`"));
        assert_eq!(wrong("forewarn-cli", "fn f() { println!(\"x\"); }"), "");
        assert_eq!(wrong("forewarn-pipeline", "fn f() { writeln!(out, \"println!\"); }"), "");
        for exit in ["use std::process::{Command, exit};", "fn f() { process::exit(1) }"] {
            assert!(wrong("forewarn-cli", exit).contains("only `main` exits"), "{exit}");
            assert_eq!(wrong("forewarn", exit), "");
        }
    }

    #[test]
    fn unsafe_code() {
        let source = "#[cfg(test)]\nmod tests { fn f() { unsafe { g() } } }";
        assert_eq!(wrong_unsafe("forewarn-data", &code(source)).len(), 1);
        assert!(wrong_unsafe("forewarn-kernels", &code(source)).is_empty());
        assert!(wrong_unsafe("forewarn-data", &code("// unsafe\n#![forbid(unsafe_code)]")).is_empty());
    }

    #[test]
    fn reasons() {
        let manifest = "[workspace.dependencies]\n# Group.\na = \"1\"\n\nb = \"1\" # why\nc = { x = \"#\" }\n[lints]\nd = 1\n";
        assert_eq!(unexplained(manifest), ["`c` has no comment that says what it is for"]);
    }

    #[test]
    fn test_files_are_found_beside_their_parents() {
        let names = ["laws".to_owned()];
        assert_eq!(test_files(Path::new("a/src/lib.rs"), &names), [Path::new("a/src/laws")]);
        assert_eq!(test_files(Path::new("a/src/b.rs"), &names), [Path::new("a/src/b/laws")]);
    }
}
