#!/usr/bin/env node
// Writes testdata/inbox-vectors.json: batches with their hashes and accumulators, by the rules alone. This is the scheme
// written down a second time, in another language; forge posts the same batches to the contract, which must agree
// (test/inbox/Vectors.t.sol).

import fs from "node:fs";
import sha3 from "js-sha3";

const OUT = new URL("../../testdata/inbox-vectors.json", import.meta.url);

// All words are hex, left-padded to 32 bytes.
const word = (value) => BigInt(value).toString(16).padStart(64, "0");
const keccak = (hex) => `0x${sha3.keccak256(Buffer.from(hex, "hex"))}`;
const bare = (hex) => hex.slice(2);
const text = (value) => keccak(Buffer.from(value).toString("hex"));
const hex = (value) => `0x${BigInt(value).toString(16)}`;

const L1 = 900n;
const INBOX = "0xc0f500d4b1a614cbb2340614b86ecb475e8e0900";
const PARAMETERS = {
  l2ChainId: 901n, genesisTime: 1800000000n, blockTime: 2n, maxLag: 23400n, sequencerTimeout: 1800n, maxBlobs: 6n,
  genesisL1Number: 1000n, systemConfig: "0x00000000000000000000000000000000005eac0f",
};

function beginning() {
  const tag = Buffer.from("seam/inbox/1");
  const string = word(tag.length) + tag.toString("hex").padEnd(64, "0");
  return keccak(word(0x80) + word(L1) + word(INBOX) + word(PARAMETERS.l2ChainId) + string);
}

const encoded = (header) => [
  header.version, header.firstBlock, header.lastBlock, header.l1Number, header.l1Hash, header.prevAccumulator,
].map(word).join("");

// The versioned hash of a blob that nobody made: version 1, then 31 bytes.
const blob = (i) => `0x01${text(`blob ${i}`).slice(4)}`;

// [version, L2 blocks, L1 blocks since the last batch, age of the anchor, blobs or data]
const BATCHES = [
  [0, 100, 20, 1, { blobs: 1 }],
  [0, 1, 1, 1, { data: "" }],
  [1, 300, 60, 3, { blobs: 6 }],
  [0, 60, 7, 1, { data: bare(blob(1)) + bare(blob(2)) }],
  [0, 60, 10, 11, { blobs: 2, first: 1 }],
  [65535, 7, 1, 2, { data: Buffer.from("seam").toString("hex").repeat(1000) }],
];

function batches() {
  let accumulator = beginning();
  let [last, l1] = [0n, PARAMETERS.genesisL1Number];
  return BATCHES.map(([version, blocks, wait, age, content]) => {
    l1 += BigInt(wait);
    const header = {
      version, firstBlock: last + 1n, lastBlock: last + BigInt(blocks), l1Number: l1 - BigInt(age),
      l1Hash: text(`L1 block ${l1 - BigInt(age)}`), prevAccumulator: accumulator,
    };
    last = header.lastBlock;
    const kind = content.blobs ? 1 : 0;
    const hashes = Array.from({ length: content.blobs ?? 0 }, (_, i) => blob(i + (content.first ?? 0)));
    const dataHash = keccak(kind === 1 ? hashes.map(bare).join("") : content.data);
    accumulator = keccak(bare(accumulator) + bare(keccak(encoded(header))) + word(kind) + bare(dataHash));
    return {
      l1Block: hex(l1), l1Time: hex(PARAMETERS.genesisTime + 12n * (l1 - PARAMETERS.genesisL1Number)),
      ...vector(header), kind, ...(kind === 1 ? { versionedHashes: hashes } : { data: `0x${content.data}` }), dataHash,
      accumulator,
    };
  });
}

// A header as JSON, with its encoding and hash.
function vector(header) {
  const { version, firstBlock, lastBlock, l1Number, l1Hash, prevAccumulator } = header;
  const numbers = { version: hex(version), firstBlock: hex(firstBlock), lastBlock: hex(lastBlock), l1Number: hex(l1Number) };
  const bytes = encoded(header);
  return { header: { ...numbers, l1Hash, prevAccumulator }, encodedHeader: `0x${bytes}`, headerHash: keccak(bytes) };
}

// Headers that no inbox takes, at the ends of their fields.
function encodings() {
  const [none, all] = [`0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`];
  const most = 2n ** 64n - 1n;
  return [
    { version: 0, firstBlock: 0, lastBlock: 0, l1Number: 0, l1Hash: none, prevAccumulator: none },
    { version: 65535, firstBlock: most, lastBlock: most, l1Number: most, l1Hash: all, prevAccumulator: all },
    { version: 1, firstBlock: 2, lastBlock: 3, l1Number: 4, l1Hash: text("a"), prevAccumulator: text("b") },
  ].map(vector);
}

const parameters = Object.fromEntries(
  Object.entries(PARAMETERS).map(([key, value]) => [key, typeof value === "bigint" ? hex(value) : value]),
);
const vectors = {
  about: "Written by contracts/tools/inbox-vectors.mjs; checked against the contract by contracts/test/inbox/Vectors.t.sol",
  l1ChainId: hex(L1), inbox: INBOX, parameters, genesisAccumulator: beginning(), batches: batches(), encodings: encodings(),
};
fs.writeFileSync(OUT, `${JSON.stringify(vectors, null, 2)}\n`);
