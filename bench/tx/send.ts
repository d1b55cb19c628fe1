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
import { pack } from "../../client/index.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { DENOM, GAS, TestChain, testSigner } from "../../test/chain/chain.ts";

const { values } = parseArgs({
  options: { blocks: { type: "string", default: "6" }, block: { type: "string", default: "500" } },
});
const BLOCKS = Number(values.blocks);
const SIZE = Number(values.block);

const engine = await CanonicalEngine.start();
const names = Array.from({ length: SIZE }, (_, i) => `sender-${i}`);
const chain = await TestChain.start({ engine, accounts: names, checkInvariants: false, sync: true });
await chain.block();
await chain.block();

// As much as fits the test chain's block of 200,000,000.
const fee = { ...GAS, gasLimit: 200_000_000n / BigInt(SIZE) };
const router = new Router(createModules().all);
const addresses = new AddressCodec("opg");
const spent = { decode: 0, firstCheck: 0, block: 0 };
for (let round = 0; round <= BLOCKS; round++) {
  const txs = await Promise.all(
    names.map((name, i) =>
      chain.sign(
        name,
        [
          pack(MsgSend, {
            fromAddress: testSigner(name).address,
            toAddress: testSigner(names[(i + 1) % SIZE]!).address,
            amount: [{ denom: DENOM, amount: "1" }],
          }),
        ],
        { fee },
      ),
    ),
  );
  const parts = {
    decode: timed(() => {
      for (const tx of txs) decodeTx(tx, router, addresses, DEFAULT_TX_LIMITS);
    }),
    firstCheck: timed(() => {
      for (const tx of txs) if (chain.checkTx(tx).code !== 0) throw new TypeError("a send was refused");
    }),
    block: 0,
  };
  const began = performance.now();
  const { txResults } = await chain.block(txs);
  parts.block = performance.now() - began;
  if (txResults.some(({ code }) => code !== 0)) throw new TypeError("a send failed");
  // The first round warms the compiler up.
  if (round > 0) for (const part of ["decode", "firstCheck", "block"] as const) spent[part] += parts[part];
}

function timed(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const each = (ms: number) => (ms * 1_000) / (BLOCKS * SIZE);
console.log(`decode                               ${each(spent.decode).toFixed(0)} µs`);
console.log(`CheckTx, signature included          ${each(spent.firstCheck).toFixed(0)} µs`);
console.log(`in a block, signature known, commit  ${each(spent.block).toFixed(0)} µs`);
console.log(
  `sends a second, check and block      ${(1e6 / each(spent.firstCheck + spent.block)).toFixed(0)}`,
);
await chain.close();
await engine.stop();
