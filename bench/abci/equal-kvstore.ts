/**
 * The work of CometBFT's Go example kvstore (abci/example/kvstore at v0.40.0), in TypeScript, for the side-by-side
 * benchmark: the same checks in CheckTx, PrepareProposal and ProcessProposal, the same two events of four attributes for
 * each transaction, writes at Commit into an ordered-enough memory store. equal-kvstore.ts ADDRESS socket|grpc
 */
import { type Application, baseApplication, startServer } from "../../abci/index.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";

const INVALID_FORMAT = 2;
const EQUALS = 0x3d;
const COLON = 0x3a;
const text = new TextDecoder();
const encoder = new TextEncoder();

/** One separator, `=` or `:`, neither first nor last. */
function isValid(tx: Uint8Array): boolean {
  let separators = 0;
  for (let i = 0; i < tx.length; i++) {
    const byte = tx[i]!;
    if (byte !== EQUALS && byte !== COLON) continue;
    if (i === 0 || i === tx.length - 1) return false;
    separators++;
  }
  return separators === 1;
}

function withEquals(tx: Uint8Array): Uint8Array {
  const at = tx.indexOf(COLON);
  if (at === -1) return tx;
  const changed = tx.slice();
  changed[at] = EQUALS;
  return changed;
}

function event(creator: string, key: string): abci.Event {
  return {
    type: "app",
    attributes: [
      { key: "creator", value: creator, index: true },
      { key: "key", value: key, index: true },
      { key: "index_key", value: "index is working", index: true },
      { key: "noindex_key", value: "index is working", index: false },
    ],
  };
}

function appHashOf(size: bigint): Uint8Array {
  // Go's zig-zag varint of the size, in eight bytes.
  const hash = new Uint8Array(8);
  let rest = size << 1n;
  for (let at = 0; ; at++) {
    hash[at] = Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0);
    rest >>= 7n;
    if (rest === 0n) return hash;
  }
}

export function equalKvstore(): Application {
  const pairs = new Map<string, string>();
  let state = { height: 0n, size: 0n };
  let next = state;
  let staged: readonly (readonly [string, string])[] = [];
  return {
    ...baseApplication,
    info: () =>
      abci.ResponseInfo.create({
        data: `{"size":${state.size}}`,
        lastBlockHeight: state.height,
        lastBlockAppHash: appHashOf(state.size),
      }),
    initChain: () => abci.ResponseInitChain.create({ appHash: appHashOf(0n) }),
    checkTx: ({ tx }) =>
      abci.ResponseCheckTx.create(isValid(tx) ? { gasWanted: 1n } : { code: INVALID_FORMAT }),
    prepareProposal: ({ txs }) => ({ txs: txs.filter(isValid).map(withEquals) }),
    processProposal: ({ txs }) => ({ status: txs.every(isValid) ? 1 : 2 }),
    finalizeBlock: ({ txs, height }) => {
      const split = txs.map((tx) => text.decode(tx).split("="));
      const txResults = split.map(([key = "", value = key]) =>
        abci.ExecTxResult.create({ events: [event("Cosmoshi Netowoko", key), event("Cosmoshi", value)] }),
      );
      staged = split.map(([key = "", value = key]) => [key, value] as const);
      next = { height, size: state.size + BigInt(txs.length) };
      return abci.ResponseFinalizeBlock.create({ txResults, appHash: appHashOf(next.size) });
    },
    commit: () => {
      for (const [key, value] of staged) pairs.set(`kvPairKey:${key}`, value);
      state = next;
      return { retainHeight: 0n };
    },
    query: ({ data }) => {
      const value = pairs.get(`kvPairKey:${text.decode(data)}`);
      return abci.ResponseQuery.create({
        key: data,
        value: encoder.encode(value ?? ""),
        log: value === undefined ? "does not exist" : "exists",
        height: state.height,
      });
    },
  };
}

const [, , address, transport] = process.argv;
const server = await startServer(equalKvstore(), {
  address: address!,
  transport: transport === "grpc" ? "grpc" : "socket",
});
process.once("SIGTERM", () => process.exit(0));
console.error((await server.halted).message);
process.exit(1);
