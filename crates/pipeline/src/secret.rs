//! Secrets: from the environment, or from a file that nobody else may read. They are in no configuration, and never shown.

use std::path::Path;

use crate::{Error, Result};

/// Text that is never printed.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Secret(pub(crate) Option<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Secret(set)" } else { "Secret(not set)" })
    }
}

impl Secret {
    /// The value of the first of two variables, or what is in the file that the second one names, without the white space
    /// around it. None where neither is set.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read; [`Error::Config`] when others may read it, or nothing is in it.
    pub(crate) fn of(environment: &[(String, String)], (value, file): (&str, &str)) -> Result<Self> {
        let find = |wanted: &str| {
            environment
                .iter()
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, value)| value)
        };
        if let Some(value) = find(value) {
            return Ok(Self(Some(value.clone())));
        }
        find(file).map_or_else(|| Ok(Self::default()), |path| Self::read(Path::new(path), file))
    }

    fn read(path: &Path, variable: &str) -> Result<Self> {
        let place = || format!("{variable} ({})", path.display());
        private(path).map_err(|reason| Error::config(place(), reason))?;
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::config(place(), "there is nothing in the file"));
        }
        Ok(Self(Some(text.to_owned())))
    }
}

/// Variables whose values are never printed.
#[derive(Clone, Default)]
pub(crate) struct Secrets(pub(crate) Vec<(String, String)>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Secrets {
    /// Those of the variables `names` that are set, or for which a variable `NAME_FILE` names a file.
    ///
    /// # Errors
    /// As [`Secret::of`].
    pub(crate) fn of(environment: &[(String, String)], names: &[&str]) -> Result<Self> {
        let mut all = Vec::new();
        for name in names {
            let Secret(value) = Secret::of(environment, (name, &format!("{name}_FILE")))?;
            all.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        Ok(Self(all))
    }
}

/// Whether only its owner may read a file; why not, and the cure.
#[cfg(unix)]
fn private(path: &Path) -> std::result::Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;

    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    let mode = metadata.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(format!("others than its owner may read it (mode {mode:o}); `chmod 600 {}`", path.display()))
}

/// Other systems have no such bits.
#[cfg(not(unix))]
fn private(_: &Path) -> std::result::Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NAMES: (&str, &str) = ("TOKEN", "TOKEN_FILE");

    fn environment(pairs: &[(&str, &Path)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.display().to_string())).collect()
    }

    #[test]
    fn a_secret_is_the_variable_or_what_is_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "from the file\n").unwrap();
        let chmod = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let of = |pairs: &[(&str, &Path)]| Secret::of(&environment(pairs), NAMES);
        chmod(0o600);
        assert_eq!(of(&[("TOKEN_FILE", &path)]).unwrap().0.as_deref(), Some("from the file"));
        let both = [("TOKEN_FILE", path.as_path()), ("TOKEN", Path::new("itself"))];
        assert_eq!(of(&both).unwrap().0.as_deref(), Some("itself"));
        assert_eq!(of(&[]).unwrap(), Secret(None));
        chmod(0o640);
        let said = of(&[("TOKEN_FILE", &path)]).unwrap_err().to_string();
        assert!(
            said.contains("mode 640") && said.contains("chmod 600") && !said.contains("from the file"),
            "{said}"
        );
        std::fs::write(&path, " \n").unwrap();
        chmod(0o400);
        assert!(of(&[("TOKEN_FILE", &path)]).unwrap_err().to_string().contains("nothing in the file"));
        assert!(of(&[("TOKEN_FILE", Path::new("/nowhere"))]).unwrap_err().to_string().contains("/nowhere"));
        assert_eq!(format!("{:?}", Secret(Some("x".into()))), "Secret(set)");
        let all =
            Secrets::of(&environment(&[("A", Path::new("one")), ("C", Path::new("three"))]), &["A", "B"])
                .unwrap();
        assert_eq!(
            (all.0.as_slice(), format!("{all:?}")),
            (&[("A".into(), "one".into())][..], "{\"A\"}".to_owned())
        );
    }
}
