// The network is given by ../hardhat.test.mjs; the compiler is the solc of npm.

const { extendProvider, subtask } = require('hardhat/config')
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require('hardhat/builtin-tasks/task-names')
require('@nomicfoundation/hardhat-ethers')
require('@nomicfoundation/hardhat-chai-matchers')

const url = process.env.SEAM_URL
const version = require('solc/package.json').version

// Hardhat would fetch a compiler; this one is pinned with the other packages.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD).setAction(async ({ solcVersion }) => ({
  version: solcVersion,
  longVersion: require('solc').version(),
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
}))

// hardhat-network-helpers goes by the name of the client, and knows few.
extendProvider(async (provider) => ({
  __proto__: provider,
  request: async (call) => {
    const answer = await provider.request(call)
    return call.method === 'web3_clientVersion' ? `anvil/${answer}` : answer
  },
}))

module.exports = {
  solidity: { version, settings: { evmVersion: 'cancun', optimizer: { enabled: true, runs: 200 } } },
  networks: {
    // Hardhat signs.
    seam: { url, accounts: { mnemonic: process.env.SEAM_MNEMONIC } },
    // The node signs, and sends for accounts that are impersonated.
    unlocked: { url, accounts: 'remote' },
  },
  // Not `test`, where node's own runner would look for tests.
  paths: { tests: 'specs', cache: process.env.SEAM_CACHE, artifacts: process.env.SEAM_ARTIFACTS },
  mocha: { timeout: 600_000 },
}
