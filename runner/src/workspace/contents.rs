//! Bytes ⟶ their digest, kept durably: what changes put in place and what taking them back needs. A content is stored
//! under its digest, sharded by the first two digits, readable by the account alone.

use planc_lang::digest::Digest;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A store of contents in one directory.
#[derive(Clone, Debug)]
pub struct Contents {
    dir: PathBuf,
}

impl Contents {
    /// Opens the store in a directory, which is made where it does not exist.
    pub fn open(dir: &Path) -> io::Result<Contents> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Contents { dir: dir.to_owned() })
    }

    /// Keeps bytes; when this returns they survive a crash. Bytes that are there already are not written again; what is
    /// there damaged is replaced.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        let (shard, file) = self.place(&digest);
        if holds(&file, bytes) {
            // Whoever put it there may not have come to this.
            sync_dir(&shard)?;
            return Ok(digest);
        }
        if !shard.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(&shard)?;
            sync_dir(&self.dir)?;
        }
        let temporary = shard.join(format!(".{}", uuid::Uuid::new_v4().simple()));
        let written = write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, &file));
        if written.is_err() {
            // The error of the writing matters more than that of the cleaning.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        sync_dir(&shard)?;
        Ok(digest)
    }

    /// The bytes with this digest. Bytes that were damaged are an error, never given out.
    pub fn get(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.place(digest).1)?.read_to_end(&mut bytes)?;
        match Digest::of(&bytes) == *digest {
            true => Ok(bytes),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, format!("the stored content {digest} is damaged"))),
        }
    }

    fn place(&self, digest: &Digest) -> (PathBuf, PathBuf) {
        let hex = digest.hex();
        let shard = self.dir.join(&hex[..2]);
        let file = shard.join(&hex[2..]);
        (shard, file)
    }
}

fn holds(file: &Path, bytes: &[u8]) -> bool {
    file.metadata().is_ok_and(|meta| meta.len() == bytes.len() as u64)
        && fs::read(file).is_ok_and(|stored| stored == bytes)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::fs::fsync(&dir)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_content_is_replaced_when_it_is_kept_again() {
        let dir = tempfile::tempdir().unwrap();
        let contents = Contents::open(dir.path()).unwrap();
        let digest = contents.put(b"right").unwrap();
        fs::write(contents.place(&digest).1, b"wrong").unwrap();
        assert!(contents.get(&digest).is_err());
        contents.put(b"right").unwrap();
        assert_eq!(contents.get(&digest).unwrap(), b"right");
    }
}
