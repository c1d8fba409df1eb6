//! A text ⟶ a file outside of the state of planc: whole or not at all, and never through a link that somebody left at its name.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The mode of a file that was not there, before the mask of the process.
pub const USUAL_MODE: u32 = 0o666;

/// Writes a file that is not there yet. Whatever has its name, a link to nothing as well, is left as it is.
pub fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be taken for a damaged one.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Puts a file in the place of whatever has its name, a link as well; the mode of a file is kept. It is written beside, under a
/// name that nobody knows before.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_file_name(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    create(&beside, content, USUAL_MODE)?;
    let kept = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file);
    let kept = kept.map_or(Ok(()), |old| std::fs::set_permissions(&beside, old.permissions()));
    let put = kept.and_then(|()| std::fs::rename(&beside, path));
    if put.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn no_link_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("kept"), "kept").unwrap();
        symlink("kept", at("link")).unwrap();
        symlink("nothing", at("dangling")).unwrap();
        for name in ["link", "dangling"] {
            assert!(create(&at(name), b"new", USUAL_MODE).is_err(), "{name}");
            replace(&at(name), b"new").unwrap();
            assert!(at(name).symlink_metadata().unwrap().is_file(), "{name}");
        }
        assert_eq!((fs::read(at("kept")).unwrap(), at("nothing").exists()), (b"kept".to_vec(), false));
        fs::set_permissions(at("kept"), fs::Permissions::from_mode(0o640)).unwrap();
        replace(&at("kept"), b"other").unwrap();
        assert_eq!(at("kept").metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
