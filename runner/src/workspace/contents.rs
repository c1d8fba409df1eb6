//! Bytes ⟶ their digest, kept durably: what changes put in place and what taking them back needs. A content is stored
//! under its digest, sharded by the first two digits, readable by the account alone.

use crate::seal::Sealer;
use planc_lang::digest::Digest;
use rustix::fs::{Mode, OFlags};
use std::borrow::Cow;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The role in which the names of sealed contents are committed to.
const PLACE: &str = "place of a content";

/// What a store has.
#[derive(Debug, Default)]
pub struct Held {
    /// What is kept, by name, with its bytes.
    pub contents: Vec<(Digest, u64)>,
    /// What was left half written.
    pub halves: Vec<PathBuf>,
}

/// A store of contents in one directory.
#[derive(Clone, Debug)]
pub struct Contents {
    dir: PathBuf,
    /// Seals what is put, under a name that does not tell what it is.
    sealer: Option<Sealer>,
}

impl Contents {
    /// Opens the store in a directory, which is made where it does not exist.
    pub fn open(dir: &Path) -> io::Result<Contents> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Contents { dir: dir.to_owned(), sealer: None })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// The same store, for contents that nobody may read: what is put from here on is sealed.
    pub fn sealed(&self, sealer: &Sealer) -> Contents {
        Contents { dir: self.dir.clone(), sealer: Some(sealer.clone()) }
    }

    /// Keeps bytes; when this returns they survive a crash. Bytes that are there already are not written again; what is
    /// there damaged is replaced.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        let (shard, file) = self.place(&digest);
        if self.holds(&file, &digest, bytes) {
            // Whoever put it there may not have come to this.
            sync_dir(&shard)?;
            return Ok(digest);
        }
        let stored = self.stored(&digest, bytes)?;
        if !shard.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(&shard)?;
            sync_dir(&self.dir)?;
        }
        let temporary = shard.join(format!(".{}", uuid::Uuid::new_v4().simple()));
        let written = write_new(&temporary, &stored).and_then(|()| fs::rename(&temporary, &file));
        if written.is_err() {
            // The error of the writing matters more than that of the cleaning.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        sync_dir(&shard)?;
        Ok(digest)
    }

    /// Under which name a content with this digest is kept.
    pub fn name_of(&self, digest: &Digest) -> Digest {
        self.name(digest)
    }

    /// What is here.
    pub fn all(&self) -> io::Result<Held> {
        let (mut contents, mut halves) = (Vec::new(), Vec::new());
        for shard in fs::read_dir(&self.dir)? {
            let shard = shard?;
            if !shard.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shard.path())? {
                let file = file?;
                let name = file.file_name().to_string_lossy().into_owned();
                match format!("{}{name}", shard.file_name().to_string_lossy()).parse() {
                    Ok(digest) => contents.push((digest, file.metadata()?.len())),
                    Err(_) if name.starts_with('.') => halves.push(file.path()),
                    Err(_) => {}
                }
            }
        }
        Ok(Held { contents, halves })
    }

    /// Removes a content by its name. Nothing that may still be needed: it cannot be made again.
    pub fn remove(&self, name: &Digest) -> io::Result<()> {
        let hex = name.hex();
        fs::remove_file(self.dir.join(&hex[..2]).join(&hex[2..]))
    }

    /// The bytes with this digest. Bytes that were damaged are an error, never given out.
    pub fn get(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let damaged =
            || io::Error::new(io::ErrorKind::InvalidData, format!("the stored content {} is damaged", digest.short()));
        let mut bytes = Vec::new();
        File::open(self.place(digest).1)?.read_to_end(&mut bytes)?;
        if let Some(sealer) = &self.sealer {
            bytes = sealer.open_bytes(&self.name(digest).hex(), &bytes).map_err(|_| damaged())?;
        }
        match Digest::of(&bytes) == *digest {
            true => Ok(bytes),
            false => Err(damaged()),
        }
    }

    fn holds(&self, file: &Path, digest: &Digest, bytes: &[u8]) -> bool {
        match &self.sealer {
            None => holds(file, bytes),
            Some(_) => self.get(digest).is_ok(),
        }
    }

    /// What stands in the file of a content.
    fn stored<'b>(&self, digest: &Digest, bytes: &'b [u8]) -> io::Result<Cow<'b, [u8]>> {
        match &self.sealer {
            None => Ok(Cow::Borrowed(bytes)),
            Some(sealer) => {
                let sealed = sealer.seal_bytes(&self.name(digest).hex(), bytes);
                sealed.map(Cow::Owned).map_err(|error| io::Error::other(error.to_string()))
            }
        }
    }

    /// Under which name a content is kept.
    fn name(&self, digest: &Digest) -> Digest {
        self.sealer.as_ref().map_or(*digest, |sealer| sealer.commit(PLACE, &digest.0))
    }

    fn place(&self, digest: &Digest) -> (PathBuf, PathBuf) {
        let hex = self.name(digest).hex();
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
