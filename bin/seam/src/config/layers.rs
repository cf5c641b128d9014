//! The layers of a configuration, and which of them each value is from.

use super::{History, KEYS, UpConfig};
use crate::args::UpFlags;
use anyhow::{Result, anyhow, bail};
use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Env, Format, Serialized, Toml},
    value::{Dict, Map},
};
use seam_genesis::config::nearest_key;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What environment variables begin with.
const PREFIX: &str = "SEAM_";

const DEFAULT: &str = "default";
const FILE: &str = "file";
const FLAG: &str = "flag";
const SWITCH: &str = "switch";

/// What the flags that switch something off set.
#[derive(Debug, Serialize)]
struct SwitchedOff {
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earnings: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web: Option<bool>,
}

impl SwitchedOff {
    fn by(flags: &UpFlags) -> Self {
        let off = |flag: bool| flag.then_some(false);
        Self {
            traffic: off(flags.no_traffic),
            earnings: off(flags.no_earnings),
            web: off(flags.no_web),
        }
    }
}

/// A layer under a name.
struct Named<P>(&'static str, P);

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        self.1.data()
    }
}

fn typed<T: Serialize>(values: T) -> Serialized<T> {
    Serialized::defaults(values)
}

/// Defaults, file, environment and flags, the last over all.
pub(super) struct Layers {
    figment: Figment,
    file: Option<PathBuf>,
    archive: bool,
}

impl Layers {
    pub(super) fn new(mut flags: UpFlags) -> Result<Self> {
        let (file, archive) = (flags.config.take(), flags.archive);
        if archive {
            flags.history_blocks = Some(History::Archive);
        }
        let mut figment = Figment::from(Named(DEFAULT, typed(UpConfig::default())));
        if let Some(path) = &file {
            figment = figment.merge(Named(FILE, read(path)?));
        }
        let off = SwitchedOff::by(&flags);
        let figment = figment
            .merge(Env::prefixed(PREFIX).only(&KEYS))
            .merge(Named(FLAG, typed(flags)))
            .merge(Named(SWITCH, typed(off)));
        Ok(Self { figment, file, archive })
    }

    /// The values, and where each is from.
    pub(super) fn merged(&self) -> Result<(UpConfig, BTreeMap<&'static str, String>)> {
        let config = self.figment.extract().map_err(|error| self.explain(&error))?;
        let source = |key: &'static str| {
            let metadata = self.figment.find_metadata(key);
            (key, metadata.map(|from| self.source(from, key)).unwrap_or_default())
        };
        Ok((config, KEYS.map(source).into()))
    }

    fn source(&self, metadata: &Metadata, key: &str) -> String {
        match (metadata.name.as_ref(), &self.file) {
            (DEFAULT, _) => DEFAULT.to_owned(),
            (FILE, Some(path)) => path.display().to_string(),
            (FLAG, _) if self.archive && key == "history_blocks" => "--archive".to_owned(),
            (FLAG, _) => format!("--{}", key.replace('_', "-")),
            (SWITCH, _) => format!("--no-{key}"),
            _ => format!("{PREFIX}{}", key.to_uppercase()),
        }
    }

    fn explain(&self, error: &Error) -> anyhow::Error {
        let key = error.path.join(".");
        match &error.metadata {
            Some(metadata) => {
                anyhow!("{key} (from {}): {}", self.source(metadata, &key), error.kind)
            }
            None => anyhow!("{key}: {}", error.kind),
        }
    }
}

/// A seam.toml that has no keys but those that mean something.
fn read(path: &Path) -> Result<figment::providers::Data<Toml>> {
    let text = fs::read_to_string(path).map_err(|error| {
        anyhow!("{}: {error}: name a file that can be read with --config", path.display())
    })?;
    let file = Toml::string(&text);
    let data = file.data().map_err(|error| {
        let problem = error.kind.to_string();
        anyhow!("{}: {}", path.display(), problem.trim_end())
    })?;
    for key in data.values().flat_map(|table| table.keys()) {
        if !KEYS.contains(&key.as_str()) {
            let nearest = nearest_key(key, KEYS.map(str::to_owned));
            let hint = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("there are {}", KEYS.join(", ")),
            };
            bail!("{}: unknown key `{key}`; {hint}", path.display());
        }
    }
    Ok(file)
}
