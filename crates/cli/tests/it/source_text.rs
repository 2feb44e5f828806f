//! Rust source read as text: without comments, string contents and tests; the `std` paths it names.
//!
//! Good enough for rules about names; it is no compiler and does not look into macro expansions.

use std::path::{Path, PathBuf};

/// The code with comments and the contents of literals blanked; line breaks stay.
pub(crate) fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest, out.chars().next_back());
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// Bytes of the comment, string or character that `text` begins with; 0 when it begins with code.
fn literal_or_comment(text: &str, before: Option<char>) -> usize {
    let end_of = |pattern: &str, from: usize| text[from..].find(pattern).map_or(text.len(), |i| from + i);
    let in_word = before.is_some_and(is_word);
    if text.starts_with("//") {
        end_of("\n", 0)
    } else if text.starts_with("/*") {
        block_comment(text)
    } else if text.starts_with('"') {
        quoted(text)
    } else if !in_word && (text.starts_with("r\"") || text.starts_with("r#\"") || text.starts_with("r##")) {
        let hashes = text[1..].chars().take_while(|&c| c == '#').count();
        let close = format!("\"{}", "#".repeat(hashes));
        (end_of(&close, hashes + 2) + close.len()).min(text.len())
    } else if text.starts_with("'\\") {
        end_of("'", 3) + 1
    } else if let Some(inner) = text.strip_prefix('\'') {
        // A character, unless no quote closes it: then it is a lifetime.
        let length = inner.chars().next().map_or(0, char::len_utf8);
        if inner[length..].starts_with('\'') { length + 2 } else { 0 }
    } else {
        0
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < text.len() {
        let here = &text.as_bytes()[i..];
        match here {
            [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
            [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Library code: [`code`] without the items behind `#[cfg(test)]`, and the names of the modules behind it.
pub(crate) fn without_tests(source: &str) -> (String, Vec<String>) {
    let (mut code, mut modules) = (code(source), Vec::new());
    while let Some(start) = code.find("#[cfg(test)]").or_else(|| code.find("#[cfg(all(test")) {
        let end = start + item(&code[start..]);
        let words: Vec<_> = words(&code[start..end]).collect();
        if code[..end].ends_with(';')
            && let [.., "mod", name] = words[..]
        {
            modules.push(name.to_owned());
        }
        code.replace_range(start..end, "");
    }
    (code, modules)
}

/// Bytes of the item that `code` begins with, its attributes included.
fn item(code: &str) -> usize {
    let mut open = Vec::new();
    for (i, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => open.push(c),
            ')' | ']' => {
                open.pop();
            }
            '}' => {
                open.pop();
                if open.is_empty() {
                    return i + 1;
                }
            }
            ';' if open.is_empty() => return i + 1,
            _ => {}
        }
    }
    code.len()
}

/// The identifiers and keywords of some code.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c| !is_word(c)).filter(|w| !w.is_empty())
}

/// The macros that some code calls, without their `!`.
pub(crate) fn macros(code: &str) -> impl Iterator<Item = &str> {
    let calls = code.match_indices('!').filter(|(i, _)| !code[i + 1..].starts_with('='));
    calls.filter_map(|(i, _)| {
        let start = code[..i].rfind(|c| !is_word(c)).map_or(0, |j| j + 1);
        Some(&code[start..i]).filter(|name| !name.is_empty())
    })
}

/// The paths below `std` that some code names, groups written out: `std::{fs, io::Read}` is two.
pub(crate) fn std_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, root) in code.match_indices("std::") {
        if !code[..i].ends_with(is_word) {
            path_tree(&code[i + root.len()..], "std", &mut found);
        }
    }
    found
}

/// Reads one path or group after `prefix` and returns what is left.
fn path_tree<'a>(text: &'a str, prefix: &str, found: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = path_tree(rest, prefix, found).trim_start();
            match rest.strip_prefix(',') {
                Some(more) if !more.trim_start().starts_with('}') => rest = more,
                more => return more.unwrap_or(rest).trim_start().trim_start_matches('}'),
            }
        }
    }
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len()).max(usize::from(text.starts_with('*')));
    let path = format!("{prefix}::{}", &text[..length]);
    match text[length..].strip_prefix("::") {
        Some(rest) if !rest.starts_with('<') => path_tree(rest, &path, found),
        _ => {
            found.push(path);
            let rest = &text[length..];
            // `use a as b`: the new name is no path of its own.
            rest.strip_prefix(" as ").map_or(rest, |r| r.trim_start_matches(is_word))
        }
    }
}

/// All `.rs` files below a folder, in order of their paths.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    let mut paths: Vec<_> = entries.map(|e| e.expect("the folder can be listed").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn comments_and_literals_are_blanked() {
    let source = "a // b\n/* c /* d */ e */ f(\"g \\\" h\", 'i', '\\'', r#\"j \" k\"#, b\"l\") 'm: \"n\"";
    let kept: Vec<_> = words(&code(source)).map(str::to_owned).collect();
    assert_eq!(kept, ["a", "f", "b", "m"]);
    assert_eq!(code(source).lines().count(), 2);
    assert_eq!(words(&code("/// std::fs\nfn x<'a>(y: &'a str) {}")).collect::<Vec<_>>()[..2], ["fn", "x"]);
}

#[test]
fn tests_are_left_out_and_their_files_named() {
    let source = "fn a() {}\n#[cfg(test)]\nmod laws;\n#[cfg(test)]\n#[path = \"x\"]\nmod tests { fn b() { c(); } }\nfn d() {}";
    let (code, modules) = without_tests(source);
    assert_eq!(words(&code).collect::<Vec<_>>(), ["fn", "a", "fn", "d"]);
    assert_eq!(modules, ["laws"]);
}

#[test]
fn paths_are_written_out() {
    let source =
        "use std::{fs, io::{self, Read as R}, time::*,};\nlet x = std::env::var(y) as std::vec::Vec<u8>;";
    let expected =
        ["std::fs", "std::io::self", "std::io::Read", "std::time::*", "std::env::var", "std::vec::Vec"];
    assert_eq!(std_paths(source), expected);
    assert_eq!(macros("if a != b { print!(c); d::e! { !f } }").collect::<Vec<_>>(), ["print", "e"]);
}
