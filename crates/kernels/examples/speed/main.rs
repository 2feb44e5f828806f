//! Measures one kernel: `cargo run --release -p forewarn-kernels --example speed -- CASE N M THREADS`.
//!
//! Prints one line of JSON: CPU time of the whole process and wall time around the kernel, the best of several
//! repetitions in milliseconds, without making the data; the peak of resident memory, data included; and a number
//! computed from the result, which must not change with THREADS.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod data;
mod distances;
mod draws;
mod drift;
mod histogram;
mod joint;
mod point;
mod ranking;

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

/// A kernel with its data, ready to run again and again; it answers a number computed from its result.
type Kernel = Box<dyn FnMut() -> f64 + Send>;

/// Makes the data of a case with `n` rows and, where there are any, `m` columns, draws or bins.
type Case = fn(n: usize, m: usize) -> Kernel;

/// One line a case.
const CASES: &[(&str, Case)] = &[
    ("crps", draws::crps),
    ("crps-zero-inflated", draws::crps_zero_inflated),
    ("crps-fair", draws::crps_fair),
    ("draws-fused", draws::fused),
    ("point-fused", point::fused_f32),
    ("point-fused-f64", point::fused_f64),
    ("auc-ap", ranking::auc_ap),
    ("energy", joint::energy),
    ("variogram", joint::variogram),
    ("histogram", histogram::uneven),
    ("histogram-uniform", histogram::uniform),
    ("jensen-shannon-jeffreys", distances::jensen_shannon_jeffreys),
    ("wasserstein", distances::wasserstein),
    ("drift", drift::one_pass),
    ("drift-cells", drift::cells),
    ("drift-cells-permuted", drift::cells_permuted),
    ("drift-columns", drift::columns),
    ("drift-scan", drift::scan),
    ("drift-sorted", drift::pass_alone),
    ("sort-radix-f32", drift::radix_f32),
    ("sort-compared-f32", drift::compared_f32),
    ("sort-radix-f64", drift::radix_f64),
    ("sort-vector-f64", drift::vector_f64),
    ("sort-compared-f64", drift::compared_f64),
];

/// Repetitions; the best counts.
const REPETITIONS: usize = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, case, [n, m, threads])) = parse(&arguments) else {
        let names: Vec<&str> = CASES.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: speed CASE N M THREADS, with CASE one of {}", names.join(" "));
        return ExitCode::FAILURE;
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
    let mut kernel = pool.install(|| case(n, m));
    let (mut cpu, mut wall, mut checksum) = (f64::INFINITY, f64::INFINITY, 0.0);
    for _ in 0..REPETITIONS {
        let (cpu_start, wall_start) = (cpu_ms(), Instant::now());
        checksum = pool.install(&mut kernel);
        wall = wall.min(wall_start.elapsed().as_secs_f64() * 1e3);
        cpu = cpu.min(cpu_ms() - cpu_start);
    }
    let peak = peak_mb();
    println!(
        r#"{{"case":"{name}","n":{n},"m":{m},"threads":{threads},"cpu_ms":{cpu:.3},"wall_ms":{wall:.3},"peak_mb":{peak:.1},"checksum":"{checksum:e}"}}"#
    );
    ExitCode::SUCCESS
}

/// The case and its three numbers.
fn parse(arguments: &[String]) -> Option<(&'static str, Case, [usize; 3])> {
    let [name, numbers @ ..] = arguments else { return None };
    let &(name, case) = CASES.iter().find(|(known, _)| known == name)?;
    let numbers: Vec<usize> = numbers.iter().map(|x| x.parse().ok()).collect::<Option<_>>()?;
    Some((name, case, numbers.try_into().ok()?))
}

/// CPU time of all threads so far.
fn cpu_ms() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux lists the threads of a process");
    let spent = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    spent.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e6
}

/// Peak of resident memory.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux describes a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
