// Answers `--version` and `--standard-json` as a native solc does, with the solc that
// package-lock.json pins: forge asks for no more.

const solc = require("solc");

const args = process.argv.slice(2);
if (args.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log(`Version: ${solc.version()}`);
} else if (args.includes("--standard-json")) {
  const chunks = [];
  process.stdin.on("data", (chunk) => chunks.push(chunk));
  process.stdin.on("end", () => process.stdout.write(solc.compile(Buffer.concat(chunks).toString())));
} else {
  console.error("solc-js.cjs knows --version and --standard-json");
  process.exitCode = 2;
}
