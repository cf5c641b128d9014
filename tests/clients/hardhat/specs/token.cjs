// An ERC-20 of OpenZeppelin, tested as a project of Hardhat tests it.

const { expect } = require('chai')
const { ethers } = require('hardhat')

const supply = 10n ** 24n

describe('an ERC-20 of OpenZeppelin', () => {
  let token, owner, alice, bob

  before(async () => {
    ;[owner, alice, bob] = await ethers.getSigners()
    token = await ethers.deployContract('Token', [supply, 0n])
    await token.waitForDeployment()
  })

  /// Waits for it: Hardhat's matchers look at once for what only the next block has.
  const mined = async (sending) => {
    const sent = await sending
    await sent.wait()
    return sent
  }
  /// Nor do those of balances bear other transactions in the block.
  const changed = async (of, account, act) => {
    const balance = () => (of === ethers ? ethers.provider.getBalance(account) : of.balanceOf(account))
    const before = await balance()
    await mined(act())
    return (await balance()) - before
  }

  it('gives the supply to whoever deploys it', async () => {
    expect(await token.name()).to.equal('Seam Token')
    expect(await token.decimals()).to.equal(18n)
    expect(await token.balanceOf(owner)).to.equal(supply)
    expect(await token.totalSupply()).to.equal(supply)
  })

  it('moves tokens and emits what it did', async () => {
    const sent = await mined(token.transfer(alice, 50n))
    await expect(sent).to.emit(token, 'Transfer').withArgs(owner, alice, 50n)
    expect(await changed(token, bob, () => token.connect(alice).transfer(bob, 20n))).to.equal(20n)
    expect(await token.balanceOf(alice)).to.equal(30n)
  })

  it('refuses with errors of its own', async () => {
    await expect(token.connect(bob).transfer(alice, supply))
      .to.be.revertedWithCustomError(token, 'ERC20InsufficientBalance')
      .withArgs(bob, await token.balanceOf(bob), supply)
    await expect(token.transfer(ethers.ZeroAddress, 1n)).to.be.revertedWithCustomError(token, 'ERC20InvalidReceiver')
    await expect(token.connect(bob).transferFrom(owner, bob, 1n)).to.be.revertedWithCustomError(token, 'ERC20InsufficientAllowance')
  })

  it('lets others spend what was allowed', async () => {
    await mined(token.approve(bob, 30n))
    expect(await changed(token, bob, () => token.connect(bob).transferFrom(owner, bob, 30n))).to.equal(30n)
    expect(await token.allowance(owner, bob)).to.equal(0n)
  })

  it('takes a permit that was signed (EIP-2612)', async () => {
    const { chainId } = await ethers.provider.getNetwork()
    const verifyingContract = await token.getAddress()
    const domain = { name: 'Seam Token', version: '1', chainId, verifyingContract }
    const permit = ['owner address', 'spender address', 'value uint256', 'nonce uint256', 'deadline uint256']
    const types = { Permit: permit.map((field) => field.split(' ')).map(([name, type]) => ({ name, type })) }
    const message = { owner: owner.address, spender: alice.address, value: 9n, nonce: 0n, deadline: 2n ** 40n }
    const { v, r, s } = ethers.Signature.from(await owner.signTypedData(domain, types, message))
    await mined(token.connect(bob).permit(owner, alice, 9n, 2n ** 40n, v, r, s))
    expect(await token.allowance(owner, alice)).to.equal(9n)
  })

  it('moves ether', async () => {
    const { address } = ethers.Wallet.createRandom()
    expect(await changed(ethers, address, () => owner.sendTransaction({ to: address, value: 200n }))).to.equal(200n)
  })
})
