/** Bank and auth as clients see them: what each handler refuses and by which code, and what each query answers. */
import t from "tap";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { AddressCodec, moduleAddress } from "../../../../chain/runtime/address.ts";
import { pack } from "../../../../client/index.ts";
import { Query as AuthQuery } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import {
  Query as BankQuery,
  MsgMultiSend,
  MsgSend,
  MsgSetSendEnabled,
  MsgUpdateParams,
} from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { PageRequest } from "../../../../proto/gen/cosmos.base.query.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { DENOM, FUNDS, TestChain, testSigner } from "../../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const chain = await TestChain.start({ engine });
t.teardown(() => chain.close());
await chain.block();

const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => testSigner(name).address) as [
  string,
  string,
  string,
];
const fresh = testSigner("fresh").address;
const blocked = new AddressCodec("opg").format(moduleAddress("fee_collector"));
const coins = (amount: string, denom = DENOM) => [{ denom, amount }];
const { methods } = BankQuery;

async function balance(address: string): Promise<bigint> {
  return BigInt((await chain.query(methods.Balance, { address, denom: DENOM })).balance!.amount);
}

const send = (toAddress: string, amount: readonly { denom: string; amount: string }[]) =>
  pack(MsgSend, { fromAddress: alice, toAddress, amount: [...amount] });
const multi = (given: string, ...outputs: readonly (readonly [string, string])[]) =>
  pack(MsgMultiSend, {
    inputs: [{ address: alice, coins: coins(given) }],
    outputs: outputs.map(([address, amount]) => ({ address, coins: coins(amount) })),
  });

/** Source of the codes: types/errors, x/bank/types/errors.go and x/gov/types/errors.go of the SDK. */
const refused: readonly (readonly [name: string, message: Any, codespace: string, code: number])[] = [
  ["a send of nothing", send(bob, []), "sdk", 10],
  ["a send of zero", send(bob, coins("0")), "sdk", 10],
  ["a send of a negative amount", send(bob, coins("-1")), "sdk", 10],
  ["a send of one denomination twice", send(bob, [...coins("1"), ...coins("1")]), "sdk", 10],
  ["a send in no denomination", send(bob, coins("1", "1x")), "sdk", 10],
  [
    "a send to another chain's address",
    send(new AddressCodec("cosmos").format(moduleAddress("x")), coins("1")),
    "sdk",
    7,
  ],
  ["a send to a module that may not receive", send(blocked, coins("1")), "sdk", 4],
  ["a send of more than there is", send(bob, coins(`${FUNDS * 2n}`)), "sdk", 5],
  ["a send of what alice has none of", send(bob, coins("1", "unknown")), "sdk", 5],
  ["a multi-send whose sums differ", multi("5", [bob, "2"], [carol, "2"]), "bank", 4],
  ["a multi-send to nobody", multi("5"), "bank", 3],
  [
    "a multi-send of two senders",
    pack(MsgMultiSend, {
      inputs: [alice, alice].map((address) => ({ address, coins: coins("1") })),
      outputs: [{ address: bob, coins: coins("2") }],
    }),
    "bank",
    9,
  ],
  ["a multi-send to a module that may not receive", multi("5", [bob, "3"], [blocked, "2"]), "sdk", 4],
  [
    "parameters by who is not the authority",
    pack(MsgUpdateParams, { authority: alice, params: { sendEnabled: [], defaultSendEnabled: false } }),
    "gov",
    13,
  ],
  [
    "send-enabled by who is not the authority",
    pack(MsgSetSendEnabled, { authority: alice, sendEnabled: [{ denom: DENOM, enabled: false }] }),
    "gov",
    13,
  ],
];

for (const [name, message, codespace, code] of refused) {
  t.test(`${name} is refused: ${codespace} ${code}`, async (t) => {
    const before = [await balance(bob), await balance(carol), await balance(blocked)];
    const [result] = (await chain.block([await chain.sign("alice", [message])])).txResults;
    t.match({ codespace: result!.codespace, code: result!.code }, { codespace, code }, result!.log);
    // The next block shares out the fee that the collector holds.
    await chain.block();
    t.strictSame([await balance(bob), await balance(carol)], before.slice(0, 2));
    t.ok((await chain.query(methods.Params)).params.defaultSendEnabled);
  });
}

