/** Fields of a transaction that wallets rarely set: extension options, unordered, tips, timeouts at their very ends. */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { PrivateKey, pack } from "../../../client/index.ts";
import { Query as BankQuery, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.secp256k1.ts";
import { SignMode } from "../../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import {
  AuthInfo,
  type ModeInfo,
  Service,
  SignDoc,
  SimulateRequest,
  TxBody,
  TxRaw,
} from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { RequestFinalizeBlock } from "../../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, DENOM, GAS, START, TestChain, testKey, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const chain = await TestChain.start({ engine });
t.teardown(() => chain.close());
await chain.block();
await chain.block();

const key = new PrivateKey(testKey("alice"));
const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
const send = pack(MsgSend, { fromAddress: alice, toAddress: bob, amount: [{ denom: DENOM, amount: "7" }] });

interface Parts {
  readonly body?: Partial<TxBody>;
  readonly authInfo?: Partial<AuthInfo>;
  readonly ahead?: bigint;
  readonly unsigned?: boolean;
}

/** Put together by hand: the client sets none of these fields. */
async function signed({
  body = {},
  authInfo = {},
  ahead = 0n,
  unsigned = false,
}: Parts): Promise<Uint8Array> {
  const { accountNumber, sequence } = await chain.account("alice");
  const bodyBytes = TxBody.encode(TxBody.create({ messages: [send], ...body }));
  const publicKey = { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: key.publicKey }) };
  const modeInfo = { single: { mode: SignMode.SIGN_MODE_DIRECT } } as ModeInfo;
  const authInfoBytes = AuthInfo.encode(
    AuthInfo.create({
      signerInfos: [{ publicKey, modeInfo, sequence: sequence + ahead }],
      fee: { amount: [...GAS.amount], gasLimit: GAS.gasLimit, payer: "", granter: "" },
      ...authInfo,
    }),
  );
  const signature = key.sign(SignDoc.encode({ bodyBytes, authInfoBytes, chainId: CHAIN_ID, accountNumber }));
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [unsigned ? new Uint8Array(0) : signature] });
}

const balance = async (address: string): Promise<string> =>
  (await chain.query(BankQuery.methods.Balance, { address, denom: DENOM })).balance!.amount;

const unknown = { typeUrl: "/of.another.Chain", value: Uint8Array.of(1, 2, 3) };

/** Heights and times are counted from the block that the transaction is in. */
const cases: readonly (readonly [
  name: string,
  parts: () => Parts,
  outcome: { readonly codespace: string; readonly code: number },
])[] = [
  [
    "an unknown extension option is refused",
    () => ({ body: { extensionOptions: [unknown] } }),
    { codespace: "sdk", code: 31 },
  ],
  [
    "an unknown non-critical one passes",
    () => ({ body: { nonCriticalExtensionOptions: [unknown] } }),
    { codespace: "", code: 0 },
  ],
  ["unordered is refused", () => ({ body: { unordered: true } }), { codespace: "sdk", code: 37 }],
  [
    "a timeout at the block's height passes",
    () => ({ body: { timeoutHeight: chain.height + 1n } }),
    { codespace: "", code: 0 },
  ],
  [
    "a timeout one below is past",
    () => ({ body: { timeoutHeight: chain.height } }),
    { codespace: "sdk", code: 30 },
  ],
  [
    "a timeout at the block's time passes",
    () => ({ body: { timeoutTimestamp: { seconds: START + (chain.height + 1n) * 5n, nanos: 0 } } }),
    { codespace: "", code: 0 },
  ],
  [
    "a timeout a nanosecond before is past",
    () => ({
      body: { timeoutTimestamp: { seconds: START + (chain.height + 1n) * 5n - 1n, nanos: 999_999_999 } },
    }),
    { codespace: "sdk", code: 42 },
  ],
];

for (const [name, parts, outcome] of cases) {
  t.test(name, async (t) => {
    const tx = await signed(parts());
    const { txResults } = await chain.block([tx]);
    t.match(txResults[0], outcome, txResults[0]!.log);
    if (outcome.code === 0) return;
    // Nothing of it was kept, so the same is said of it once more.
    t.match(chain.checkTx(tx), outcome);
  });
}

t.test(
  "a timeout at the last block's height is in time for the mempool, which goes by that block",
  async (t) => {
    t.equal(chain.checkTx(await signed({ body: { timeoutHeight: chain.height } })).code, 0);
    await chain.block();
    const late = chain.checkTx(await signed({ body: { timeoutHeight: chain.height - 1n } }));
    t.match(late, { codespace: "sdk", code: 30 });
  },
);

t.test("a tip is signed and moves nothing", async (t) => {
  const before = await balance(bob);
  const tip = { amount: [{ denom: DENOM, amount: "1000" }], tipper: bob };
  const { txResults } = await chain.block([await signed({ authInfo: { tip } })]);
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  t.equal(BigInt(await balance(bob)), BigInt(before) + 7n);
});

t.test("a simulation needs neither fee nor signature, and tells the gas that the run uses", async (t) => {
  const fee = { amount: [], gasLimit: 0n, payer: "", granter: "" };
  const txBytes = await signed({ authInfo: { fee }, unsigned: true });
  const { gasInfo } = await chain.query(Service.methods.Simulate, SimulateRequest.create({ txBytes }));
  const run = await signed({});
  const { txResults } = await chain.block([run]);
  t.equal(txResults[0]!.code, 0, txResults[0]!.log);
  const [simulated, used] = [gasInfo!.gasUsed, txResults[0]!.gasUsed];
  t.ok(
    simulated >= (used * 6n) / 10n && simulated <= (used * 11n) / 10n,
    `${simulated} of ${used}: without a fee none is moved`,
  );
});

t.test(
  "between FinalizeBlock and Commit the mempool sees the block already, and from Commit on nothing else",
  async (t) => {
    const [first, second] = [await signed({}), await signed({ ahead: 1n })];
    const height = chain.height + 1n;
    const request = RequestFinalizeBlock.create({
      height,
      txs: [first],
      hash: Uint8Array.of(1),
      time: { seconds: START + height * 5n, nanos: 0 },
      proposerAddress: chain.validators[0]!.address,
    });
    const { txResults } = await chain.app.finalizeBlock(request);
    t.equal(txResults[0]!.code, 0, txResults[0]!.log);
    t.match(chain.checkTx(first), { codespace: "sdk", code: 32 }, "it is in the block");
    t.equal(chain.checkTx(second).code, 0, "so this is next");
    await chain.app.commit();
    t.match(chain.checkTx(first), { codespace: "sdk", code: 32 });
    t.equal(chain.checkTx(second).code, 0);
  },
);
