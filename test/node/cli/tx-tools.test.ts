/** Transactions in files, from unsigned to sent, against a chain: one key, Amino JSON, two signers, a multisig; offline and not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Keyring } from "../../../node/keys/keyring.ts";
import { Tx } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { CHAIN_ID, testSigner } from "../../chain/chain.ts";
import { CliNet, opgd } from "./net.ts";

t.setTimeout(300_000);
const net = await CliNet.start(["alice", "bob", "carol"]);
t.teardown(() => net.stop());

const { home } = net;
const alice = testSigner("alice").address;
const bob = testSigner("bob").address;
const FEES = ["--fees", "5000uopg", "--gas", "300000"];

const balance = async (address: string): Promise<bigint> =>
  BigInt((await net.json("query", "bank", "balance", address, "uopg")).balance.amount);

let files = 0;
/** Runs a command and keeps what it prints in a file. */
async function file(...args: readonly string[]): Promise<string> {
  return home.file(`${++files}.json`, await net.text(...args));
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

async function received(t: Test, work: () => Promise<unknown>): Promise<void> {
  const before = await balance(bob);
  await work();
  t.equal((await balance(bob)) - before, 7n);
}

const unsigned = (...flags: readonly string[]) =>
  file("tx", "bank", "send", "alice", "bob", "7uopg", "--generate-only", ...FEES, ...flags);

t.test("a message is signed and sent at once, in both modes", async (t) => {
  for (const mode of ["direct", "amino-json"])
    await received(t, async () => {
      const sent = await net.json(
        "tx",
        "bank",
        "send",
        "alice",
        "bob",
        "7uopg",
        ...FEES,
        "--sign-mode",
        mode,
        "-y",
      );
      t.equal(sent.code, 0);
    });
});

t.test("--generate-only asks the node for gas and fee, and --dry-run only for gas", async (t) => {
  const tx = read(await file("tx", "bank", "send", "alice", "bob", "7uopg", "--generate-only"));
  const gas = BigInt(tx.auth_info.fee.gas_limit);
  t.ok(gas > 30_000n && gas < 200_000n, String(gas));
  const dry = await net.json("tx", "bank", "send", "alice", "bob", "7uopg", "--dry-run");
  t.ok(BigInt(dry.gas_estimate) > 30_000n);
  t.match(
    await net.text("tx", "bank", "send", "alice", "bob", "7uopg", "--dry-run"),
    /^gas estimate: \d+\n$/,
  );
  t.match(await net.json("tx", "simulate", await unsigned()), { gas_info: { gas_used: /^\d+$/ } });
});

for (const mode of ["direct", "amino-json"])
  t.test(`a file is signed, checked and sent, in mode ${mode}`, async (t) => {
    const signed = await file("tx", "sign", await unsigned(), "--from", "alice", "--sign-mode", mode);
    t.match(read(signed).auth_info.signer_infos, [
      {
        mode_info: {
          single: { mode: mode === "direct" ? "SIGN_MODE_DIRECT" : "SIGN_MODE_LEGACY_AMINO_JSON" },
        },
      },
    ]);
    t.match(await net.json("tx", "validate-signatures", signed), { signers: [alice], valid: true });
    await received(t, async () => t.equal((await net.json("tx", "broadcast", signed)).code, 0));
    // Its sequence is used now.
    await t.rejects(net.json("tx", "validate-signatures", signed), { message: /0 of them right/ });
    await t.rejects(net.json("tx", "broadcast", signed), { name: "TxFailedError" });
  });

t.test("offline, the flags say which account and sequence are signed for", async (t) => {
  const { account_number, sequence } = (await net.json("query", "auth", "account-info", "alice")).info;
  const path = await unsigned();
  const where = ["--home", home.folder, "--from", "alice", "--offline"];
  const numbers = ["--account-number", account_number, "--sequence", sequence, "--chain-id", CHAIN_ID];
  const signed = home.file("offline.json", await opgd("tx", "sign", path, ...where, ...numbers));
  t.match(read(signed).auth_info.signer_infos, [{ sequence }]);
  await t.rejects(opgd("tx", "sign", path, ...where), {
    message: /give --chain-id, --account-number and --sequence/,
  });
  t.match(
    JSON.parse(
      await opgd("tx", "validate-signatures", signed, "--offline", "--home", home.folder, "-o", "json"),
    ),
    {
      signers: [alice],
      signatures: [{ address: alice, signature: "OK" }],
    },
  );
  await received(t, async () => t.equal((await net.json("tx", "broadcast", signed)).code, 0));
});

t.test("encode and decode are each other's reverse", async (t) => {
  const signed = await file("tx", "sign", await unsigned(), "--from", "alice");
  const base64 = (await net.text("tx", "encode", signed)).trim();
  t.same(JSON.parse(await net.text("tx", "decode", base64)), read(signed));
  const hex = Buffer.from(base64, "base64").toString("hex");
  t.same(JSON.parse(await net.text("tx", "decode", hex, "--hex")), read(signed));
  t.equal(Tx.decode(new Uint8Array(Buffer.from(base64, "base64"))).signatures.length, 1);
  await t.rejects(net.text("tx", "decode", "!!"), { message: /neither hex nor base64/ });
  await t.rejects(net.text("tx", "decode", "ffff"), { message: /is no transaction of this chain/ });
});

t.test("two accounts sign one after the other, in either order; mode direct is refused", async (t) => {
  const first = read(await unsigned());
  const second = read(await file("tx", "bank", "send", "carol", "bob", "1uopg", "--generate-only", ...FEES));
  first.body.messages.push(...second.body.messages);
  const both = home.file("both.json", first);
  await t.rejects(net.text("tx", "sign", both, "--from", "alice"), {
    message: /2 accounts sign .*amino-json/,
  });
  await t.rejects(net.text("tx", "sign", both, "--from", "bob", "--sign-mode", "amino-json"), {
    message: /need not sign this transaction/,
  });
  const half = await file("tx", "sign", both, "--from", "carol", "--sign-mode", "amino-json");
  await t.rejects(net.text("tx", "validate-signatures", half), { message: /1 of 2 are there/ });
  const whole = await file("tx", "sign", half, "--from", "alice", "--sign-mode", "amino-json");
  t.match(await net.json("tx", "validate-signatures", whole), { valid: true });
  const before = await balance(bob);
  t.equal((await net.json("tx", "broadcast", whole)).code, 0);
  t.equal((await balance(bob)) - before, 8n);
});

t.test("another pays the fee, and signs too", async (t) => {
  const path = await unsigned("--fee-payer", "carol");
  const half = await file("tx", "sign", path, "--from", "alice", "--sign-mode", "amino-json");
  const whole = await file("tx", "sign", half, "--from", "carol", "--sign-mode", "amino-json");
  const before = await balance(alice);
  await received(t, async () => t.equal((await net.json("tx", "broadcast", whole)).code, 0));
  t.equal(before - (await balance(alice)), 7n);
});

t.test("a multisig: members sign apart, and any two are enough", async (t) => {
  const keyring = new Keyring({
    home: home.folder,
    backend: "test",
    prefix: "opg",
    passphrase: async () => "",
  });
  const { address } = keyring.addMultisig("both", 2, ["alice", "bob", "carol"]);
  t.equal((await net.json("tx", "bank", "send", "alice", "both", "1000000uopg", ...FEES)).code, 0);
  const path = await file("tx", "bank", "send", "both", "bob", "7uopg", "--generate-only", ...FEES);
  t.match(read(path).body.messages, [{ from_address: address }]);
  await t.rejects(
    net.text("tx", "sign", path, "--from", "alice", "--multisig", "both", "--sign-mode", "direct"),
    {
      message: /amino-json/,
    },
  );
  const parts = [];
  for (const member of ["carol", "alice"])
    parts.push(await file("tx", "sign", path, "--from", member, "--multisig", "both"));
  t.match(read(parts[0]!), { signatures: [{ data: { single: { mode: "SIGN_MODE_LEGACY_AMINO_JSON" } } }] });
  await t.rejects(net.text("tx", "multi-sign", path, "both", parts[0]!), {
    message: /1 signatures of the 2/,
  });
  const signed = join(home.folder, "multi.json");
  await net.text("tx", "multisign", path, "both", ...parts, "--output-document", signed);
  t.match(await net.json("tx", "validate-signatures", signed), { signers: [address], valid: true });
  await received(t, async () => t.equal((await net.json("tx", "broadcast", signed)).code, 0));
  await t.rejects(net.text("tx", "multi-sign", path, "alice", ...parts), { message: /alice is no multisig/ });
});

t.test("files that are no transaction are refused by the place of the fault", async (t) => {
  const tx = read(await unsigned());
  const refused: readonly (readonly [unknown, RegExp])[] = [
    ["{", /JSON/],
    [{ ...tx, more: 1 }, /more/],
    [{ ...tx, body: { ...tx.body, messages: [{ "@type": "/no.Such" }] } }, /messages\[0\]/],
    [{ ...tx, auth_info: {} }, /auth_info.fee: is missing/],
  ];
  for (const [content, message] of refused)
    await t.rejects(net.text("tx", "sign", home.file("bad.json", content), "--from", "alice"), { message });
  await t.rejects(net.text("tx", "sign", "/no/such", "--from", "alice"), { message: /there is no file/ });
});

t.test("rewards of all validators are withdrawn together", async (t) => {
  const [{ operator_address: operator }] = (await net.json("query", "staking", "validators")).validators;
  await t.rejects(net.text("tx", "distribution", "withdraw-all-rewards", "--from", "alice"), {
    message: /delegates to no validator/,
  });
  t.equal(
    (await net.json("tx", "staking", "delegate", operator, "5000000uopg", "--from", "alice", ...FEES)).code,
    0,
  );
  t.match(await net.json("query", "staking", "delegation", "alice", operator), {
    delegation_response: { balance: { amount: "5000000" } },
  });
  const sent = await net.json("tx", "distribution", "withdraw-all-rewards", "--from", "alice", ...FEES);
  t.equal(sent.code, 0);
  t.equal(
    (await net.json("tx", "staking", "unbond", operator, "1000000uopg", "--from", "alice", ...FEES)).code,
    0,
  );
});

t.test("a grant is given, used and taken back", async (t) => {
  const path = await unsigned();
  await t.rejects(net.json("tx", "authz", "exec", path, "--from", "carol", ...FEES), {
    name: "TxFailedError",
  });
  const grant = ["tx", "authz", "grant", "carol", "send", "--spend-limit", "100uopg"];
  t.equal((await net.json(...grant, "--from", "alice", ...FEES)).code, 0);
  t.equal((await net.json("query", "authz", "grants", "alice", "carol")).grants.length, 1);
  await received(t, async () =>
    t.equal((await net.json("tx", "authz", "exec", path, "--from", "carol", ...FEES)).code, 0),
  );
  const revoke = ["tx", "authz", "revoke", "carol", "/cosmos.bank.v1beta1.MsgSend"];
  t.equal((await net.json(...revoke, "--from", "alice", ...FEES)).code, 0);
});

t.test("an allowance pays for another", async (t) => {
  t.equal((await net.json("tx", "feegrant", "grant", "alice", "carol", ...FEES)).code, 0);
  const before = [await balance(alice), await balance(testSigner("carol").address)];
  const flags = ["--fee-granter", "alice", ...FEES];
  t.equal((await net.json("tx", "bank", "send", "carol", "bob", "7uopg", ...flags)).code, 0);
  t.same(
    [before[0]! - (await balance(alice)), before[1]! - (await balance(testSigner("carol").address))],
    [5000n, 7n],
  );
});
