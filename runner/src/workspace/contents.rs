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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// How much a store may hold, and how much it holds: counted when that is first asked for. Clones of a store share it.
#[derive(Debug)]
struct Room {
    most: u64,
    held: Mutex<Option<u64>>,
}

/// A store of contents in one directory.
#[derive(Clone, Debug)]
pub struct Contents {
    dir: PathBuf,
    room: Arc<Room>,
    /// Seals what is put, under a name that does not tell what it is.
    sealer: Option<Sealer>,
}

impl Room {
    fn of(most: u64) -> Room {
        Room { most, held: Mutex::new(None) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        // A number is whole whoever broke down while it was held.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// Opens the store in a directory, which is made where it does not exist.
    pub fn open(dir: &Path) -> io::Result<Contents> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Contents { dir: dir.to_owned(), room: Arc::new(Room::of(u64::MAX)), sealer: None })
    }

    /// The same store, which keeps nothing more once it holds that many bytes.
    pub fn within(self, most: u64) -> Contents {
        Contents { room: Arc::new(Room::of(most)), ..self }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// The same store, for contents that nobody may read: what is put from here on is sealed.
    pub fn sealed(&self, sealer: &Sealer) -> Contents {
        Contents { sealer: Some(sealer.clone()), ..self.clone() }
    }

    /// How many bytes it holds, and how many it may.
    pub fn room(&self) -> io::Result<(u64, u64)> {
        Ok((self.held(&mut self.room.lock())?, self.room.most))
    }

    /// Whether a content with this digest is there.
    pub fn has(&self, digest: &Digest) -> bool {
        self.place(digest).1.is_file()
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
        self.take_room(stored.len() as u64)?;
        self.write(&shard, &file, &stored).inspect_err(|_| self.give_room(stored.len() as u64))?;
        Ok(digest)
    }

    fn write(&self, shard: &Path, file: &Path, stored: &[u8]) -> io::Result<()> {
        if !shard.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(shard)?;
            sync_dir(&self.dir)?;
        }
        let temporary = shard.join(format!(".{}", uuid::Uuid::new_v4().simple()));
        let written = write_new(&temporary, stored).and_then(|()| fs::rename(&temporary, file));
        if written.is_err() {
            // The error of the writing matters more than that of the cleaning.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        sync_dir(shard)
    }

    /// The bytes that the store holds, counted once.
    fn held(&self, held: &mut Option<u64>) -> io::Result<u64> {
        match *held {
            Some(held) => Ok(held),
            None => {
                let counted = self.all()?.contents.iter().map(|(_, bytes)| bytes).sum();
                *held = Some(counted);
                Ok(counted)
            }
        }
    }

    fn take_room(&self, bytes: u64) -> io::Result<()> {
        // A store without a limit need not be counted.
        if self.room.most == u64::MAX {
            return Ok(());
        }
        let mut held = self.room.lock();
        let (now, most) = (self.held(&mut held)?, self.room.most);
        if now.saturating_add(bytes) > most {
            let why = format!(
                "the store of earlier contents holds {now} of {most} bytes, and {bytes} more do not fit: \
                 `planc gc` removes what no run needs, `[contents] max_mb` allows more"
            );
            return Err(io::Error::new(io::ErrorKind::StorageFull, why));
        }
        *held = Some(now + bytes);
        Ok(())
    }

    fn give_room(&self, bytes: u64) {
        if let Some(held) = self.room.lock().as_mut() {
            *held = held.saturating_sub(bytes);
        }
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
        let file = self.dir.join(&hex[..2]).join(&hex[2..]);
        let bytes = file.metadata()?.len();
        fs::remove_file(file)?;
        self.give_room(bytes);
        Ok(())
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
    fn no_more_is_kept_than_fits_and_what_is_there_fits_again() {
        let dir = tempfile::tempdir().unwrap();
        let contents = Contents::open(dir.path()).unwrap().within(10);
        let first = contents.put(b"12345").unwrap();
        contents.put(b"67890").unwrap();
        let error = contents.put(b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("holds 10 of 10 bytes"), "{error}");
        // It takes no room twice, and nothing is left half written.
        contents.put(b"12345").unwrap();
        assert_eq!(contents.all().unwrap().contents.len(), 2);
        assert!(contents.all().unwrap().halves.is_empty());
        contents.remove(&first).unwrap();
        contents.put(b"x").unwrap();
        assert_eq!(Contents::open(dir.path()).unwrap().within(10).room().unwrap(), (6, 10));
    }

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
