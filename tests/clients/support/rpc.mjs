// JSON-RPC by hand, for what the clients have no command for.

/// The result of a call; an error with the node's message if there is none.
export async function rpc(url, method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body })
  const { error, result } = await response.json()
  if (error) throw new Error(error.message)
  return result
}
