/** Genesis of bank and auth: what goes in comes out, and what no block could live with does not go in. */
import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/auth/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { GenesisState as AuthGenesis, BaseAccount } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import { GenesisState as BankGenesis, Msg, Query } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import { account, codec, DENOM, Sandbox } from "../sandbox.ts";

const MAX = (1n << 256n) - 1n;
const [alice, bob] = [account("alice"), account("bob")];
const holding = (address: string, amount: bigint | string, denom = DENOM) => ({
  address,
  coins: [{ denom, amount: amount.toString() }],
});
const bank = (parts: Partial<BankGenesis>) =>
  BankGenesis.create({ params: { sendEnabled: [], defaultSendEnabled: true }, ...parts });
const base = (parts: Partial<BaseAccount>) => ({
  typeUrl: BaseAccount.typeUrl,
  value: BaseAccount.encode(BaseAccount.create({ address: alice, ...parts })),
});
const auth = (...accounts: AuthGenesis["accounts"]) =>
  AuthGenesis.create({ params: DEFAULT_PARAMS, bech32Prefix: "opg", accounts });
const started = (genesis: Record<string, unknown>) => new Sandbox({ genesis, validators: [] });
const metadata = {
  description: "",
  denomUnits: [
    { denom: DENOM, exponent: 0, aliases: [] },
    { denom: "opg", exponent: 6, aliases: [] },
  ],
  base: DENOM,
  display: "opg",
  name: "OPG",
  symbol: "OPG",
  uri: "",
  uriHash: "",
};

t.test("balances, supply, metadata and settings come through an export whole", (t) => {
  const genesis = bank({
    balances: [holding(alice, 5n), holding(bob, MAX - 5n)],
    supply: [{ denom: DENOM, amount: MAX.toString() }],
    denomMetadata: [metadata],
    sendEnabled: [{ denom: "frozen", enabled: false }],
  });
  const first = started({ bank: genesis, auth: auth(base({ accountNumber: 7n, sequence: 3n })) });
  t.strictSame(first.broken(), []);
  const second = started(first.exported());
  t.strictSame(second.exported(), first.exported());
  t.equal(second.query(Query.methods.SupplyOf, { denom: DENOM }).amount!.amount, MAX.toString());
  t.end();
});

const badBank: readonly (readonly [name: string, parts: Partial<BankGenesis>])[] = [
  ["an address twice", { balances: [holding(alice, 1n), holding(alice, 1n)] }],
  [
    "an address twice, once in capitals",
    { balances: [holding(alice, 1n), holding(alice.toUpperCase(), 1n)] },
  ],
  ["a supply of more than 256 bits", { balances: [holding(alice, MAX), holding(bob, 1n)] }],
  ["an amount of more than 256 bits", { balances: [holding(alice, MAX + 1n)] }],
  ["a negative amount", { balances: [holding(alice, "-1")] }],
  ["a zero amount", { balances: [holding(alice, 0n)] }],
  ["no denomination", { balances: [holding(alice, 1n, "")] }],
  ["a denomination of 129 characters", { balances: [holding(alice, 1n, `a${"b".repeat(128)}`)] }],
  [
    "a supply that is not the sum",
    { balances: [holding(alice, 1n)], supply: [{ denom: DENOM, amount: "2" }] },
  ],
  ["metadata twice", { denomMetadata: [metadata, metadata] }],
  ["metadata without its base", { denomMetadata: [{ ...metadata, denomUnits: [] }] }],
  [
    "send_enabled twice",
    {
      sendEnabled: [
        { denom: DENOM, enabled: true },
        { denom: DENOM, enabled: false },
      ],
    },
  ],
];
for (const [name, parts] of badBank)
  t.test(`a genesis of bank with ${name} is refused`, (t) => {
    t.throws(() => started({ bank: bank(parts) }), { name: "ChainError" });
    t.end();
  });

const badAuth: readonly (readonly [name: string, accounts: AuthGenesis["accounts"]])[] = [
  ["an account twice", [base({}), base({ accountNumber: 1n })]],
  [
    "an account twice, once in capitals",
    [base({}), base({ address: alice.toUpperCase(), accountNumber: 1n })],
  ],
  ["a sequence that would not decode when it is raised", [base({ sequence: (1n << 64n) - 1n })]],
  ["an account number after which none is left", [base({ accountNumber: (1n << 64n) - 1n })]],
  ["an account of an unknown type", [{ typeUrl: "/x.Account", value: new Uint8Array(0) }]],
  ["an address of another chain", [base({ address: "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a" })]],
];
for (const [name, accounts] of badAuth)
  t.test(`a genesis of auth with ${name} is refused`, (t) => {
    t.throws(() => started({ auth: auth(...accounts) }), { name: "ChainError" });
    t.end();
  });

t.test("the authority changes what may be sent, and the default", (t) => {
  const sandbox = new Sandbox({ funds: { alice: 100n } });
  const authority = codec.format(moduleAddress("gov"));
  sandbox.begin();
  const send = () =>
    sandbox.deliver(Msg.methods.Send, {
      fromAddress: alice,
      toAddress: bob,
      amount: [{ denom: DENOM, amount: "1" }],
    }).error;
  const set = (sendEnabled: { denom: string; enabled: boolean }[], useDefaultFor: string[] = []) =>
    sandbox.run(Msg.methods.SetSendEnabled, { authority, sendEnabled, useDefaultFor });
  t.equal(send(), undefined);
  set([{ denom: DENOM, enabled: false }]);
  t.match(send(), { codespace: "bank", code: 5 });
  set([], [DENOM]);
  t.equal(send(), undefined);
  sandbox.run(Msg.methods.UpdateParams, {
    authority,
    params: { sendEnabled: [], defaultSendEnabled: false },
  });
  t.match(send(), { codespace: "bank", code: 5 });
  set([{ denom: DENOM, enabled: true }]);
  t.equal(send(), undefined);
  t.strictSame(sandbox.query(Query.methods.SendEnabled, { denoms: [DENOM] }).sendEnabled, [
    { denom: DENOM, enabled: true },
  ]);
  t.end();
});
