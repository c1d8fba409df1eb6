//! A report ⟶ the end of a file. Where it shall stand is kept before it is written, so that what was cut off is found and
//! finished.

use super::{CUT_OFF, Carrier, Outcome, Parcel};
use rustix::fs::{Mode, OFlags};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// To a file.
pub(super) struct ToFile {
    pub(super) path: PathBuf,
}

impl Carrier for ToFile {
    fn prepare(&mut self) -> Result<Json, String> {
        let length = self.open().and_then(|file| file.metadata()).map(|metadata| metadata.len());
        length.map(|offset| json!({ "offset": offset })).map_err(|error| self.failed(&error))
    }

    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match self.write(parcel) {
            Ok(Outcome::Arrived) => Outcome::Arrived,
            // Somebody else was faster, and nothing was written.
            Ok(Outcome::Unclear(why) | Outcome::Failed(why)) => Outcome::Failed(why),
            Err(error) => Outcome::Failed(self.failed(&error)),
        }
    }

    fn recover(&mut self, parcel: &Parcel<'_>) -> Outcome {
        self.write(parcel).unwrap_or_else(|error| Outcome::Unclear(format!("{CUT_OFF}; {}", self.failed(&error))))
    }
}

impl ToFile {
    /// Opens the file itself, never what a link leads to.
    fn open(&self) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH)?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is no file")),
        }
    }

    /// Writes what is not there yet of a report at the place that was kept for it. What stands there otherwise is somebody
    /// else's: whether the report stands further down, or was removed, cannot be told.
    fn write(&self, parcel: &Parcel<'_>) -> io::Result<Outcome> {
        let Some(offset) = parcel.prepared.get("offset").and_then(Json::as_u64) else {
            return Ok(Outcome::Unclear(CUT_OFF.to_owned()));
        };
        let mut file = self.open()?;
        // Others may write to the same file from another state directory.
        file.lock()?;
        let length = file.metadata()?.len();
        let other = || Outcome::Unclear(format!("`{}` was changed where the report goes", self.path.display()));
        let Some(there) = length.checked_sub(offset) else { return Ok(other()) };
        file.seek(SeekFrom::Start(offset))?;
        let mut found = Vec::new();
        Read::by_ref(&mut file).take(parcel.body.len() as u64).read_to_end(&mut found)?;
        if !parcel.body.as_bytes().starts_with(&found)
            || (there > found.len() as u64 && found.len() < parcel.body.len())
        {
            return Ok(other());
        }
        let rest = &parcel.body.as_bytes()[found.len()..];
        if !rest.is_empty() {
            file.seek(SeekFrom::Start(offset + found.len() as u64))?;
            if let Err(error) = file.write_all(rest) {
                // Half a report is none. Where even that cannot be taken back, the next one stands behind it.
                file.set_len(offset)?;
                return Err(error);
            }
        }
        file.sync_all()?;
        if let Some(folder) = self.path.parent().and_then(|folder| File::open(folder).ok()) {
            folder.sync_all()?;
        }
        Ok(Outcome::Arrived)
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("cannot write to `{}`: {error}", self.path.display())
    }
}
