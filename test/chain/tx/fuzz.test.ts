/** Mutated transactions: accepted or refused by code, never a fault, and the same on two chains. */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { createModules } from "../../../chain/modules/index.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { ChainError } from "../../../chain/runtime/errors.ts";
import { Router } from "../../../chain/runtime/router.ts";
import { DEFAULT_TX_LIMITS, decodeTx } from "../../../chain/tx/decode.ts";
import { pack } from "../../../client/index.ts";
import { MsgMultiSend, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { Mode, MsgInfer } from "../../../proto/gen/opg.inference.v1.ts";
import { MsgCreateModel, MsgUploadChunk } from "../../../proto/gen/opg.models.v1.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const seed = Number(process.env["TX_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env["TX_FUZZ_RUNS"] ?? 2_000);

/** xorshift32: the same mutations for the same seed. */
function generator(start: number): (below: number) => number {
  let state = start | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  let changed = Array.from(bytes);
  for (let count = next(3) + 1; count > 0; count--) {
    const at = next(changed.length || 1);
    const kind = next(6);
    if (kind === 0) changed[at] = next(256);
    else if (kind === 1) changed[at] = (changed[at] ?? 0) ^ (1 << next(8));
    else if (kind === 2) changed.splice(at, next(8));
    else if (kind === 3) changed.splice(at, 0, ...Array.from({ length: next(8) }, () => next(256)));
    else if (kind === 4) changed = changed.slice(0, at);
    else changed.splice(at, 0, ...changed.slice(next(changed.length || 1), at));
  }
  return Uint8Array.from(changed.slice(0, 4_000));
}

t.test("no mutated transaction is a fault, and two chains say the same of it", async (t) => {
  t.comment(`seed ${seed}`);
  const engine = await CanonicalEngine.start();
  t.teardown(() => engine.stop());
  const chains = await Promise.all([TestChain.start({ engine }), TestChain.start({ engine })]);
  t.teardown(() => Promise.all(chains.map((chain) => chain.close())));
  for (const chain of chains) await chain.block();
  const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
  const coin = { denom: DENOM, amount: "5" };
  const seeds = await Promise.all(
    [
      pack(MsgSend, { fromAddress: alice, toAddress: bob, amount: [coin] }),
      pack(MsgMultiSend, {
        inputs: [{ address: alice, coins: [coin] }],
        outputs: [{ address: bob, coins: [coin] }],
      }),
      pack(MsgInfer, {
        requester: alice,
        modelId: 1n,
        inputs: new Uint8Array(40),
        maxFee: coin,
        mode: Mode.MODE_CONSENSUS,
        tags: ["a"],
      }),
      pack(MsgCreateModel, {
        owner: alice,
        hash: new Uint8Array(32),
        size: 10n,
        price: coin,
        metadata: { name: "m", description: "", uri: "", license: "" },
      }),
      pack(MsgUploadChunk, { owner: alice, modelId: 9n, index: 1, data: new Uint8Array(30) }),
    ].map((message) => chains[0]!.sign("alice", [message])),
  );
  const next = generator(seed);
  const router = new Router(createModules().all);
  const addresses = new AddressCodec("opg");
  const counts = { decoded: 0, refused: 0 };
  const block: Uint8Array[] = [];
  for (let i = 0; i < runs; i++) {
    const bytes = mutate(seeds[i % seeds.length]!, next);
    try {
      const tx = decodeTx(bytes, router, addresses, DEFAULT_TX_LIMITS);
      counts.decoded++;
      const { bodyBytes, authInfoBytes, signatures } = tx;
      t.strictSame(
        TxRaw.encode({ bodyBytes, authInfoBytes, signatures }),
        bytes,
        "what is accepted has one encoding",
      );
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      counts.refused++;
    }
    const [a, b] = chains.map((chain) => chain.checkTx(bytes));
    if (a!.code !== b!.code || a!.codespace !== b!.codespace || a!.gasUsed !== b!.gasUsed) {
      t.fail(`run ${i} of seed ${seed}: ${a!.codespace} ${a!.code} and ${b!.codespace} ${b!.code}`);
    }
    if (block.length < 200 && next(4) === 0) block.push(bytes);
  }
  t.ok(counts.decoded > 0 && counts.refused > 0, `${counts.decoded} decoded, ${counts.refused} refused`);
  const [first, second] = [await chains[0]!.block(block), await chains[1]!.block(block)];
  t.strictSame(first.appHash, second.appHash, "a block of them gives one app hash");
  t.strictSame(
    first.txResults.map(({ code, codespace, gasUsed }) => [code, codespace, gasUsed]),
    second.txResults.map(({ code, codespace, gasUsed }) => [code, codespace, gasUsed]),
  );
});
