//! Objects in a bucket of an S3 server.
//!
//! Credentials, region and endpoint come from the variables that other programs use too (`AWS_ACCESS_KEY_ID`,
//! `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, ...). Who is first is decided by the server: a conditional
//! put (`If-None-Match: *`).

use std::path::PathBuf;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as Key;
use object_store::{Error as Refusal, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, RetryConfig};

use super::connector::Connector;
use super::{Object, Objects};
use crate::{Error, Result};

/// How often a request is made again, and for how long.
const RETRIES: usize = 5;
const PATIENCE: Duration = Duration::from_mins(1);

const CREDENTIALS: &str =
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may read and write there";

/// A bucket, or what is below a prefix of it.
#[derive(Debug)]
pub(super) struct Bucket {
    store: AmazonS3,
    name: String,
    prefix: String,
}

impl Bucket {
    /// The objects below `s3://BUCKET/PREFIX`.
    pub(super) fn open(address: &str) -> Result<Self> {
        let wrong = |reason: String| Error::remote(address.into(), reason);
        let rest = address.strip_prefix("s3://").unwrap_or(address);
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong("names no bucket; expected s3://BUCKET or s3://BUCKET/PREFIX".to_owned()));
        }
        let prefix = prefix.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        Key::parse(&prefix).map_err(|e| wrong(format!("cannot be a prefix: {e}")))?;
        let settings = AmazonS3Builder::from_env();
        let plain = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
            .iter()
            .find_map(|key| settings.get_config_value(key))
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        let retries = RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let store = settings
            .with_bucket_name(bucket)
            .with_allow_http(plain)
            .with_retry(retries)
            .with_http_connector(Connector)
            .build()
            .map_err(|e| wrong(format!("{e}; look at the variables AWS_*")))?;
        Ok(Self { store, name: bucket.to_owned(), prefix })
    }

    fn key(&self, name: &str) -> Result<Key> {
        let name = super::joined(&self.prefix, name);
        Key::parse(&name).map_err(|e| Error::remote(self.place(&name), format!("cannot be a name: {e}")))
    }

    /// Waits for an answer. Each has a runtime of its own, so that threads that wait do not wait for each other.
    fn wait<T>(&self, name: &str, answer: impl Future<Output = Result<T, Refusal>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(Error::io(&self.place(name)))?;
        runtime.block_on(answer).map_err(|refusal| self.error(name, &refusal))
    }

    fn error(&self, name: &str, refusal: &Refusal) -> Error {
        let place = self.place(name);
        match refusal {
            Refusal::PermissionDenied { .. } | Refusal::Unauthenticated { .. } => {
                Error::remote(place, format!("the server refused ({}); {CREDENTIALS}", root(refusal)))
            }
            Refusal::NotFound { .. } => {
                let bucket = &self.name;
                Error::remote(place, format!("there is no bucket `{bucket}`; make it, or name another one"))
            }
            Refusal::Generic { .. } => {
                let reason = root(refusal);
                let cure = "look at the network and AWS_ENDPOINT_URL, then run again: what is filed is safe";
                Error::Remote { place, reason: format!("{reason}; {cure}"), temporary: true }
            }
            other => Error::remote(place, other.to_string()),
        }
    }
}

/// The innermost reasons, without the layers that only repeat them.
fn root(refusal: &Refusal) -> String {
    let mut last: &dyn std::error::Error = refusal;
    let mut said = last.to_string();
    while let Some(next) = last.source() {
        last = next;
        if !next.to_string().is_empty() {
            said = next.to_string();
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Objects for Bucket {
    fn list(&self, folder: &str) -> Result<Vec<Object>> {
        let below = super::joined(&self.prefix, folder);
        let below = below.trim_end_matches('/');
        let prefix = (!below.is_empty()).then(|| format!("{below}/"));
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let options = PaginatedListOptions { page_token: token, ..PaginatedListOptions::default() };
            let page = self.wait(folder, self.store.list_paginated(prefix.as_deref(), options))?;
            found.extend(page.result.objects.into_iter().filter_map(|object| {
                let key = object.location.as_ref();
                let name = key.strip_prefix(&self.prefix)?.trim_start_matches('/').to_owned();
                let changed = || format!("{}-{}", object.size, object.last_modified);
                Some(Object { name, version: object.e_tag.clone().unwrap_or_else(changed) })
            }));
            token = page.page_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let key = self.key(name)?;
        self.wait(name, async {
            match self.store.get(&key).await {
                Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
                Err(Refusal::NotFound { .. }) => Ok(None),
                Err(e) => Err(e),
            }
        })
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let key = self.key(name)?;
        self.wait(name, self.store.put(&key, PutPayload::from(bytes.to_vec()))).map(|_| ())
    }

    fn put_new(&self, name: &str, bytes: &[u8]) -> Result<bool> {
        let key = self.key(name)?;
        self.wait(name, async {
            match self.store.put_opts(&key, PutPayload::from(bytes.to_vec()), PutMode::Create.into()).await {
                Ok(_) => Ok(true),
                Err(Refusal::AlreadyExists { .. } | Refusal::Precondition { .. }) => Ok(false),
                Err(e) => Err(e),
            }
        })
    }

    fn delete(&self, name: &str) -> Result<()> {
        let key = self.key(name)?;
        self.wait(name, async {
            match self.store.delete(&key).await {
                Err(Refusal::NotFound { .. }) => Ok(()),
                other => other,
            }
        })
    }

    fn place(&self, name: &str) -> PathBuf {
        let name = super::joined(&self.prefix, name);
        format!("s3://{}/{name}", self.name).trim_end_matches('/').into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_and_a_prefix() {
        for (address, name, place) in [
            ("s3://bucket", "a/b", "s3://bucket/a/b"),
            ("s3://bucket/", "", "s3://bucket"),
            ("s3://bucket//deep/er/", "a", "s3://bucket/deep/er/a"),
        ] {
            assert_eq!(Bucket::open(address).unwrap().place(name), PathBuf::from(place));
        }
        let error = Bucket::open("s3:///x").unwrap_err().to_string();
        assert_eq!(error, "s3:///x: names no bucket; expected s3://BUCKET or s3://BUCKET/PREFIX");
        assert!(Bucket::open("s3://b/../x").is_err());
    }

    #[test]
    fn refusals_tell_the_object_and_the_cure() {
        let bucket = Bucket::open("s3://bucket/p").unwrap();
        let because = || -> Box<dyn std::error::Error + Send + Sync> { "why".into() };
        let path = String::new;
        for (refusal, said, temporary) in [
            (Refusal::PermissionDenied { path: path(), source: because() }, "AWS_ACCESS_KEY_ID", false),
            (Refusal::NotFound { path: path(), source: because() }, "there is no bucket `bucket`", false),
            (Refusal::Generic { store: "S3", source: because() }, "why; look at the network", true),
        ] {
            let error = bucket.error("x", &refusal);
            let text = error.to_string();
            assert!(text.starts_with("s3://bucket/p/x: ") && text.contains(said), "{text}");
            assert!(matches!(error, Error::Remote { temporary: t, .. } if t == temporary), "{text}");
        }
    }
}