t.test("a send makes the recipient's account, and says so in the SDK's events", async (t) => {
  await t.rejects(chain.query(AuthQuery.methods.AccountInfo, { address: fresh }));
  const result = await chain.run("alice", MsgSend, {
    fromAddress: alice,
    toAddress: fresh,
    amount: coins("9"),
  });
  t.equal(result.code, 0, result.log);
  const of = (type: string) =>
    result.events
      .filter((event) => event.type === type)
      .map(({ attributes }) => Object.fromEntries(attributes.map(({ key, value }) => [key, value])))
      .at(-1);
  t.match(of("transfer"), { recipient: fresh, sender: alice, amount: `9${DENOM}`, msg_index: "0" });
  t.match(of("coin_spent"), { spender: alice, amount: `9${DENOM}` });
  t.match(of("coin_received"), { receiver: fresh, amount: `9${DENOM}` });
  const { info } = await chain.query(AuthQuery.methods.AccountInfo, { address: fresh });
  t.equal(info!.sequence, 0n);
  t.equal(info!.pubKey, undefined);
  const { accountAddress } = await chain.query(AuthQuery.methods.AccountAddressByID, {
    accountId: info!.accountNumber,
  });
  t.equal(accountAddress, fresh);
});

t.test("a multi-send reaches everybody, or nobody", async (t) => {
  const before = [await balance(bob), await balance(carol)] as const;
  const [result] = (await chain.block([await chain.sign("alice", [multi("5", [bob, "3"], [carol, "2"])])]))
    .txResults;
  t.equal(result!.code, 0, result!.log);
  t.strictSame([await balance(bob), await balance(carol)], [before[0] + 3n, before[1] + 2n]);
});

t.test("a transaction whose second message fails undoes the first", async (t) => {
  const before = await balance(bob);
  const tx = await chain.sign("alice", [send(bob, coins("5")), send(bob, coins(`${FUNDS * 2n}`))]);
  t.equal((await chain.block([tx])).txResults[0]!.code, 5);
  t.equal(await balance(bob), before);
});

t.test("queries answer absent things as the SDK does", async (t) => {
  const nobody = testSigner("nobody").address;
  t.strictSame((await chain.query(methods.Balance, { address: nobody, denom: DENOM })).balance, {
    denom: DENOM,
    amount: "0",
  });
  t.strictSame((await chain.query(methods.SupplyOf, { denom: "absent" })).amount, {
    denom: "absent",
    amount: "0",
  });
  t.strictSame((await chain.query(methods.AllBalances, { address: nobody })).balances, []);
  await t.rejects(chain.query(methods.Balance, { address: nobody, denom: "1" }));
  await t.rejects(chain.query(methods.Balance, { address: "opg1", denom: DENOM }));
  await t.rejects(chain.query(methods.DenomMetadata, { denom: "absent" }), { codespace: "sdk", code: 22 });
  t.equal((await chain.query(AuthQuery.methods.Bech32Prefix)).bech32Prefix, "opg");
});

t.test("pages of accounts and holders join to the whole, forwards and backwards", async (t) => {
  const page = (parts: Partial<PageRequest>) => PageRequest.create(parts);
  const whole = await chain.query(AuthQuery.methods.Accounts, {
    pagination: page({ limit: 1_000n, countTotal: true }),
  });
  t.equal(whole.pagination!.total, BigInt(whole.accounts.length));
  t.equal(whole.pagination!.nextKey.length, 0);
  for (const reverse of [false, true]) {
    const joined: Uint8Array[] = [];
    let key = new Uint8Array(0);
    do {
      const { accounts, pagination } = await chain.query(AuthQuery.methods.Accounts, {
        pagination: page({ key, limit: 2n, reverse }),
      });
      t.ok(accounts.length <= 2);
      joined.push(...accounts.map(({ value }) => value));
      key = new Uint8Array(pagination!.nextKey);
    } while (key.length > 0);
    if (reverse) joined.reverse();
    t.strictSame(
      joined,
      whole.accounts.map(({ value }) => value),
    );
  }
  const { denomOwners } = await chain.query(methods.DenomOwners, { denom: DENOM });
  const { supply } = await chain.query(methods.TotalSupply);
  const held = denomOwners.reduce((sum, { balance }) => sum + BigInt(balance!.amount), 0n);
  t.equal(held, BigInt(supply.find(({ denom }) => denom === DENOM)!.amount), "owners hold the supply");
  await t.rejects(
    chain.query(methods.TotalSupply, { pagination: page({ key: Uint8Array.of(1), offset: 1n }) }),
    { codespace: "sdk", code: 18 },
  );
});

t.test("a balance is shown under its display name when asked for", async (t) => {
  const { balances } = await chain.query(methods.AllBalances, { address: alice, resolveDenom: true });
  const { metadata } = await chain.query(methods.DenomMetadata, { denom: DENOM });
  t.equal(balances[0]!.denom, metadata!.display);
});
