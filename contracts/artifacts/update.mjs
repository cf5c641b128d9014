#!/usr/bin/env node
// Keeps contracts/artifacts: compiled Solidity of others, pinned by what the registries vouch for, and our own.
//
//   node update.mjs --check         every committed file equals artifacts.toml; no network
//   node update.mjs --update        fetch the pinned packages, slim, write the files and artifacts.toml
//   node update.mjs --build         compile our contracts, write their files and artifacts.toml
//   node update.mjs --check-build   compile our contracts and compare with the committed files
//
// The last two need the forge and solc of ../package-lock.json (`npm ci`); nothing else is fetched.
// A pinned version whose archive has another hash than artifacts.toml says stops the update.

import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HOME = path.dirname(fileURLToPath(import.meta.url));
const LOCK = path.join(HOME, "artifacts.toml");
const OWN_FILES = ["artifacts.toml", "update.mjs"];
const PROJECT = path.dirname(HOME);

// Our contracts, compiled from ../src with the settings of ../foundry.toml.
const OURS = ["BatchInbox", "CallBatch", "PlayToken"];

// How to find one contract in a package, by the layout its compiler left.
const forge = (name) => ({ to: `${name}.json`, from: `forge-artifacts/${name}.sol/${name}.json`, as: "json" });
const plain = (dir) => (name) => ({ to: `${name}.json`, from: `${dir}/${name}.json`, as: "json" });
const hardhat = (file) => {
  const name = path.basename(file, ".sol");
  return { to: `${name}.json`, from: `build/artifacts/contracts/${file}/${name}.json`, as: "json" };
};
const constant = (name, words = []) => ({ to: `${name}.hex`, from: `src/libraries/Preinstalls.sol#${name}Code`, words, as: "constant" });
const hex = (name) => ({ to: `${name}.hex`, from: `src/bytecode/${name}.hex`, as: "hex" });

const PREDEPLOYS = [
  "BaseFeeVault", "DeployerWhitelist", "EAS", "L1BlockNumber", "L1FeeVault", "L2CrossDomainMessenger",
  "L2ERC721Bridge", "L2StandardBridge", "L2ToL1MessagePasser", "LegacyMessagePasser",
  "OptimismMintableERC20Factory", "OptimismMintableERC721Factory", "Proxy", "ProxyAdmin",
  "SchemaRegistry", "SequencerFeeVault", "WETH",
];

// What stands behind the rollup's proxies on L1, beside OptimismMintableERC20Factory.
const ON_L1 = [
  "AnchorStateRegistry", "DisputeGameFactory", "L1CrossDomainMessenger", "L1ERC721Bridge", "L1StandardBridge",
  "OptimismPortal2", "SuperchainConfig", "SystemConfig",
];

const account_abstraction = (version) => ({
  dir: `account-abstraction-${version}`, registry: "npm", package: "@account-abstraction/contracts", version,
  licence: "GPL-3.0 (the package says MIT, the source of EntryPoint says GPL-3.0)",
  licence_file: "licences/GPL-3.0.txt",
  files: ["EntryPoint"].map(plain("artifacts")),
});

