/**
 * Whether checking signatures in threads ahead of need gains anything: sends that a node has not seen, with no thread and
 * with some, taking turns in one run. Medians over the rounds; microseconds of the main thread's time a send.
 *
 *     node --import tsx bench/tx/signatures.ts [--rounds 8] [--block 400] [--threads 1]
 */
import { parseArgs } from "node:util";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, DENOM, FUNDS, TestChain } from "../../test/chain/chain.ts";
import { loadAccounts, signedSends } from "../chain/load.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "8" },
    block: { type: "string", default: "400" },
    threads: { type: "string", default: "1" },
  },
});
const ROUNDS = Number(values.rounds);
const SIZE = Number(values.block);

const engine = await CanonicalEngine.start();
const accounts = loadAccounts(SIZE, "opg");
const start = (signatureThreads: number) =>
  TestChain.start({
    engine,
    checkInvariants: false,
    signatureThreads,
    genesis: {
      accounts: accounts.map(({ address }) => ({ address, coins: [{ denom: DENOM, amount: FUNDS }] })),
    },
  });
const sides = [
  { name: "no thread", chain: await start(0) },
  { name: `${values.threads} thread(s)`, chain: await start(Number(values.threads)) },
];
const place = {
  chainId: CHAIN_ID,
  denom: DENOM,
  accountNumbers: accounts.map((_, index) => BigInt(index)),
  fee: "500",
};
/** Even rounds go through ProcessProposal first, odd ones through CheckTx. */
const sends = signedSends(accounts, 2 * ROUNDS + 2, place).map(
  (text) => new Uint8Array(Buffer.from(text, "base64")),
);
const times = new Map<string, number[]>();

for (const { chain } of sides) {
  await chain.block();
  await chain.block();
}
for (let round = 0; round < 2 * ROUNDS + 2; round++) {
  const what = round % 2 === 0 ? "ProcessProposal" : "CheckTx";
  for (const { name, chain } of round % 4 < 2 ? sides : sides.toReversed()) {
    const txs = sends.slice(round * SIZE, (round + 1) * SIZE).map((tx) => tx.slice());
    const height = chain.height + 1n;
    const time = { seconds: 1_700_000_000n + height * 5n, nanos: 0 };
    const proposerAddress = chain.validators[0]!.address;
    const began = performance.now();
    if (what === "ProcessProposal") {
      const request = abci.RequestProcessProposal.create({ height, time, proposerAddress, txs });
      const { status } = chain.app.processProposal(request);
      if (status !== abci.ResponseProcessProposal_ProposalStatus.ACCEPT)
        throw new TypeError("a proposal was refused");
    } else {
      for (const tx of txs) if (chain.checkTx(tx).code !== 0) throw new TypeError("a send was refused");
    }
    const us = ((performance.now() - began) * 1_000) / SIZE;
    const key = `${what.padEnd(18)}${name}`;
    // The first two rounds warm up.
    if (round > 1) times.set(key, [...(times.get(key) ?? []), us]);
    await chain.block(txs);
  }
}
for (const [key, all] of [...times].sort()) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!.toFixed(0).padStart(5);
  console.log(`${key.padEnd(34)}${at(0.5)} µs a send (${at(0)} to ${at(1)})`);
}
for (const { chain } of sides) await chain.close();
await engine.stop();
