import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import {
  addressOf,
  type ConnectOptions,
  feeOf,
  formatGasPrice,
  keySigner,
  OpgClient,
  OpgError,
  PrivateKey,
  pack,
  parseGasPrice,
  singlePublicKey,
  TxFailedError,
} from "../../../client/index.ts";
import { expectedSequence } from "../../../client/opg/sequence.ts";
import * as bank from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { AuthInfo, TxBody } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { CHAIN_ID, FakeChain } from "./chain.ts";

const key = new PrivateKey(sha256(Uint8Array.of(1)));
const me = addressOf(singlePublicKey(key.publicKey), "opg");
const coins = [{ denom: "uopg", amount: "5" }];

function connect(chain: FakeChain, options: ConnectOptions = {}): Promise<OpgClient> {
  return OpgClient.connect("http://fake", {
    signer: keySigner(key, "opg"),
    rpc: { fetch: chain.fetch },
    ...options,
  });
}

t.test(
  "sending simulates, pays the node's price for the adjusted gas, signs and waits for the block",
  async (t) => {
    const chain = new FakeChain(me, 3n);
    const client = await connect(chain);
    t.equal(client.chainId, CHAIN_ID);
    const tx = await client.send("opg1to", coins, { memo: "hi" });
    t.equal(tx.height, 6n);
    const [raw] = chain.sent;
    const { fee, signerInfos } = AuthInfo.decode(raw!.authInfoBytes);
    t.strictSame(fee, {
      amount: [{ denom: "uopg", amount: "3250" }],
      gasLimit: 130_000n,
      payer: "",
      granter: "",
    });
    t.equal(signerInfos[0]?.sequence, 3n);
    t.equal(TxBody.decode(raw!.bodyBytes).memo, "hi");
    const send = bank.MsgSend.decode(TxBody.decode(raw!.bodyBytes).messages[0]!.value);
    t.strictSame(send, { fromAddress: me, toAddress: "opg1to", amount: coins });
  },
);

t.test("gas, price, fee and timeout may be given", async (t) => {
  const chain = new FakeChain(me);
  const client = await connect(chain, { gasPrice: "0.1uopg", gasAdjustment: 2 });
  const message = pack(bank.MsgSend, { fromAddress: me, toAddress: "opg1to", amount: coins });
  await client.execute([message]);
  await client.execute([message], { gas: 50_000n });
  await client.execute([message], { gas: 50_000n, gasPrice: "1uopg" });
  await client.execute([message], {
    fee: [{ denom: "uopg", amount: "99999" }],
    timeoutHeight: 50n,
    feeGranter: "opg1granter",
  });
  const fees = chain.sent.map((raw) => AuthInfo.decode(raw.authInfoBytes).fee!);
  t.strictSame(
    fees.map(({ gasLimit, amount }) => [gasLimit, amount[0]?.amount]),
    [
      [200_000n, "20000"],
      [50_000n, "5000"],
      [50_000n, "50000"],
      [200_000n, "99999"],
    ],
  );
  t.equal(fees[3]?.granter, "opg1granter");
  t.equal(TxBody.decode(chain.sent[3]!.bodyBytes).timeoutHeight, 50n);
});

for (const simulatesOn of ["mempool", "block"] as const) {
  t.test(
    `a hundred transactions at once have a hundred sequences, simulated on the ${simulatesOn}`,
    async (t) => {
      const chain = new FakeChain(me, 10n);
      chain.simulatesOn = simulatesOn;
      const client = await connect(chain);
      const sending = Array.from({ length: 100 }, (_, n) =>
        client.send("opg1to", coins, { memo: String(n), timeoutMs: 5000 }),
      );
      const done = await Promise.all(sending);
      t.equal(new Set(done.map(({ hash }) => hash)).size, 100);
      const sequences = chain.sent.map((raw) => AuthInfo.decode(raw.authInfoBytes).signerInfos[0]!.sequence);
      t.strictSame(
        sequences,
        Array.from({ length: 100 }, (_, n) => BigInt(10 + n)),
        "none was wrong, and none sent twice",
      );
      t.equal(chain.account?.sequence, 110n);
    },
  );
}

t.test("a sequence that another client used is found out and the transaction sent again", async (t) => {
  const chain = new FakeChain(me, 10n);
  const client = await connect(chain);
  await client.send("opg1to", coins);
  chain.account!.sequence += 4n;
  chain.checkSequence += 4n;
  await client.send("opg1to", coins);
  // Also without simulation, when the node's mempool is ahead of its blocks.
  chain.checkSequence += 2n;
  chain.autoBlocks = false;
  await client.transactor.broadcast(
    [pack(bank.MsgSend, { fromAddress: me, toAddress: "x", amount: coins })],
    { gas: 90_000n },
  );
  t.equal(AuthInfo.decode(chain.sent.at(-1)!.authInfoBytes).signerInfos[0]!.sequence, 18n);
});

