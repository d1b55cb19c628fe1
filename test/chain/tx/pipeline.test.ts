/** Every step of the pipeline: which fault gets which code, and that nothing is kept of what did not pass. */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { parseDec } from "../../../chain/runtime/decimal.ts";
import { defaultRegistry, pack, signTx, type TxFee } from "../../../client/index.ts";
import { Query as BankQuery, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service, SimulateRequest } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { MsgInfer } from "../../../proto/gen/opg.inference.v1.ts";
import { CHAIN_ID, DENOM, FUNDS, GAS, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const chain = await TestChain.start({
  engine,
  minGasPrices: [{ denom: DENOM, price: parseDec("0.002", "price") }],
});
t.teardown(() => chain.close());
await chain.block();
await chain.block();

const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];

async function balance(address: string): Promise<bigint> {
  return BigInt((await chain.query(BankQuery.methods.Balance, { address, denom: DENOM })).balance!.amount);
}

interface Case {
  readonly name: string;
  readonly amount?: string;
  readonly fee?: Partial<TxFee>;
  readonly memo?: string;
  readonly timeoutHeight?: bigint;
  readonly chainId?: string;
  readonly numberAhead?: bigint;
  readonly sequenceAhead?: bigint;
  readonly code: number;
  /** In a block, where that differs. */
  readonly delivered?: number;
  /** In a block the fee is paid and the sequence used by then (ADR-0145). */
  readonly paid?: true;
}

/**
 * Source of the codes: types/errors of the SDK. The floor of prices is a node's own: a block may hold what this node would
 * not have let in. That a block's gas is full is said before the pipeline begins.
 */
const cases: readonly Case[] = [
  { name: "no gas asked for", fee: { gasLimit: 0n }, code: 41 },
  { name: "more gas than a block holds", fee: { gasLimit: 200_000_001n }, code: 41 },
  {
    name: "a fee under the node's floor",
    fee: { amount: [{ denom: DENOM, amount: "3999" }] },
    code: 13,
    delivered: 0,
  },
  { name: "no fee", fee: { amount: [] }, code: 13, delivered: 0 },
  {
    name: "a fee that the payer does not have",
    fee: { amount: [{ denom: DENOM, amount: `${FUNDS + 1n}` }] },
    code: 5,
  },
  { name: "a granter who granted nothing", fee: { granter: bob }, code: 38 },
  { name: "a memo of 257 bytes in 256 characters", memo: `${"m".repeat(255)}ü`, code: 12 },
  { name: "a timeout height that is past", timeoutHeight: 1n, code: 30 },
  { name: "too little gas", fee: { gasLimit: 20_000n }, code: 11 },
  { name: "another chain's id", chainId: "opg-test-2", code: 4 },
  { name: "another account's number", numberAhead: 1n, code: 4 },
  { name: "a sequence to come", sequenceAhead: 1n, code: 32 },
  { name: "a message that is wrong in itself", amount: "0", code: 10, paid: true },
  { name: "a memo of 256 bytes", memo: "m".repeat(256), code: 0 },
  { name: "a timeout height that is this block's", timeoutHeight: 1_000n, code: 0 },
];

async function signed(parts: Omit<Case, "name" | "code" | "delivered" | "paid">): Promise<Uint8Array> {
  const { accountNumber, sequence } = await chain.account("alice");
  return signTx(
    {
      messages: [
        pack(MsgSend, {
          fromAddress: alice,
          toAddress: bob,
          amount: [{ denom: DENOM, amount: parts.amount ?? "7" }],
        }),
      ],
      fee: { ...GAS, ...parts.fee },
      ...(parts.memo ? { memo: parts.memo } : {}),
      ...(parts.timeoutHeight ? { timeoutHeight: parts.timeoutHeight } : {}),
    },
    [
      {
        signer: testSigner("alice"),
        chainId: parts.chainId ?? CHAIN_ID,
        accountNumber: accountNumber + (parts.numberAhead ?? 0n),
        sequence: sequence + (parts.sequenceAhead ?? 0n),
      },
    ],
    defaultRegistry(),
  );
}

