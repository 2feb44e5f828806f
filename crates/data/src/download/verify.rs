//! Is it what we asked for? Every byte is read before a file may replace a good one.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::de::IgnoredAny;
use zip::ZipArchive;

use super::request::Expect;

/// What a file must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'a> {
    pub(super) expect: Expect,
    /// Columns that must be there.
    pub(super) columns: &'a [String],
    /// Most bytes after decompression.
    pub(super) maximum_bytes: u64,
}

/// Reads the whole file; the error says what is wrong with it.
pub(super) fn verify(path: &Path, demand: &Demand) -> Result<(), String> {
    let io = |e: std::io::Error| e.to_string();
    let mut file = File::open(path).map_err(io)?;
    sniff(&mut file, demand.expect).map_err(io)??;
    let file = BufReader::new(file);
    match demand.expect {
        Expect::Csv => table(file, demand),
        Expect::Gzip => table(MultiGzDecoder::new(file), demand),
        Expect::Zip => archive(file, demand),
        Expect::Json => {
            serde_json::from_reader::<_, IgnoredAny>(file).map(drop).map_err(|e| format!("broken JSON: {e}"))
        }
    }
}

/// Looks at the first bytes, for the sake of a message that names the garbage.
fn sniff(file: &mut File, expect: Expect) -> std::io::Result<Result<(), String>> {
    let mut head = Vec::new();
    file.by_ref().take(64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let found = match text {
        [] => "nothing",
        [b'<', ..] => "an HTML or XML page",
        [b'{' | b'[', ..] => "JSON",
        [0x1F, 0x8B, ..] => "gzip",
        [b'P', b'K', ..] => "ZIP",
        _ => "something else",
    };
    let fits = match expect {
        Expect::Csv => found == "something else",
        Expect::Gzip => found == "gzip",
        Expect::Zip => found == "ZIP",
        Expect::Json => found == "JSON",
    };
    let text = String::from_utf8_lossy(&text[..text.len().min(40)]);
    Ok(if fits { Ok(()) } else { Err(format!("expected {expect}, got {found}, beginning {text:?}")) })
}

/// Every member must decompress to its checksum, and each `.csv` must be a table.
fn archive(file: BufReader<File>, demand: &Demand) -> Result<(), String> {
    let mut archive = ZipArchive::new(file).map_err(|e| format!("broken ZIP: {e}"))?;
    let mut tables = 0;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|e| format!("broken ZIP: {e}"))?;
        let name = member.name().map_err(|e| format!("broken ZIP: {e}"))?.into_owned();
        if Path::new(&name).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            table(&mut member, demand).map_err(|e| format!("{name}: {e}"))?;
            tables += 1;
        }
        let copied = std::io::copy(&mut member.by_ref().take(demand.maximum_bytes), &mut std::io::sink());
        copied.map_err(|e| format!("broken ZIP: {name}: {e}"))?;
    }
    if tables == 0 { Err("the ZIP archive holds no .csv".to_owned()) } else { Ok(()) }
}

/// A header with the columns asked for, and at least one row; all rows of the same length.
fn table(reader: impl Read, demand: &Demand) -> Result<(), String> {
    let mut limited = reader.take(demand.maximum_bytes);
    let mut csv = csv::ReaderBuilder::new().flexible(false).from_reader(&mut limited);
    let header = csv.byte_headers().map_err(|e| format!("broken: {e}"))?.clone();
    let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
    if let Some(missing) = demand.columns.iter().find(|c| !names.iter().any(|n| n == *c)) {
        return Err(format!("no column {missing:?}; the header is {:?}", names.join(",")));
    }
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0_u64);
    while csv.read_byte_record(&mut record).map_err(|e| format!("broken: {e}"))? {
        rows += 1;
    }
    drop(csv);
    if limited.limit() == 0 {
        return Err(format!("more than {} bytes (maximum-bytes)", demand.maximum_bytes));
    }
    if rows == 0 { Err("a header and no rows".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn judge(bytes: &[u8], expect: Expect) -> Result<(), String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let columns = ["id".to_owned(), "best".to_owned()];
        verify(file.path(), &Demand { expect, columns: &columns, maximum_bytes: 1000 })
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(name: &str, text: &[u8]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        writer.write_all(text).unwrap();
        writer.finish().unwrap().into_inner()
    }

    const TABLE: &[u8] = b"id,best\n1,2\n3,\"4,\n5\"\n";

    #[test]
    fn sound_files_pass() {
        judge(TABLE, Expect::Csv).unwrap();
        judge(&[b"\xEF\xBB\xBF", TABLE].concat(), Expect::Csv).unwrap();
        judge(&gzip(TABLE), Expect::Gzip).unwrap();
        judge(&zip("ged.csv", TABLE), Expect::Zip).unwrap();
        judge(b"  {\"a\": [1]}\n", Expect::Json).unwrap();
    }

    #[test]
    fn garbage_is_named() {
        let html = b"\n<!DOCTYPE html><title>down for maintenance</title>";
        for expect in [Expect::Csv, Expect::Gzip, Expect::Zip, Expect::Json] {
            let message = judge(html, expect).unwrap_err();
            assert!(message.contains("got an HTML or XML page") && message.contains("DOCTYPE"), "{message}");
            assert!(judge(b"", expect).unwrap_err().contains("got nothing"));
        }
        assert!(judge(TABLE, Expect::Gzip).unwrap_err().contains("beginning \"id,best"));
        assert!(judge(b"{\"a\": [1}", Expect::Json).unwrap_err().starts_with("broken JSON"));
    }

    #[test]
    fn tables_are_read_to_the_end() {
        for (text, part) in [
            (&b"id,deaths\n1,2\n"[..], "no column \"best\""),
            (b"id,best\n", "no rows"),
            (b"id,best\n1,2\n3", "found record with 1 fields"),
        ] {
            let message = judge(text, Expect::Csv).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn every_damaged_byte_of_the_content_is_noticed() {
        let (sound, content) = (gzip(TABLE), 10);
        for at in content..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x10;
            let mut text = Vec::new();
            // The last bits before the checksum are padding.
            let harmless = MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).is_ok() && text == TABLE;
            assert!(
                judge(&bytes, Expect::Gzip).is_err() || (harmless && at == sound.len() - 9),
                "gzip byte {at}"
            );
            assert!(judge(&sound[..at], Expect::Gzip).is_err(), "gzip cut at {at}");
        }
        let sound = zip("ged.csv", TABLE);
        let content = 30 + "ged.csv".len();
        for at in content..content + 10 {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x10;
            assert!(judge(&bytes, Expect::Zip).is_err(), "zip byte {at}");
        }
        assert!(judge(&sound[..sound.len() - 5], Expect::Zip).is_err());
        assert!(judge(&zip("readme.txt", TABLE), Expect::Zip).unwrap_err().contains("no .csv"));
    }

    #[test]
    fn a_bomb_is_not_decompressed_for_ever() {
        let bomb = gzip(&[TABLE, &b"1,2\n".repeat(1000)].concat());
        assert!(bomb.len() < 1000);
        assert!(judge(&bomb, Expect::Gzip).unwrap_err().contains("maximum-bytes"));
    }
}
