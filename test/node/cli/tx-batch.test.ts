/** Files of several transactions: signed with sequences that follow, by one key or by a multisig's members, or made one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Keyring } from "../../../node/keys/keyring.ts";
import { CHAIN_ID, testSigner } from "../../chain/chain.ts";
import { CliNet, opgd } from "./net.ts";

t.setTimeout(300_000);
const net = await CliNet.start(["alice", "bob", "carol"]);
t.teardown(() => net.stop());

const { home } = net;
const bob = testSigner("bob").address;

const balance = async (): Promise<bigint> =>
  BigInt((await net.json("query", "bank", "balance", bob, "uopg")).balance.amount);

/** Unsigned transfers to bob, one a line. */
async function transfers(from: string, amounts: readonly number[]): Promise<string> {
  const lines = [];
  for (const amount of amounts)
    lines.push(
      await net.text(
        ...["tx", "bank", "send", from, "bob", `${amount}uopg`, "--generate-only"],
        ...["--fees", `${amount * 1000}uopg`, "--gas", "200000"],
      ),
    );
  // An empty line is none.
  return lines.join("\n");
}

let files = 0;
const file = (text: string) => home.file(`${++files}.jsonl`, text);
const linesIn = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

async function sent(txs: readonly unknown[]): Promise<bigint> {
  const before = await balance();
  for (const tx of txs)
    if ((await net.json("tx", "broadcast", home.file("one.json", tx))).code !== 0) return -1n;
  return (await balance()) - before;
}

t.test(
  "transactions of several files are signed with sequences that follow, and sent in order",
  async (t) => {
    const paths = [file(await transfers("alice", [1, 2])), file(await transfers("alice", [4]))];
    const { sequence } = (await net.json("query", "auth", "account-info", "alice")).info;
    const signed = linesIn(await net.text("tx", "sign-batch", ...paths, "--from", "alice"));
    t.strictSame(
      signed.map((tx) => tx.auth_info.signer_infos[0].sequence),
      [0n, 1n, 2n].map((more) => String(BigInt(sequence) + more)),
    );
    t.equal(await sent(signed), 7n);
  },
);

t.test("offline, the sequences begin with the flag's", async (t) => {
  const path = file(await transfers("alice", [1, 2]));
  const { account_number, sequence } = (await net.json("query", "auth", "account-info", "alice")).info;
  const where = ["--home", home.folder, "--from", "alice", "--offline"];
  const numbers = ["--account-number", account_number, "--sequence", sequence, "--chain-id", CHAIN_ID];
  const document = join(home.folder, "offline.jsonl");
  t.equal(await opgd("tx", "sign-batch", path, ...where, ...numbers, "--output-document", document), "");
  const signatures = linesIn(await opgd("tx", "sign-batch", path, ...where, ...numbers, "--signature-only"));
  t.match(signatures, [{ signatures: [{ sequence }] }, {}]);
  t.equal(await sent(linesIn(readFileSync(document, "utf8"))), 3n);
});

t.test("--append makes one transaction of all, with the sum of gas and fees", async (t) => {
  const path = file(await transfers("alice", [1, 2, 4]));
  const flags = ["--from", "alice", "--append", "--note", "seven"];
  const signed = linesIn(await net.text("tx", "sign-batch", path, ...flags));
  t.match(signed, [
    {
      body: { memo: "seven", messages: { length: 3 } },
      auth_info: { fee: { gas_limit: "600000", amount: [{ denom: "uopg", amount: "7000" }] } },
    },
  ]);
  t.equal(signed.length, 1);
  t.equal(await sent(signed), 7n);
});

t.test("members of a multisig sign batches apart, which are put together line by line", async (t) => {
  const keyring = new Keyring({
    home: home.folder,
    backend: "test",
    prefix: "opg",
    passphrase: async () => "",
  });
  keyring.addMultisig("both", 2, ["alice", "bob", "carol"]);
  const fund = [
    "tx",
    "bank",
    "send",
    "alice",
    "both",
    "1000000uopg",
    "--fees",
    "5000uopg",
    "--gas",
    "200000",
  ];
  t.equal((await net.json(...fund)).code, 0);
  const path = file(await transfers("both", [1, 2, 4]));
  const parts = [];
  for (const member of ["carol", "alice"])
    parts.push(file(await net.text("tx", "sign-batch", path, "--from", member, "--multisig", "both")));
  const signed = linesIn(await net.text("tx", "multisign-batch", path, "both", ...parts));
  t.equal(await sent(signed), 7n);
  const [first] = readFileSync(parts[0]!, "utf8").split("\n");
  await t.rejects(net.text("tx", "multisign-batch", path, "both", parts[1]!, file(first!)), {
    message: /has 1 lines of signatures for 3 transactions/,
  });
});

t.test("what cannot be signed is refused by the place of the fault", async (t) => {
  const good = await transfers("alice", [1]);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[file(`${good}{`)], /\.jsonl: line 2: /],
    [[file("")], /there is no transaction in it/],
    [[file(good), "--note", "x"], /--note: .*--append/],
    [[file(good), "--multisig", "alice"], /alice is no multisig/],
  ];
  for (const [args, message] of cases)
    await t.rejects(net.text("tx", "sign-batch", ...args, "--from", "alice"), { message });
});
