// A token that wants to be markup.

/// What it calls itself, and says in a log of its own: at most 32 bytes.
export const symbol = '<img src=x onerror=alert(1)>'

/// Selectors and the topic of what it has of ERC-20.
const [symbolOf, balanceOf] = ['95d89b41', '70a08231']
const transfer = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

const text = Buffer.from(symbol).toString('hex')
const byte = (number) => number.toString(16).padStart(2, '0')
const bytes = (hex) => hex.length / 2
const assemble = (...parts) => parts.join('').replaceAll(' ', '')

/// Init code. Whatever is called but `symbol()` and `balanceOf(address)` mints: the first word is to whom, the second
/// how much; it is said with `Transfer`, and with a log of the name.
export const creation = `0x${creationOf(runtime())}`

/// The code of `mint(address,uint256)`.
export const mint = (to, amount) => {
  const word = (hex) => hex.padStart(64, '0')
  return `0x40c10f19${word(to.slice(2).toLowerCase())}${word(amount.toString(16))}`
}

function runtime() {
  const parts = (symbolAt, balanceAt, textAt) => [
    // Which function?
    assemble(`5f 35 60e0 1c 80 63${symbolOf} 14 60${byte(symbolAt)} 57 63${balanceOf} 14 60${byte(balanceAt)} 57`) +
      // mint: memory[0] = amount; storage[to] += amount
      assemble('6024 35 80 5f 52 6004 35 80 54 82 01 81 55') +
      // LOG3 Transfer(0, to, amount), then LOG0 with the name
      assemble(`5f 7f${transfer} 6020 5f a3`, `60${byte(bytes(text))} 60${byte(textAt)} 5f 39 60${byte(bytes(text))} 5f a0 00`),
    // symbol: where the string is, its length, itself
    assemble(`5b 6020 5f 52 60${byte(bytes(text))} 6020 52 60${byte(bytes(text))} 60${byte(textAt)} 6040 39 6060 5f f3`),
    // balanceOf: storage[whose]
    assemble('5b 6004 35 54 5f 52 6020 5f f3'),
  ]
  const [main, named] = parts(0, 0, 0).map(bytes)
  const textAt = parts(0, 0, 0).map(bytes).reduce((sum, length) => sum + length)
  return parts(main, main + named, textAt).join('') + text
}

/// Hands out what follows it.
function creationOf(code) {
  return assemble(`60${byte(bytes(code))} 80 6009 5f 39 5f f3`, code)
}
