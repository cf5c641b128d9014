// Answers `--version` and `--standard-json` as a native solc does, with the solc of npm: forge asks
// for no more.

const solc = require('solc')

if (process.argv.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface')
  console.log(`Version: ${solc.version()}`)
} else if (process.argv.includes('--standard-json')) {
  const chunks = []
  process.stdin.on('data', (chunk) => chunks.push(chunk))
  process.stdin.on('end', () => process.stdout.write(solc.compile(Buffer.concat(chunks).toString())))
} else {
  console.error('solc.cjs knows --version and --standard-json')
  process.exitCode = 2
}
