// Snapshots, time travel, state by hand and impersonation, as test suites for Hardhat use them.

const { expect } = require('chai')
const { ethers, network } = require('hardhat')
const {
  impersonateAccount, loadFixture, mine, mineUpTo, setBalance, setCode, setNonce, setStorageAt,
  stopImpersonatingAccount, takeSnapshot, time,
} = require('@nomicfoundation/hardhat-network-helpers')

const supply = 10n ** 24n
const day = 24 * 60 * 60
const request = (method, ...params) => network.provider.request({ method, params })
const mined = async (sending) => {
  const sent = await sending
  await sent.wait()
  return sent
}

for (const automine of [true, false]) {
  describe(automine ? 'with a block for each transaction' : "with blocks at the chain's times", () => {
    let seconds

    before(async () => {
      const [parent, child] = await Promise.all([1, 2].map((number) => ethers.provider.getBlock(number)))
      seconds = child.timestamp - parent.timestamp
      if (automine) await request('evm_setAutomine', true)
      expect(await request('anvil_getAutomine')).to.equal(automine)
    })
    after(() => request('evm_setIntervalMining', seconds))

    async function deployed() {
      const [owner, alice] = await ethers.getSigners()
      const token = await ethers.deployContract('Token', [supply, day])
      await token.waitForDeployment()
      return { token, owner, alice }
    }

    it('loadFixture: every test begins with the same state', async () => {
      const { token, alice } = await loadFixture(deployed)
      await mined(token.transfer(alice, 5n))
      expect(await token.balanceOf(alice)).to.equal(5n)
    })

    it('loadFixture: what a test before did is undone', async () => {
      const { token, owner, alice } = await loadFixture(deployed)
      expect(await token.balanceOf(alice)).to.equal(0n)
      expect(await token.balanceOf(owner)).to.equal(supply)
      expect(await token.queryFilter(token.filters.Transfer(owner))).to.be.empty
    })

    it('time.increase: what opens tomorrow is open', async () => {
      const { token, alice } = await loadFixture(deployed)
      await expect(token.connect(alice).claim.staticCall()).to.be.revertedWithCustomError(token, 'Closed')
      await time.increase(day)
      await mined(token.connect(alice).claim())
      expect(await token.balanceOf(alice)).to.equal(1n)
    })

    it('loadFixture: time is undone as well', async () => {
      const { token, alice } = await loadFixture(deployed)
      const opens = await token.opens()
      await expect(token.connect(alice).claim.staticCall())
        .to.be.revertedWithCustomError(token, 'Closed').withArgs(opens)
      expect(await time.latest()).to.be.lessThan(Number(opens))
    })

    it('time.setNextBlockTimestamp: the next block has it to the second', async () => {
      const { token, owner } = await loadFixture(deployed)
      const timestamp = (await time.latest()) + 5000
      await time.setNextBlockTimestamp(timestamp)
      if (!automine) await request('evm_mine')
      else await mined(token.transfer(owner, 1n))
      expect(await time.latest()).to.equal(timestamp)
      await mine()
      expect(await time.latest()).to.be.greaterThan(timestamp)
      await expect(time.setNextBlockTimestamp(timestamp)).to.be.rejectedWith(/is not after that of the newest block/)
    })

    it('time.increaseTo and evm_increaseTime', async () => {
      const timestamp = (await time.latest()) + 777
      await time.increaseTo(timestamp)
      expect(await time.latest()).to.be.at.least(timestamp)
      const before = await time.latest()
      await request('evm_increaseTime', 1000)
      await request('evm_mine')
      expect(await time.latest()).to.be.at.least(before + 1000)
    })

    it('mine: many blocks, with an interval', async () => {
      const number = await time.latestBlock()
      await mine(300, { interval: 12 })
      expect(await time.latestBlock()).to.be.at.least(number + 300)
      const [first, last] = await Promise.all([number + 2, number + 300].map((n) => ethers.provider.getBlock(n)))
      expect(last.timestamp - first.timestamp).to.equal(298 * 12)
      await mineUpTo(number + 350)
      expect(await time.latestBlock()).to.be.at.least(number + 350)
    })

    it('takeSnapshot and restore, more than once', async () => {
      const [owner] = await ethers.getSigners()
      const to = ethers.Wallet.createRandom().address
      const snapshot = await takeSnapshot()
      for (const value of [1n, 2n]) {
        const { hash } = await mined(owner.sendTransaction({ to, value }))
        expect(await ethers.provider.getBalance(to)).to.equal(value)
        await snapshot.restore()
        expect(await ethers.provider.getBalance(to)).to.equal(0n)
        expect(await ethers.provider.getTransactionReceipt(hash)).to.equal(null)
        expect(await ethers.provider.getTransaction(hash)).to.equal(null)
      }
      expect(await request('evm_revert', '0x123456')).to.equal(false)
    })

    it('setBalance, setNonce, setCode, setStorageAt', async () => {
      const { token, alice } = await loadFixture(deployed)
      const { address } = ethers.Wallet.createRandom()
      await setBalance(address, 10n ** 20n)
      expect(await ethers.provider.getBalance(address)).to.equal(10n ** 20n)
      await setNonce(address, 7)
      expect(await ethers.provider.getTransactionCount(address)).to.equal(7)
      await expect(setNonce(address, 6)).to.be.rejectedWith(/nonce is 7 already/)
      // Returns 42.
      await setCode(address, '0x602a5f5260205ff3')
      expect(BigInt(await ethers.provider.call({ to: address }))).to.equal(42n)
      // Balances are in the first slot of OpenZeppelin's ERC-20.
      const slot = ethers.solidityPackedKeccak256(['uint256', 'uint256'], [BigInt(alice.address), 0])
      await setStorageAt(await token.getAddress(), slot, 99n)
      expect(await token.balanceOf(alice)).to.equal(99n)
    })

    it('impersonateAccount: an account without a key, and a contract, send', async () => {
      const { token, alice } = await loadFixture(deployed)
      const { address } = ethers.Wallet.createRandom()
      for (const from of [address, await token.getAddress()]) {
        await setBalance(from, 10n ** 18n)
        const to = ethers.Wallet.createRandom().address
        await impersonateAccount(from)
        const signer = await ethers.getSigner(from)
        const { hash } = await mined(signer.sendTransaction({ to, value: 3n }))
        await stopImpersonatingAccount(from)
        const found = await ethers.provider.getTransaction(hash)
        expect([found.from, found.value]).to.deep.equal([ethers.getAddress(from), 3n])
        expect((await ethers.provider.getTransactionReceipt(hash)).from).to.equal(ethers.getAddress(from))
        expect(await ethers.provider.getBalance(to)).to.equal(3n)
        await expect(signer.sendTransaction({ to, value: 3n })).to.be.rejectedWith(/unknown account/)
      }
      await mined(token.transfer(alice, 1n))
    })

    it('impersonateAccount: tokens of others are moved', async () => {
      const { token, alice } = await loadFixture(deployed)
      const whale = ethers.Wallet.createRandom().address
      await mined(token.transfer(whale, 1000n))
      await setBalance(whale, 10n ** 18n)
      await impersonateAccount(whale)
      const sent = await mined(token.connect(await ethers.getSigner(whale)).transfer(alice, 400n))
      await expect(sent).to.emit(token, 'Transfer').withArgs(whale, alice, 400n)
      expect(await token.balanceOf(whale)).to.equal(600n)
    })
  })
}