t.test("a transaction that is lost is reported, and the sequence asked for again", async (t) => {
  const chain = new FakeChain(me, 10n);
  chain.autoBlocks = false;
  const client = await connect(chain);
  await t.rejects(client.send("opg1to", coins, { timeoutMs: 20, intervalMs: 5 }), { code: "not_in_block" });
  chain.mempool.length = 0;
  chain.checkSequence = 10n;
  chain.autoBlocks = true;
  await client.send("opg1to", coins);
  t.equal(AuthInfo.decode(chain.sent.at(-1)!.authInfoBytes).signerInfos[0]!.sequence, 10n);
});

t.test("failures carry their stage, code and words, and leave the sequence right", async (t) => {
  const chain = new FakeChain(me);
  const client = await connect(chain);
  const poor = { code: 5, codespace: "sdk", log: "insufficient funds" };
  chain.execute = () => poor;
  await t.rejects(client.send("opg1to", coins), {
    stage: "simulate",
    code: 5,
    codespace: "sdk",
    hash: undefined,
  });
  const failed = client.send("opg1to", coins, { gas: 100_000n });
  await t.rejects(failed, { stage: "execute", code: 5, log: "insufficient funds" });
  chain.execute = () => ({ typeUrl: "/fake.Response", value: new Uint8Array(0) });
  await t.rejects(client.send("opg1to", coins, { fee: [] }), { stage: "check", code: 13 });
  await client.send("opg1to", coins);
  t.equal(chain.account?.sequence, 2n, "the one that failed in its block counts, those before it do not");
  const error = await failed.catch((each: unknown) => each);
  t.ok(error instanceof TxFailedError && /^[0-9A-F]{64}$/.test(error.hash!));
});

t.test("an account that does not exist, a wrong chain and a client without a signer are named", async (t) => {
  const empty = new FakeChain();
  const client = await connect(empty);
  t.equal(await client.account(), undefined);
  await t.rejects(client.send("opg1to", coins), { code: "no_account", message: /send it some coins/ });
  await t.rejects(connect(empty, { chainId: "other-1" }), { code: "wrong_chain" });
  const reader = await OpgClient.connect("http://fake", { rpc: { fetch: empty.fetch } });
  t.throws(() => reader.transactor, { code: "no_signer" });
  t.throws(() => reader.address, OpgError);
});

t.test("accounts, balances and lists are read whole", async (t) => {
  const chain = new FakeChain(me, 4n);
  const client = await connect(chain);
  const account = await client.account();
  t.match(account, { address: me, accountNumber: 7n, sequence: 4n, publicKey: undefined });
  chain.on(bank.Query.methods.Balance, ({ denom }) => ({
    balance: { denom, amount: "12345678901234567890" },
  }));
  t.equal(await client.balance("uopg"), 12345678901234567890n);
  chain.on(bank.Query.methods.AllBalances, ({ pagination }) =>
    pagination?.key.length
      ? {
          balances: [{ denom: "uother", amount: "2" }],
          pagination: { nextKey: new Uint8Array(0), total: 0n },
        }
      : { balances: [{ denom: "uopg", amount: "1" }], pagination: { nextKey: Uint8Array.of(9), total: 0n } },
  );
  t.strictSame(await client.balances(), [
    { denom: "uopg", amount: 1n },
    { denom: "uother", amount: 2n },
  ]);
});

t.test("gas prices are read, written and rounded up", async (t) => {
  t.equal(formatGasPrice(parseGasPrice("0.025uopg,1ustake")), "0.025000000000000000uopg");
  t.strictSame(feeOf(1n, parseGasPrice("0.025uopg")), [{ denom: "uopg", amount: "1" }]);
  t.strictSame(feeOf(40n, parseGasPrice("0.025uopg")), [{ denom: "uopg", amount: "1" }]);
  t.strictSame(feeOf(41n, parseGasPrice("0.025uopg")), [{ denom: "uopg", amount: "2" }]);
  t.strictSame(feeOf(41n, parseGasPrice("0uopg")), []);
  for (const text of ["", "uopg", "0.025", "-1uopg", "1 2"])
    t.throws(() => parseGasPrice(text), { code: "invalid_gas_price" }, text);
  t.equal(
    expectedSequence("account sequence mismatch, expected 12, got 11: incorrect account sequence"),
    12n,
  );
  t.equal(expectedSequence("no number"), undefined);
});
