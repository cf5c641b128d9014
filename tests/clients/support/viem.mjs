// viem's clients for the chains of a network.

import { createPublicClient, createWalletClient, defineChain, http, webSocket } from 'viem'
import { chainConfig } from 'viem/op-stack'
import { multicall3 } from './contracts.mjs'

/// The chain as `seam up` has people paste it; the rollup with viem's additions for the OP Stack.
export function chainOf(name, { chainId, http, ws }) {
  const rollup = name === 'l2' ? chainConfig : {}
  return defineChain({
    ...rollup,
    id: chainId,
    name,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [http], webSocket: [ws] } },
    contracts: { ...rollup.contracts, multicall3: { address: multicall3.address } },
    testnet: true,
  })
}

/// A public client, one for wallets, and what ends their connection.
export async function connect(chain, kind) {
  const { http: [url], webSocket: [ws] } = chain.rpcUrls.default
  // Every subscription and every answer is over the one connection.
  const transport = kind === 'ws' ? webSocket(ws, { reconnect: false }) : http(url)
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 100 })
  const walletClient = createWalletClient({ chain, transport, pollingInterval: 100 })
  const close = async () => {
    if (kind !== 'ws') return
    for (const client of [publicClient, walletClient]) (await client.transport.getRpcClient()).close()
  }
  return { publicClient, walletClient, close }
}

/// The first things that a watcher tells of, as an array: `watch` gets `each(array)` and `onError`.
export function collect(count, watch) {
  return new Promise((resolve, reject) => {
    const found = []
    const unwatch = watch((more) => {
      found.push(...more)
      if (found.length < count) return
      unwatch()
      resolve(found.slice(0, count))
    }, reject)
  })
}
