/**
 * What a bank send costs, by part, and sends per second in one process without CometBFT (commits synced, invariants off).
 *
 *     node --import tsx bench/tx/send.ts [--blocks 6] [--block 500]
 *
 * Each send is by an account of its own in a block, with its signature checked once, in CheckTx. Signing is not counted.
 */
import { parseArgs } from "node:util";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { createModules } from "../../chain/modules/index.ts";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { Router } from "../../chain/runtime/router.ts";
import { DEFAULT_TX_LIMITS, decodeTx } from "../../chain/tx/decode.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, DENOM, FUNDS, TestChain } from "../../test/chain/chain.ts";
import { loadAccounts, signedSends } from "../chain/load.ts";

const { values } = parseArgs({
  options: { blocks: { type: "string", default: "6" }, block: { type: "string", default: "500" } },
});
const BLOCKS = Number(values.blocks);
const SIZE = Number(values.block);

const engine = await CanonicalEngine.start();
const accounts = loadAccounts(SIZE, "opg");
const chain = await TestChain.start({
  engine,
  checkInvariants: false,
  sync: true,
  genesis: {
    accounts: accounts.map(({ address }) => ({ address, coins: [{ denom: DENOM, amount: FUNDS }] })),
  },
});
await chain.block();
await chain.block();

const router = new Router(createModules().all);
const addresses = new AddressCodec("opg");
const PARTS = ["decode", "check", "prepare", "process", "block"] as const;
const spent = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<(typeof PARTS)[number], number>;
const sends = signedSends(accounts, BLOCKS + 1, {
  chainId: CHAIN_ID,
  denom: DENOM,
  accountNumbers: accounts.map((_, index) => BigInt(index)),
  fee: "500",
}).map((text) => new Uint8Array(Buffer.from(text, "base64")));

/** Copies, as each call of CometBFT brings its own. */
const copied = (txs: readonly Uint8Array[]) => txs.map((tx) => tx.slice());

for (let round = 0; round <= BLOCKS; round++) {
  const txs = sends.slice(round * SIZE, (round + 1) * SIZE);
  const header = { height: chain.height + 1n, proposerAddress: chain.validators[0]!.address };
  const time = { seconds: 1_700_000_000n + header.height * 5n, nanos: 0 };
  const parts = {
    decode: timed(() => {
      for (const tx of txs) decodeTx(tx, router, addresses, DEFAULT_TX_LIMITS);
    }),
    check: timed(() => {
      for (const tx of copied(txs)) {
        const { code, log } = chain.checkTx(tx);
        if (code !== 0) throw new TypeError(`a send was refused: ${log}`);
      }
    }),
    prepare: timed(() => {
      const request = { ...header, time, txs: copied(txs), maxTxBytes: 4_000_000n };
      const chosen = chain.app.prepareProposal(abci.RequestPrepareProposal.create(request));
      if (chosen.txs.length !== SIZE)
        throw new TypeError(`${chosen.txs.length} of ${SIZE} sends were chosen`);
    }),
    process: timed(() => {
      const request = { ...header, time, txs: copied(txs) };
      const { status } = chain.app.processProposal(abci.RequestProcessProposal.create(request));
      if (status !== abci.ResponseProcessProposal_ProposalStatus.ACCEPT)
        throw new TypeError("own proposal was refused");
    }),
    block: 0,
  };
  const began = performance.now();
  const { txResults } = await chain.block(copied(txs));
  parts.block = performance.now() - began;
  if (txResults.some(({ code }) => code !== 0)) throw new TypeError("a send failed");
  // The first round warms the compiler up.
  if (round > 0) for (const part of PARTS) spent[part] += parts[part];
}

function timed(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const each = (ms: number) => (ms * 1_000) / (BLOCKS * SIZE);
const line = (name: string, ms: number) =>
  console.log(`${name.padEnd(40)}${each(ms).toFixed(0).padStart(5)} µs`);
line("decode alone", spent.decode);
line("CheckTx, signature included", spent.check);
line("PrepareProposal", spent.prepare);
line("ProcessProposal of the same", spent.process);
line("in a block, signature known, commit", spent.block);
const whole = spent.check + spent.prepare + spent.process + spent.block;
line("the way of a send", whole);
console.log(`sends a second                          ${(1e6 / each(whole)).toFixed(0).padStart(5)}`);
await chain.close();
await engine.stop();
