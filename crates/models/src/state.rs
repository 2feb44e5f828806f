//! The bytes of a fitted model that has parts: a header and the state of each part.
//!
//! ```text
//! 8 bytes   "fwmodel" and the version, 1
//! 4 bytes   length of the header, little endian
//! header    JSON: {"component": .., "settings": .., "parts": [length of each part, in bytes]}
//! parts     one after the other
//! ```
//! Nothing in it is code: reading a state cannot run anything.

use forewarn_core::{Error, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const MAGIC: &[u8; 8] = b"fwmodel\x01";

#[derive(Serialize, Deserialize)]
struct Header<T> {
    component: String,
    facts: T,
    parts: Vec<usize>,
}

/// A state of `component`: facts and the states of its parts.
///
/// # Errors
/// [`Error::Numeric`] when the facts cannot be written.
pub(crate) fn write<T: Serialize>(component: &str, facts: &T, parts: &[Vec<u8>]) -> Result<Vec<u8>> {
    let lengths = parts.iter().map(Vec::len).collect();
    let header = Header { component: component.to_owned(), facts, parts: lengths };
    let header = serde_json::to_vec(&header).map_err(|e| Error::numeric(component, e.to_string()))?;
    let mut out = MAGIC.to_vec();
    out.extend((header.len() as u32).to_le_bytes());
    out.extend(header);
    out.extend(parts.concat());
    Ok(out)
}

/// The facts and the parts of a state of `component`.
///
/// # Errors
/// [`Error::Data`] that says what is wrong with the bytes.
pub(crate) fn read<T: DeserializeOwned>(component: &str, state: &[u8]) -> Result<(T, Vec<Vec<u8>>)> {
    let wrong = |why: String| Error::data(format!("these bytes are no state of `{component}`: {why}"));
    let cut = |bytes: &'_ [u8], at: usize| bytes.split_at_checked(at).map(|(a, b)| (a.to_vec(), b.to_vec()));
    let short = || wrong("they end too early".to_owned());
    let (magic, rest) = cut(state, MAGIC.len()).ok_or_else(short)?;
    if magic[..7] != MAGIC[..7] {
        return Err(wrong("they do not begin with `fwmodel`".to_owned()));
    }
    if magic[7] != MAGIC[7] {
        return Err(wrong(format!("version {}, this program reads version {}", magic[7], MAGIC[7])));
    }
    let (length, rest) = cut(&rest, 4).ok_or_else(short)?;
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    let (header, mut rest) = cut(&rest, length as usize).ok_or_else(short)?;
    let header: Header<T> = serde_json::from_slice(&header).map_err(|e| wrong(e.to_string()))?;
    if header.component != component {
        return Err(wrong(format!("they are of `{}`", header.component)));
    }
    let mut parts = Vec::with_capacity(header.parts.len());
    for length in header.parts {
        let (part, after) = cut(&rest, length).ok_or_else(short)?;
        parts.push(part);
        rest = after;
    }
    if rest.is_empty() {
        Ok((header.facts, parts))
    } else {
        Err(wrong("they go on after the end".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_round_trip_and_damage_is_told() {
        let bytes = write("thing", &(3, "x".to_owned()), &[vec![1, 2], vec![], vec![9]]).unwrap();
        let (facts, parts) = read::<(u8, String)>("thing", &bytes).unwrap();
        assert_eq!((facts, parts), ((3, "x".to_owned()), vec![vec![1, 2], vec![], vec![9]]));
        let wrong = |bytes: &[u8]| read::<(u8, String)>("thing", bytes).unwrap_err().to_string();
        for end in 0..bytes.len() {
            assert!(wrong(&bytes[..end]).contains("no state of `thing`"), "cut at {end}");
        }
        let with = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            wrong(&bytes)
        };
        assert!(with(7, 2).contains("version 2, this program reads version 1"));
        assert!(with(0, b'x').contains("do not begin"));
        assert!(wrong(&[&bytes[..], &[0]].concat()).contains("go on after the end"));
        assert!(
            read::<(u8, String)>("other", &bytes).unwrap_err().to_string().contains("they are of `thing`")
        );
    }
}