for (const { name, code, delivered = code, paid = false, ...parts } of cases) {
  t.test(`${name}: code ${code}`, async (t) => {
    const tx = await signed(parts);
    const checked = chain.checkTx(tx);
    t.equal(checked.code, code, checked.log);
    t.equal(checked.codespace, code === 0 ? "" : "sdk");
    const before = {
      alice: await balance(alice),
      bob: await balance(bob),
      account: await chain.account("alice"),
    };
    const [result] = (await chain.block([tx])).txResults;
    t.equal(result!.code, delivered, result!.log);
    if (paid) {
      t.equal(await balance(alice), before.alice - BigInt(GAS.amount[0]!.amount), "the fee stays");
      t.equal(await balance(bob), before.bob);
      t.equal((await chain.account("alice")).sequence, before.account.sequence + 1n);
    } else if (delivered !== 0) {
      t.equal(await balance(alice), before.alice, "no fee is taken");
      t.equal(await balance(bob), before.bob);
      t.strictSame(await chain.account("alice"), before.account);
    } else {
      t.equal(await balance(bob), before.bob + 7n);
      t.equal((await chain.account("alice")).sequence, before.account.sequence + 1n);
    }
  });
}

t.test("a message that fails keeps the fee and the sequence, and nothing else", async (t) => {
  const before = {
    alice: await balance(alice),
    bob: await balance(bob),
    account: await chain.account("alice"),
  };
  const tx = await signed({ amount: `${FUNDS * 2n}` });
  t.equal(chain.checkTx(tx).code, 0, "messages do not run in CheckTx");
  const [result] = (await chain.block([tx])).txResults;
  t.equal(result!.code, 5);
  t.equal(await balance(alice), before.alice - 5000n);
  t.equal(await balance(bob), before.bob);
  t.equal((await chain.account("alice")).sequence, before.account.sequence + 1n);
});

t.test("a payer of the message and a payer of the fee each must sign", async (t) => {
  const names = ["alice", "bob"] as const;
  const fee = { ...GAS, payer: testSigner("carol").address };
  const messages = [
    pack(MsgInfer, {
      requester: alice,
      payer: bob,
      modelId: 99n,
      maxFee: { denom: DENOM, amount: "1" },
      mode: 1,
    }),
  ];
  const parties = await Promise.all(
    [...names, "carol"].map(async (name) => {
      const { accountNumber, sequence } = await chain.account(name);
      return { signer: testSigner(name), chainId: CHAIN_ID, accountNumber, sequence };
    }),
  );
  const carol = await balance(fee.payer);
  const few = await signTx({ messages, fee }, parties.slice(0, 2), defaultRegistry());
  t.equal((await chain.block([few])).txResults[0]!.code, 4, "carol did not sign");
  t.equal(await balance(fee.payer), carol);
  const all = await signTx({ messages, fee }, parties, defaultRegistry());
  const [result] = (await chain.block([all])).txResults;
  t.not(result!.code, 0, "there is no model 99");
  t.not(result!.codespace, "sdk", result!.log);
  t.equal(await balance(fee.payer), carol - 5000n, "the fee payer paid");
  for (const name of [...names, "carol"]) t.ok((await chain.account(name)).sequence > 0n, name);
});

t.test("a simulation sees pending transactions, and costs what the run will", async (t) => {
  // Shares out the fees of the block before: a balance with fewer digits costs less to read.
  await chain.block();
  const { sequence } = await chain.account("alice");
  t.equal(chain.checkTx(await signed({})).code, 0);
  const next = await signed({ sequenceAhead: 1n });
  const { gasInfo } = await chain.query(Service.methods.Simulate, SimulateRequest.create({ txBytes: next }));
  const block = await chain.block([await signed({}), next]);
  t.strictSame(
    block.txResults.map(({ code }) => code),
    [0, 0],
  );
  t.equal(gasInfo!.gasUsed, block.txResults[1]!.gasUsed);
  t.equal((await chain.account("alice")).sequence, sequence + 2n);
});

t.test("a transaction is found by what each signer did, in the SDK's order", async (t) => {
  const signers = await Promise.all(
    ["alice", "bob"].map(async (name) => {
      const { accountNumber, sequence } = await chain.account(name);
      return { signer: testSigner(name), chainId: CHAIN_ID, accountNumber, sequence };
    }),
  );
  const send = (from: string, to: string) =>
    pack(MsgSend, { fromAddress: from, toAddress: to, amount: [{ denom: DENOM, amount: "1" }] });
  const messages = [send(alice, bob), send(bob, alice)];
  const tx = await signTx({ messages, fee: GAS }, signers, defaultRegistry());
  const [result] = (await chain.block([tx])).txResults;
  t.equal(result!.code, 0, result!.log);
  const found = result!.events
    .filter(({ type }) => type === "tx")
    .map(({ attributes }) => attributes[0]!.key);
  t.strictSame(found, ["fee", "acc_seq", "signature", "acc_seq", "signature"]);
  const sequences = result!.events.flatMap(({ attributes }) =>
    attributes.filter(({ key }) => key === "acc_seq"),
  );
  t.strictSame(
    sequences.map(({ value }) => value),
    signers.map(({ sequence }, i) => `${[alice, bob][i]}/${sequence}`),
  );
});
