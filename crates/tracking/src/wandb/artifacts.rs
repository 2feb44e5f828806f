//! Artifacts as W&B knows them: a manifest of references, and a digest that is the same wherever the files are the same.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::Wandb;
use super::messages::{self, Entry, KeyValue, Manifest};
use crate::words::{hexadecimal, sha256};
use crate::{Artifact, Error, File, Place, Result, Role};

/// The record of an artifact.
///
/// What is used is told as an artifact that is logged and then used (`use_after_commit`), because an offline run cannot
/// know the id that a server gave it; by its digest the server finds the version it has already.
pub(super) fn record(tracker: &Wandb, run_id: &str, artifact: &Artifact) -> Result<messages::Artifact> {
    artifact.check()?;
    let mut contents = artifact.files.iter().map(entry).collect::<Result<Vec<_>>>()?;
    contents.sort_by(|a, b| a.path.cmp(&b.path));
    let digest = digest(&contents);
    Ok(messages::Artifact {
        run_id: run_id.to_owned(),
        project: tracker.project.clone(),
        entity: tracker.entity.clone(),
        kind: artifact.kind.clone(),
        name: artifact.name.clone(),
        client_id: client_id(&[run_id, &artifact.name, &digest]),
        sequence_client_id: client_id(&[&tracker.project, &artifact.kind, &artifact.name]),
        digest,
        // A run that uses an artifact is not the one that made it.
        user_created: artifact.role == Role::Used,
        use_after_commit: artifact.role == Role::Used,
        aliases: std::iter::once("latest".to_owned()).chain(artifact.aliases.iter().cloned()).collect(),
        manifest: Some(Manifest {
            version: 1,
            storage_policy: "wandb-storage-policy-v1".to_owned(),
            storage_policy_config: vec![KeyValue {
                key: "storageLayout".into(),
                value_json: "\"V2\"".into(),
            }],
            contents,
        }),
        finalize: true,
        digest_algorithm: "MANIFEST_MD5".to_owned(),
    })
}

/// MD5 over the paths and digests of a manifest's entries in the order of the paths (`ArtifactManifestV1.digest`).
fn digest(contents: &[Entry]) -> String {
    let mut hasher = Md5::new_with_prefix("wandb-artifact-manifest-v1\n");
    for entry in contents {
        hasher.update(format!("{}:{}\n", entry.path, entry.digest));
    }
    hexadecimal(&hasher.finalize())
}

/// 128 digits that name an artifact before a server has seen it.
fn client_id(words: &[&str]) -> String {
    let first = sha256(words.join("\0").as_bytes());
    let second = sha256(first.as_bytes());
    first + &second
}

fn entry(file: &File) -> Result<Entry> {
    let path = file.name.clone();
    match &file.place {
        Place::Address(address) => {
            Ok(Entry { path, digest: file.digest.clone(), reference: address.clone(), size: 0 })
        }
        Place::Path(place) => {
            let place = std::path::absolute(place).map_err(Error::io(place))?;
            let (digest, size) = md5_of(&place).map_err(Error::io(&place))?;
            Ok(Entry { path, digest, reference: format!("file://{}", place.display()), size })
        }
    }
}

/// MD5 in base 64, by which W&B checks references to files, and the size.
fn md5_of(path: &Path) -> std::io::Result<(String, i64)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut size, mut buffer) = (Md5::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((STANDARD.encode(hasher.finalize()), size));
        }
        hasher.update(&buffer[..read]);
        size += read as i64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_package() {
        // wandb 0.31.0: an artifact with a file `f.txt` of `hello` and a reference `y` to forewarn://x/y.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        std::fs::write(&path, "hello").unwrap();
        let file = File { name: "f.txt".into(), place: Place::Path(path), digest: String::new() };
        let there = entry(&file).unwrap();
        assert_eq!((there.digest.as_str(), there.size), ("XUFAKrxLKna5cZ2REBfFkg==", 5));
        assert!(there.reference.starts_with("file:///") && there.reference.ends_with("/hello"));
        let address = "forewarn://x/y";
        let elsewhere =
            File { name: "y".into(), place: Place::Address(address.into()), digest: address.into() };
        let files = [there, entry(&elsewhere).unwrap()];
        assert_eq!(digest(&files), "3318f0b0708757ac30f2a8c2a4e155b6");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let file =
            File { name: "a".into(), place: Place::Path("/no/such/file".into()), digest: String::new() };
        assert!(entry(&file).unwrap_err().to_string().starts_with("/no/such/file: "));
    }
}
