//! States as bytes: a name, a version, and numbers in little-endian order.

use std::sync::Arc;

use forewarn_core::{Error, Result};

/// Writes a state.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// A state of `component` in this version of its format.
    pub(crate) fn new(component: &str, version: u8) -> Self {
        let mut bytes = component.as_bytes().to_vec();
        bytes.extend([0, version]);
        Self(bytes)
    }

    pub(crate) fn byte(&mut self, x: u8) {
        self.0.push(x);
    }

    pub(crate) fn count(&mut self, x: usize) {
        self.index(x as u32);
    }

    pub(crate) fn index(&mut self, x: u32) {
        self.0.extend(x.to_le_bytes());
    }

    pub(crate) fn single(&mut self, x: f32) {
        self.0.extend(x.to_le_bytes());
    }

    pub(crate) fn double(&mut self, x: f64) {
        self.0.extend(x.to_le_bytes());
    }

    pub(crate) fn names(&mut self, names: &[String]) {
        self.count(names.len());
        for name in names {
            self.count(name.len());
            self.0.extend(name.as_bytes());
        }
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what a [`Writer`] wrote; every error names the component.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    component: &'a str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads a state of `component` in this version of its format.
    ///
    /// # Errors
    /// [`Error::Data`] when the bytes begin otherwise.
    pub(crate) fn new(component: &'a str, version: u8, state: &'a [u8]) -> Result<Self> {
        let rest = state.strip_prefix(component.as_bytes()).and_then(|rest| rest.strip_prefix(&[0]));
        let mut reader = Self { component, rest: rest.unwrap_or_default() };
        let found = reader.byte()?;
        if found != version {
            return Err(reader.wrong(&format!(
                "version {found} of the format, this program reads {version}: fit again, or use the program that wrote it"
            )));
        }
        Ok(reader)
    }

    pub(crate) fn wrong(&self, why: &str) -> Error {
        Error::data(format!("these bytes are no state of `{}`: {why}", self.component))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.wrong("they end too early, or begin otherwise"));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn index(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn single(&mut self) -> Result<f32> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    pub(crate) fn double(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A count of things of at least `size` bytes each, so that no more is set aside than there can be.
    pub(crate) fn count(&mut self, size: usize) -> Result<usize> {
        let count = self.index()? as usize;
        if count > self.rest.len() / size {
            return Err(self.wrong(&format!("{count} things in {} bytes", self.rest.len())));
        }
        Ok(count)
    }

    pub(crate) fn names(&mut self) -> Result<Arc<[String]>> {
        let count = self.count(4)?;
        (0..count).map(|_| self.name()).collect()
    }

    fn name(&mut self) -> Result<String> {
        let length = self.count(1)?;
        let bytes = self.take(length)?.to_vec();
        String::from_utf8(bytes).map_err(|_| self.wrong("a name is no text"))
    }

    /// That nothing is left over.
    pub(crate) fn end(self) -> Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.wrong(&format!("{} bytes too many", self.rest.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Vec<u8> {
        let mut w = Writer::new("x", 2);
        w.byte(7);
        w.names(&["a".to_owned(), "ö".to_owned()]);
        w.single(f32::INFINITY);
        w.double(-0.5);
        w.done()
    }

    fn read(state: &[u8]) -> Result<(u8, Arc<[String]>, f32, f64)> {
        let mut r = Reader::new("x", 2, state)?;
        let all = (r.byte()?, r.names()?, r.single()?, r.double()?);
        r.end()?;
        Ok(all)
    }

    #[test]
    fn what_was_written_is_read() {
        let names: Arc<[String]> = ["a".to_owned(), "ö".to_owned()].into();
        assert_eq!(read(&state()).unwrap(), (7, names, f32::INFINITY, -0.5));
    }

    #[test]
    fn anything_else_is_refused() {
        let state = state();
        (0..state.len()).for_each(|n| assert!(read(&state[..n]).is_err(), "{n} bytes"));
        let wrong = |state: &[u8]| read(state).unwrap_err().to_string();
        assert!(wrong(&[&state[..], &[0]].concat()).contains("1 bytes too many"));
        assert!(wrong(b"nonsense").contains("no state of `x`"));
        let mut other = state.clone();
        other[2] = 3;
        assert!(wrong(&other).contains("version 3 of the format, this program reads 2"));
        let mut huge = state;
        huge[4..8].fill(255);
        assert!(wrong(&huge).contains("4294967295 things"));
    }
}
