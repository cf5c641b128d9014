//! The zkVM guest: built so that the same source gives the same ELF in any folder on any machine,
//! compared with the committed one, executed.
//!
//! What it takes, and why each part is needed, is in `docs/guest.md`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    sh,
    steps::Done,
    workspace::{PROVER, Workspace},
};

/// The RISC-V target of the zkVM.
const TARGET: &str = "riscv32im-risc0-zkvm-elf";
/// Where OpenVM loads a program (`openvm_platform::memory::TEXT_START`).
const TEXT_START: u32 = 0x0020_0800;
/// The standard library's source, and its SHA-256.
const RUST_SRC: &str = "guest/toolchain/rust-src-1.97.1-library.tar.xz";
const RUST_SRC_SHA256: &str = "968bb25e8a3fc6f3b082fa5a2bb342ea301d1193507568cd6185025b3ebc1e69";
/// Commit of the compiler that the committed ELF is from; another one gives another ELF.
const RUSTC_COMMIT: &str = "guest/toolchain/rustc-commit";
/// Makes symbol names independent of where the clone lies.
const RUSTC_WRAPPER: &str = "guest/toolchain/rustc.sh";
/// What is proved, and its SHA-256 as `sha256sum` writes it.
const ELF: &str = "guest/elf/seam-guest.elf";
const ELF_SHA256: &str = "guest/elf/seam-guest.sha256";

/// Builds the guest and compares its hash with the committed one.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    let built = build(workspace)?;
    let (built, committed) = (sha256(&built)?, sha256(&workspace.root().join(ELF))?);
    let noted = fs::read_to_string(workspace.root().join(ELF_SHA256))
        .with_context(|| format!("cannot read {ELF_SHA256}"))?;
    ensure!(noted == hash_line(&committed), "{ELF_SHA256} is not the hash of {ELF}");
    ensure!(
        built == committed,
        "the source gives a guest with SHA-256 {built}, committed is {committed}; if the guest was \
         meant to change: `cargo xtask guest --update`"
    );
    Ok(Done::Passed(vec![format!("seam-guest.elf has SHA-256 {built}")]))
}

/// Builds the guest and writes the ELF and its hash where they are committed.
pub(crate) fn update(workspace: &Workspace) -> Result<Done> {
    let built = build(workspace)?;
    let elf = workspace.root().join(ELF);
    let folder = elf.parent().context("the ELF lies in a folder")?;
    fs::create_dir_all(folder)?;
    fs::copy(&built, &elf).with_context(|| format!("cannot write {ELF}"))?;
    let hash = sha256(&elf)?;
    fs::write(workspace.root().join(ELF_SHA256), hash_line(&hash))?;
    Ok(Done::Passed(vec![format!("wrote {ELF} with SHA-256 {hash}")]))
}

/// Executes the committed guest on the recorded blocks, compares with native execution and prints
/// the table of instructions.
pub(crate) fn run(workspace: &Workspace) -> Result<Done> {
    let is_block = |file: &&PathBuf| {
        file.starts_with("testdata/op-stack") && file.to_string_lossy().ends_with(".json.xz")
    };
    let files = workspace.files()?;
    let mut prover = sh::cargo(&["run", "--release", "--locked", "--package", PROVER, "--"]);
    prover.args(["execute", ELF]).args(files.iter().filter(is_block));
    prover.env("CARGO_TARGET_DIR", workspace.prover_target()).current_dir(workspace.root());
    sh::run(&mut prover)?;
    Ok(Done::PASSED)
}

/// Builds the guest; returns where its ELF lies.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    check_compiler(workspace.root())?;
    let target = target_folder(&workspace.prover_target());
    let library = rust_src(workspace.root(), &target)?;
    // Unpacks the registry's packages, so that their folders can be named below.
    sh::run(guest_cargo(workspace.root(), "fetch").args(["--locked", "--target", TARGET]))?;
    let flags = rust_flags(workspace.root(), &library, &registry_folders()?);
    let mut build = guest_cargo(workspace.root(), "build");
    build
        .args(["--release", "--locked", "--target", TARGET])
        .args(["-Z", "build-std=core,alloc", "-Z", "build-std-features=compiler-builtins-mem"])
        .arg("--target-dir")
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("RUSTC_WRAPPER", workspace.root().join(RUSTC_WRAPPER))
        // It would cut the code into other pieces: the guest must be the same for everyone.
        .env("CARGO_INCREMENTAL", "0")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", &library);
    sh::run(&mut build)?;
    Ok(target.join(TARGET).join("release/seam-guest"))
}

/// `cargo +nightly` in the guest's folder, without settings of this shell that change the outcome.
fn guest_cargo(root: &Path, job: &str) -> Command {
    let mut command = sh::cargo(&["+nightly", job]);
    for (key, _) in env::vars() {
        if key.starts_with("CARGO_BUILD_")
            || key.starts_with("CARGO_PROFILE_")
            || ["RUSTFLAGS", "RUSTC", "RUSTC_WORKSPACE_WRAPPER", "CARGO_TARGET_DIR"]
                .contains(&key.as_str())
        {
            command.env_remove(key);
        }
    }
    command.current_dir(root.join("guest"));
    command
}