const SOURCES = [
  {
    dir: "contracts-bedrock", registry: "npm", package: "@eth-optimism/contracts-bedrock", version: "0.17.3",
    licence: "MIT", licence_file: "licences/contracts-bedrock-MIT.txt",
    // The template of Permit2 has Ethereum's immutables at two places; creation code has zeros there.
    files: [...[...PREDEPLOYS, ...ON_L1].map(forge), constant("MultiCall3"), constant("Create2Deployer"), constant("Permit2Template", [6945, 6983])],
  },
  {
    dir: "kona-hardforks", registry: "crates.io", package: "kona-hardforks", version: "0.4.5",
    licence: "MIT", licence_file: "licences/kona-MIT.txt",
    files: ["l1_block_isthmus", "gpo_isthmus", "ofv_isthmus", "eip2935_isthmus", "eip4788_ecotone"].map(hex),
  },
  {
    dir: "safe-contracts", registry: "npm", package: "@gnosis.pm/safe-contracts", version: "1.3.0",
    licence: "LGPL-3.0-only (the package says GPL-3.0, the sources say LGPL-3.0-only)",
    licence_file: "licences/LGPL-3.0.txt",
    files: ["GnosisSafe.sol", "GnosisSafeL2.sol", "libraries/MultiSend.sol", "libraries/MultiSendCallOnly.sol"].map(hardhat),
  },
  {
    dir: "safe-singleton-factory", registry: "npm", package: "@safe-global/safe-singleton-factory", version: "2.0.0",
    licence: "MIT", licence_file: "licences/safe-singleton-factory-MIT.txt",
    files: [{ to: "Create2Proxy.hex", from: "artifacts/1/deployment.json", as: "signed-tx" }],
  },
  account_abstraction("0.6.0"),
  account_abstraction("0.7.0"),
  account_abstraction("0.8.0"),
  {
    dir: "permit2", registry: "none", package: "permit2", version: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    licence: "MIT", licence_file: "licences/permit2-MIT.txt",
    files: [{ to: "constructor.hex", from: "proven by the CREATE2 address: ARTIFACTS.md", as: "committed" }],
  },
  {
    dir: "uniswap-v2-core", registry: "npm", package: "@uniswap/v2-core", version: "1.0.1",
    licence: "GPL-3.0-or-later", licence_file: "licences/GPL-3.0.txt",
    files: ["UniswapV2Factory", "UniswapV2Pair", "ERC20"].map(plain("build")),
  },
  {
    dir: "uniswap-v2-periphery", registry: "npm", package: "@uniswap/v2-periphery", version: "1.1.0-beta.0",
    licence: "GPL-3.0-or-later", licence_file: "licences/GPL-3.0.txt",
    files: ["UniswapV2Router02", "WETH9"].map(plain("build")),
  },
];

// What artifacts.toml says of our own; the compiler is pinned in ../package-lock.json.
const OUR_SOURCE = {
  dir: "seam", registry: "own", package: "seam-contracts", version: "0.1.0", licence: "MIT OR Apache-2.0",
  integrity: "compiled from ../src, compared by --check-build",
};
const ourFiles = () => OURS.map((name) => ({ path: `seam/${name}.json`, source: "seam", from: `src/${name}.sol` }));

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const fail = (message) => { throw new Error(message); };
const run = (command, args, options) => execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", ...options });

// --- reading artifacts.toml: the subset this script writes (tables of `key = "string"`) ---

function readLock() {
  const lock = { source: [], file: [] };
  let entry;
  for (const line of fs.existsSync(LOCK) ? fs.readFileSync(LOCK, "utf8").split("\n") : []) {
    const table = line.match(/^\[\[(source|file)\]\]$/);
    const pair = line.match(/^(\w+) = "(.*)"$/);
    if (table) lock[table[1]].push((entry = {}));
    else if (pair && entry) entry[pair[1]] = pair[2];
    else if (line && !line.startsWith("#")) fail(`artifacts.toml: cannot read this line: ${line}`);
  }
  return lock;
}

function writeLock(sources, files) {
  const table = (name, entry) => `[[${name}]]\n` + Object.entries(entry).map(([k, v]) => `${k} = "${v}"\n`).join("");
  const head = "# Written by update.mjs. What each file is, where it comes from, and its hash: see ../ARTIFACTS.md.\n";
  const parts = [head, ...sources.map((s) => table("source", s)), ...files.map((f) => table("file", f))];
  fs.writeFileSync(LOCK, parts.join("\n"));
}

// --- check ---

function committedFiles(dir = HOME) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(dir, entry.name);
    return entry.isDirectory() ? committedFiles(full) : [path.relative(HOME, full).split(path.sep).join("/")];
  });
}

