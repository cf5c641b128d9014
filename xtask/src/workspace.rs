//! Where things are: the clone, its packages and the build output.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

use crate::sh;

/// The prover's package: it links the zkVM SDK, so it is built apart from everything else.
pub(crate) const PROVER: &str = "seam-prover";

/// The clone that the command was started in.
pub(crate) struct Workspace {
    /// What `cargo metadata --no-deps` says.
    pub(crate) metadata: Metadata,
    root: PathBuf,
}

impl Workspace {
    /// Asks cargo; works from any folder of the clone.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(&["--no-deps"])?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        Ok(Self { metadata, root })
    }

    /// The clone's first folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the prover's build output goes: beside the target directory where that lies outside
    /// the clone (a cache), else inside it.
    pub(crate) fn prover_target(&self) -> PathBuf {
        prover_target(&self.root, self.metadata.target_directory.as_std_path())
    }

    /// Every file that is, or would be, in a commit, relative to the root and sorted.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut list = sh::program("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let names = sh::capture(list.current_dir(&self.root))?;
        let files: BTreeSet<_> =
            names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
        Ok(files.into_iter().filter(|file| self.root.join(file).is_file()).collect())
    }

    /// A file's text, or nothing where its bytes are not text.
    pub(crate) fn text(&self, file: &Path) -> Result<Option<String>> {
        let bytes = std::fs::read(self.root.join(file))
            .with_context(|| format!("cannot read {}", file.display()))?;
        Ok(String::from_utf8(bytes).ok())
    }
}

/// `cargo metadata` with these arguments besides the format.
pub(crate) fn metadata(args: &[&str]) -> Result<Metadata> {
    let mut command = sh::cargo(&["metadata", "--format-version", "1"]);
    let json = sh::capture(command.args(args))?;
    MetadataCommand::parse(json).context("cannot read what `cargo metadata` prints")
}

fn prover_target(root: &Path, target: &Path) -> PathBuf {
    match target.parent() {
        Some(cache) if !target.starts_with(root) => cache.join("prover-target"),
        _ => target.join("prover"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prover_builds_beside_a_cache_and_inside_a_clone() {
        let root = Path::new("/clone");
        let cached = prover_target(root, Path::new("/cache/seam/target"));
        assert_eq!(cached, Path::new("/cache/seam/prover-target"));
        let inside = prover_target(root, Path::new("/clone/target"));
        assert_eq!(inside, Path::new("/clone/target/prover"));
    }
}