fn check_compiler(root: &Path) -> Result<()> {
    let Ok(version) = sh::capture(sh::program("rustc").args(["+nightly", "-vV"])) else {
        bail!("the guest needs a nightly toolchain: `rustup toolchain install nightly`");
    };
    let pinned = fs::read_to_string(root.join(RUSTC_COMMIT))?;
    let found = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    ensure!(
        found == Some(pinned.trim()),
        "the nightly compiler is of commit {}, the guest's is {}; another compiler gives another \
         ELF. To move on purpose, write its commit to {RUSTC_COMMIT} and build with --update",
        found.unwrap_or("unknown"),
        pinned.trim()
    );
    Ok(())
}

/// The guest's build output: beside the prover's.
fn target_folder(prover: &Path) -> PathBuf {
    prover.with_file_name("guest-target")
}

/// Unpacks the standard library's source once; returns its folder.
///
/// Not beside the compiler, where cargo looks for it: that folder is the user's, and may hold the
/// source of another version.
fn rust_src(root: &Path, target: &Path) -> Result<PathBuf> {
    let archive = root.join(RUST_SRC);
    ensure!(sha256(&archive)? == RUST_SRC_SHA256, "{RUST_SRC} is not the pinned archive");
    let unpacked = target.join("rust-src").join(&RUST_SRC_SHA256[..16]);
    if !unpacked.is_dir() {
        // Renamed when complete: a run that is cut short leaves nothing that looks finished.
        let partial = unpacked.with_extension(std::process::id().to_string());
        fs::create_dir_all(&partial)?;
        let mut tar = sh::program("tar");
        sh::run(tar.arg("xJf").arg(&archive).arg("-C").arg(&partial))?;
        fs::rename(&partial, &unpacked)?;
    }
    Ok(unpacked.join("library"))
}

/// Every folder that holds unpacked packages of a registry.
fn registry_folders() -> Result<Vec<PathBuf>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let sources = home.context("no home folder")?.join("registry/src");
    let entries = fs::read_dir(&sources)
        .with_context(|| format!("cannot read {}", sources.display()))?
        .map(|entry| Ok(entry?.path()));
    entries.collect()
}

/// What the compiler is told: the zkVM's machine, and names for the folders of this machine.
fn rust_flags(root: &Path, library: &Path, registries: &[PathBuf]) -> Vec<String> {
    let mut flags = [
        // One thread: atomic operations are plain ones, the machine has no others.
        "-Cpasses=lower-atomic",
        &format!("-Clink-arg=-Ttext={TEXT_START:#010x}"),
        // A missing entry point is only a warning to the linker.
        "-Clink-arg=--fatal-warnings",
        "-Cpanic=abort",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut name = |folder: &Path, name: &str| {
        flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
    };
    name(root, "/seam");
    name(library, "/rust");
    registries.iter().for_each(|registry| name(registry, "/crates"));
    flags
}

fn sha256(file: &Path) -> Result<String> {
    let line = sh::capture(sh::program("sha256sum").arg(file))?;
    let hash = line.split_whitespace().next().context("sha256sum printed nothing")?;
    // It escapes names with unusual characters, and says so with a backslash.
    Ok(hash.trim_start_matches('\\').to_owned())
}

/// The line that `sha256sum --check` reads in the ELF's folder.
fn hash_line(hash: &str) -> String {
    format!("{hash}  seam-guest.elf\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn no_folder_of_this_machine_reaches_the_elf() {
        let folders = ["/clone", "/cache/library", "/home/cargo/registry/src/one"].map(Path::new);
        let flags = rust_flags(folders[0], folders[1], &[folders[2].to_owned()]);
        for (folder, name) in folders.iter().zip(["/seam", "/rust", "/crates"]) {
            let flag = format!("--remap-path-prefix={}={name}", folder.display());
            assert!(flags.contains(&flag), "{flags:?}");
        }
        assert!(flags.contains(&"-Clink-arg=-Ttext=0x00200800".to_owned()), "{flags:?}");
    }

    /// What the wrapper makes of a compiler's arguments.
    fn wrapped(args: &[&str]) -> String {
        let mut wrapper = sh::program(&root().join(RUSTC_WRAPPER).to_string_lossy());
        wrapper.env("CARGO_PKG_NAME", "pkg").env("CARGO_PKG_VERSION", "1.2.3");
        sh::capture(wrapper.arg("echo").args(args)).expect("the wrapper runs")
    }

    #[test]
    fn crates_of_the_guest_are_named_by_what_they_are() {
        let crate_of_guest =
            ["--cfg", "feature=\"a b\"", "-C", "metadata=0123", "--target", TARGET, "src/lib.rs"];
        let args = wrapped(&crate_of_guest);
        assert_eq!(
            args.trim(),
            format!(
                "--cfg feature=\"a b\" -C metadata=pkg-1.2.3,\"a b\" --target {TARGET} src/lib.rs"
            )
        );
        let macros = wrapped(&["-C", "metadata=0123", "--crate-type", "proc-macro"]);
        assert_eq!(macros.trim(), "-C metadata=0123 --crate-type proc-macro");
    }

    #[test]
    fn the_committed_hash_is_of_the_committed_elf() {
        let noted = fs::read_to_string(root().join(ELF_SHA256)).unwrap();
        assert_eq!(noted, hash_line(&sha256(&root().join(ELF)).unwrap()));
    }

    #[test]
    fn the_pinned_archive_is_the_committed_one() {
        assert_eq!(sha256(&root().join(RUST_SRC)).unwrap(), RUST_SRC_SHA256);
    }
}