function check() {
  const lock = readLock();
  const locked = new Map(lock.file.map((file) => [file.path, file]));
  const present = new Set(committedFiles());
  const problems = [];
  for (const [name, file] of locked) {
    if (!present.has(name)) problems.push(`${name}: missing`);
    else if (sha256(fs.readFileSync(path.join(HOME, name))) !== file.sha256) problems.push(`${name}: not the bytes artifacts.toml pins`);
    if (!lock.source.some((source) => source.dir === file.source)) problems.push(`${name}: unknown source ${file.source}`);
  }
  // Ours stand under the licence of the clone.
  const licences = new Set(lock.source.flatMap((source) => source.licence_file ?? []));
  for (const name of licences) if (!present.has(name)) problems.push(`${name}: licence text missing`);
  for (const name of present) {
    if (!locked.has(name) && !licences.has(name) && !OWN_FILES.includes(name)) problems.push(`${name}: not in artifacts.toml`);
  }
  for (const source of SOURCES) {
    const pinned = lock.source.find((entry) => entry.dir === source.dir);
    if (pinned?.version !== source.version) problems.push(`${source.dir}: update.mjs says ${source.version}, artifacts.toml ${pinned?.version}`);
    for (const file of source.files) if (!locked.has(`${source.dir}/${file.to}`)) problems.push(`${source.dir}/${file.to}: not in artifacts.toml`);
  }
  for (const file of ourFiles()) if (!locked.has(file.path)) problems.push(`${file.path}: not in artifacts.toml`);
  if (problems.length > 0) fail(`${problems.join("\n")}\nrun: cargo xtask contracts --update (of others) or --build (ours)`);
  console.log(`${locked.size} artifacts equal artifacts.toml`);
}

// --- update ---

function fetchNpm(source, work) {
  const spec = `${source.package}@${source.version}`;
  const [packed] = JSON.parse(run("npm", ["pack", spec, "--json", "--ignore-scripts", "--pack-destination", work]));
  const archive = path.join(work, packed.filename);
  const integrity = "sha512-" + createHash("sha512").update(fs.readFileSync(archive)).digest("base64");
  if (integrity !== packed.integrity) fail(`${spec}: the archive is not what the registry vouches for`);
  run("tar", ["-xzf", archive, "-C", work]);
  return { integrity, root: path.join(work, "package") };
}

function fetchCrate(source, work) {
  // `cargo info` downloads one crate without its dependencies and checks it against the index.
  run("cargo", ["info", `${source.package}@${source.version}`], { cwd: work, env: { ...process.env, CARGO_HOME: work } });
  const name = `${source.package}-${source.version}`;
  const cache = path.join(work, "registry", "cache");
  const archive = path.join(cache, fs.readdirSync(cache)[0], `${name}.crate`);
  run("tar", ["-xzf", archive, "-C", work]);
  return { integrity: `sha256-${sha256(fs.readFileSync(archive))}`, root: path.join(work, name) };
}

const bare = (code) => (typeof code === "string" ? code : code?.object ?? fail("no bytecode")).replace(/^0x/, "");

// One contract: what Seam uses, code as 0x-hex, independent of the compiler that made the file.
function slim(text, name) {
  const full = JSON.parse(text);
  const creation = full.evm?.bytecode ?? full.bytecode;
  const runtime = full.evm?.deployedBytecode ?? full.deployedBytecode;
  const out = { contractName: name, abi: full.abi, bytecode: `0x${bare(creation)}`, deployedBytecode: `0x${bare(runtime)}` };
  for (const code of [out.bytecode, out.deployedBytecode]) if (!/^0x([0-9a-f]{2})+$/.test(code)) fail(`${name}: unlinked or malformed bytecode`);
  if (runtime.immutableReferences) out.immutableReferences = Object.values(runtime.immutableReferences).flat();
  if (full.storageLayout?.storage?.length) {
    out.storageLayout = full.storageLayout.storage.map(({ label, offset, slot, type }) => ({ label, slot, offset, type }));
  }
  return "{\n" + Object.entries(out).map(([k, v]) => `"${k}": ${JSON.stringify(v)}`).join(",\n") + "\n}\n";
}

// A `bytes` constant in Solidity, with zeros in place of the 32-byte words at these offsets.
function constantOf(text, name, words) {
  const match = text.match(new RegExp(`constant ${name}\\s*=\\s*hex"([0-9a-f]+)"`)) ?? fail(`no constant ${name}`);
  const code = Buffer.from(match[1], "hex");
  for (const at of words) code.fill(0, at, at + 32);
  return `${code.toString("hex")}\n`;
}

// The init code inside a signed legacy transaction: field 5 of its RLP list.
function initCode(text) {
  const bytes = Buffer.from(JSON.parse(text).transaction.slice(2), "hex");
  let at = bytes[0] >= 0xf8 ? 1 + bytes[0] - 0xf7 : 1;
  const fields = [];
  while (at < bytes.length) {
    const first = bytes[at];
    const sizeBytes = first > 0xb7 ? first - 0xb7 : 0;
    const size = first < 0x80 ? 1 : sizeBytes ? bytes.readUIntBE(at + 1, sizeBytes) : first - 0x80;
    const start = first < 0x80 ? at : at + 1 + sizeBytes;
    fields.push(bytes.subarray(start, start + size));
    at = start + size;
  }
  return `${fields[5].toString("hex")}\n`;
}

