//! The file of a run: records in blocks, as in the log of `LevelDB`, with plain CRC-32.
//!
//! A header of 7 bytes, then blocks of 32 KiB, the header being part of the first. A record is cut where a block ends; each
//! piece has the CRC-32 (little-endian) of its kind and bytes, their number in 2 bytes, and its kind: 1 whole, 2 first, 3
//! middle, 4 last. Less than 7 bytes at the end of a block are zero.

const HEADER: &[u8; 7] = b":W&B\xe1\xbe\0";
const BLOCK: usize = 32 << 10;
const PIECE: usize = 7;
const WHOLE: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// The bytes of a file with these records.
pub(super) fn file(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    for record in records {
        put(&mut bytes, record);
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, record: &[u8]) {
    let (mut rest, mut first) = (record, true);
    loop {
        let left = BLOCK - bytes.len() % BLOCK;
        if left < PIECE {
            bytes.resize(bytes.len() + left, 0);
            continue;
        }
        let (piece, after) = rest.split_at(rest.len().min(left - PIECE));
        let kind = match (first, after.is_empty()) {
            (true, true) => WHOLE,
            (true, false) => FIRST,
            (false, false) => MIDDLE,
            (false, true) => LAST,
        };
        let mut check = crc32fast::Hasher::new();
        check.update(&[kind]);
        check.update(piece);
        bytes.extend(check.finalize().to_le_bytes());
        // A piece is shorter than a block.
        bytes.extend((piece.len() as u16).to_le_bytes());
        bytes.push(kind);
        bytes.extend(piece);
        if after.is_empty() {
            return;
        }
        (rest, first) = (after, false);
    }
}

/// Reads what [`file`] wrote, in another way: block by block.
#[cfg(test)]
pub(super) fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    assert_eq!(&bytes[..7], b":W&B\xe1\xbe\x00");
    let (mut found, mut open) = (Vec::new(), None::<Vec<u8>>);
    for (number, block) in bytes.chunks(32_768).enumerate() {
        let mut at = if number == 0 { 7 } else { 0 };
        while block.len() - at >= 7 {
            let check = u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
            let length = usize::from(block[at + 4]) + 256 * usize::from(block[at + 5]);
            let data = &block[at + 7..at + 7 + length];
            assert_eq!(check, crc32fast::hash(&[&block[at + 6..at + 7], data].concat()));
            match (block[at + 6], open.take()) {
                (1, None) => found.push(data.to_vec()),
                (2, None) => open = Some(data.to_vec()),
                (3, Some(begun)) => open = Some([&begun, data].concat()),
                (4, Some(begun)) => found.push([&begun, data].concat()),
                (kind, begun) => panic!("a piece of kind {kind} after {begun:?}"),
            }
            at += 7 + length;
        }
        assert!(block[at..].iter().all(|byte| *byte == 0));
    }
    assert_eq!(open, None, "a record without its end");
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|i| ((i * 31 + seed * 7) % 251) as u8).collect()
    }

    #[test]
    fn a_small_record_is_written_as_by_hand() {
        // `python3 -c "import zlib; print(hex(zlib.crc32(b'\x01abc')))"` is 0x539d20a9.
        let expected = b":W&B\xe1\xbe\0\xa9\x20\x9d\x53\x03\0\x01abc";
        assert_eq!(file(&[b"abc".to_vec()]), expected);
    }

    #[test]
    fn records_come_back_wherever_blocks_end() {
        // The first block has 32768 - 7 bytes; records that leave 0 to 8 bytes of it, and some longer than blocks.
        for left in 0..9 {
            let first = 32_768 - 7 - 7 - left;
            let all = [record(first, 1), record(3, 2), Vec::new(), record(100_000, 3), record(1, 4)].to_vec();
            assert_eq!(records(&file(&all)), all, "{left} bytes left");
        }
    }

    #[test]
    fn a_changed_byte_is_seen() {
        let mut bytes = file(&[record(40_000, 1)]);
        *bytes.last_mut().unwrap() ^= 1;
        assert!(std::panic::catch_unwind(|| records(&bytes)).is_err());
    }
}
