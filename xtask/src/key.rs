//! The secret key of a developer's machine: made once, kept in the state directory, readable by its owner only.
//! It lets shares outlive a restart of `cargo xtask up`; a real site brings its own.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The key in this directory; the directory and the key are made if they are not there.
pub fn development_key(state: &Path) -> Result<String> {
    DirBuilder::new().recursive(true).mode(0o700).create(state).context("the state directory")?;
    let path = state.join("development-secret-key");
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(new_key()?.as_bytes())?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    }
    let key = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let key = key.trim().to_owned();
    ensure!(key.len() >= 32, "{} holds less than 32 bytes: delete it, and a new one is made", path.display());
    Ok(key)
}

/// 32 random bytes in hexadecimal: RFC 7518 §3.2 asks for at least 32 bytes for HS256.
fn new_key() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let key = development_key(&state).unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(development_key(&state).unwrap(), key);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&state.join("development-secret-key")), 0o600);
        assert_eq!(mode(&state), 0o700);
    }

    #[test]
    fn two_machines_have_two_keys() {
        assert_ne!(new_key().unwrap(), new_key().unwrap());
    }

    #[test]
    fn a_short_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("development-secret-key"), "short").unwrap();
        let error = development_key(folder.path()).unwrap_err().to_string();
        assert!(error.contains("32 bytes"), "{error}");
        assert!(!error.contains("short"), "{error}");
    }
}