function convert(file, root, target) {
  if (file.as === "committed") return fs.readFileSync(target, "utf8");
  const [name, part] = file.from.split("#");
  const text = fs.readFileSync(path.join(root, name), "utf8");
  if (file.as === "json") return slim(text, path.basename(file.to, ".json"));
  if (file.as === "constant") return constantOf(text, part, file.words);
  if (file.as === "signed-tx") return initCode(text);
  return `${text.trim().replace(/^0x/, "")}\n`;
}

function fetchSource(source, work, lock) {
  const get = { npm: fetchNpm, "crates.io": fetchCrate, none: () => ({ integrity: "committed", root: HOME }) }[source.registry];
  const fetched = get(source, work);
  const before = lock.source.find((entry) => entry.package === source.package && entry.version === source.version);
  if (before && before.integrity !== fetched.integrity) fail(`${source.package} ${source.version}: artifacts.toml pins ${before.integrity}, got ${fetched.integrity}`);
  return fetched;
}

function update() {
  const lock = readLock();
  const sources = [];
  const files = [];
  for (const { files: wanted, ...source } of SOURCES) {
    const work = fs.mkdtempSync(path.join(os.tmpdir(), "artifacts-"));
    try {
      const { integrity, root } = fetchSource(source, work, lock);
      sources.push({ ...source, integrity });
      fs.mkdirSync(path.join(HOME, source.dir), { recursive: true });
      for (const file of wanted) {
        const name = `${source.dir}/${file.to}`;
        const text = convert(file, root, path.join(HOME, name));
        fs.writeFileSync(path.join(HOME, name), text);
        files.push({ path: name, source: source.dir, from: file.from, sha256: sha256(text) });
      }
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
    console.log(`${source.package} ${source.version}: ${wanted.length} files`);
  }
  writeLock([...sources, OUR_SOURCE], [...files, ...pinned(ourFiles())]);
}

// --- our own ---

const pinned = (files) => files.map((file) => ({ ...file, sha256: sha256(fs.readFileSync(path.join(HOME, file.path))) }));

// Each contract is compiled with its imports alone and from nothing, so that no other file, and no cache, can change
// what the compiler numbers or orders.
function compile(name) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "artifacts-"));
  try {
    const to = ["--out", path.join(work, "out"), "--cache-path", path.join(work, "cache")];
    const forge = path.join(PROJECT, "node_modules", ".bin", "forge");
    run(forge, ["build", `src/${name}.sol`, "--force", ...to], { cwd: PROJECT });
    return withoutNumbers(slim(fs.readFileSync(path.join(work, "out", `${name}.sol`, `${name}.json`), "utf8"), name));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

// The compiler numbers what it reads, and puts the number of a struct into the name of its type in the layout.
const withoutNumbers = (text) => text.replace(/(t_(?:struct|enum|contract)\(\w+\))\d+/g, "$1");

function build() {
  fs.mkdirSync(path.join(HOME, OUR_SOURCE.dir), { recursive: true });
  for (const name of OURS) fs.writeFileSync(path.join(HOME, `seam/${name}.json`), compile(name));
  const lock = readLock();
  const others = (entries, key) => entries.filter((entry) => entry[key] !== OUR_SOURCE.dir);
  writeLock([...others(lock.source, "dir"), OUR_SOURCE], [...others(lock.file, "source"), ...pinned(ourFiles())]);
}

function checkBuild() {
  const committed = (name) => fs.readFileSync(path.join(HOME, `seam/${name}.json`), "utf8");
  const stale = OURS.filter((name) => compile(name) !== committed(name));
  if (stale.length > 0) fail(`${stale.join(", ")}: not what contracts/src compiles to\nrun: cargo xtask contracts --build`);
  console.log(`${OURS.length} of our own contracts compile to the committed bytes`);
}

const mode = process.argv[2];
try {
  if (mode === "--check") check();
  else if (mode === "--update") { update(); check(); }
  else if (mode === "--build") { build(); check(); }
  else if (mode === "--check-build") checkBuild();
  else fail("usage: node update.mjs --check | --update | --build | --check-build");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
