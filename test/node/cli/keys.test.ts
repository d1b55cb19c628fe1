/** opgd keys: what the SDK's command has, on a home of its own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { fromHex } from "../../../chain/runtime/bytes.ts";
import { hdPath, keyFromMnemonic, PrivateKey } from "../../../client/index.ts";
import { armorKey, unarmorKey } from "../../../node/keys/armor.ts";
import { CliHome, opgd, testKey } from "./net.ts";

t.setTimeout(300_000);
const home = await CliHome.make(["alice", "bob", "carol"]);
t.teardown(() => home.remove());
const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const words = home.file("mnemonic.txt", `${MNEMONIC}\n`);

const keys = (...args: readonly string[]) => opgd("keys", ...args, "--home", home.folder);
const json = async (...args: readonly string[]) => JSON.parse(await keys(...args, "-o", "json"));
const address = async (name: string) => (await keys("show", name, "-a")).trim();

t.test("a mnemonic gives the keys of its paths", async (t) => {
  const table: readonly (readonly [name: string, flags: readonly string[], path: string])[] = [
    ["r0", [], hdPath(0, 0)],
    ["r1", ["--account", "1", "--index", "2"], hdPath(1, 2)],
    ["r2", ["--hd-path", "m/44'/60'/0'/0/0"], "m/44'/60'/0'/0/0"],
    ["r3", ["--coin-type", "60"], "m/44'/60'/0'/0/0"],
  ];
  for (const [name, flags, path] of table) {
    const { address: found, mnemonic } = await json("add", name, "--source", words, ...flags);
    const expected = keyFromMnemonic(MNEMONIC, { path });
    await json("import-hex", `${name}-hex`, Buffer.from(expected.expose()).toString("hex"));
    t.equal(found, await address(`${name}-hex`), name);
    t.equal(mnemonic, undefined, "a mnemonic that is known is not printed");
  }
});

t.test("a new key shows its mnemonic once, or not at all, or is not kept", async (t) => {
  t.equal((await json("add", "new1")).mnemonic.split(" ").length, 24);
  t.equal((await json("add", "new2", "--no-backup")).mnemonic, undefined);
  t.match(await json("add", "new3", "--dry-run"), { name: "new3", address: /^opg1/ });
  t.notOk(existsSync(join(home.folder, "keyring-test", "new3.json")));
  await t.rejects(keys("show", "new3"), { message: /there is no key new3/ });
});

t.test(
  "a multisig is of keys by address, or in the order given; show makes it without keeping it",
  async (t) => {
    const sorted = await json("add", "m1", "--multisig", "alice,bob,carol", "--multisig-threshold", "2");
    t.match(sorted, { type: "multi", pubkey: /"threshold":2/ });
    const other = await json("add", "m2", "--multisig", "carol,bob,alice", "--multisig-threshold", "2");
    t.equal(other.address, sorted.address);
    const orders = ["alice,bob,carol", "carol,bob,alice"].map((names) =>
      json("add", "m3", "--multisig", names, "--multisig-threshold", "2", "--nosort", "--dry-run"),
    );
    const [one, two] = [await orders[0]!, await orders[1]!];
    t.not(one.address, two.address);
    t.equal(
      (await json("show", "bob", "alice", "carol", "--multisig-threshold", "2")).address,
      sorted.address,
    );
    await t.rejects(keys("add", "m4", "--multisig", "alice,bob", "--multisig-threshold", "3"), {
      message: /--multisig-threshold: 3 of 2/,
    });
  },
);

t.test("a public key is kept, and signs nothing", async (t) => {
  const pubkey = (await keys("show", "alice", "-p")).trim();
  t.equal((await json("add", "p1", "--pubkey", pubkey)).address, await address("alice"));
  t.match(await json("add", "p2", "--pubkey-base64", JSON.parse(pubkey).key), { type: "offline" });
  await t.rejects(keys("export", "p1", "--unsafe", "--unarmored-hex"), { message: /public key alone/ });
  await t.rejects(keys("add", "p3", "--pubkey", "{}"), { message: /--pubkey: is no secp256k1 key/ });
});

t.test("addresses are shown as account, operator and consensus", async (t) => {
  for (const [bech, prefix] of [
    ["acc", "opg1"],
    ["val", "opgvaloper1"],
    ["cons", "opgvalcons1"],
  ] as const)
    t.match(await keys("show", "alice", "-a", "--bech", bech), new RegExp(`^${prefix}`));
  await t.rejects(keys("show", "alice", "--bech", "node"), {
    message: /--bech: node is not one of acc, val, cons/,
  });
});

t.test("lists, names, types, parse and mnemonic", async (t) => {
  t.ok((await json("list", "-n")).includes("alice"));
  t.match(await keys("list", "--list-names"), /^alice\nbob\n/);
  t.same(await json("list-key-types"), ["secp256k1"]);
  const { human, bytes } = await json("parse", await address("alice"));
  t.equal(human, "opg");
  t.same((await json("parse", bytes)).formats, [await address("alice")]);
  t.equal((await opgd("keys", "mnemonic")).trim().split(" ").length, 24);
});

t.test("keys are renamed and deleted, all or none", async (t) => {
  await keys("rename", "new1", "renamed");
  await t.rejects(keys("delete", "renamed", "new2"), { message: /give -y/ });
  await t.rejects(keys("delete", "renamed", "nobody", "-y"), { message: /there is no key nobody/ });
  t.ok((await json("list", "-n")).includes("renamed"), "none is deleted if one is not there");
  await keys("delete", "renamed", "new2", "-y");
  t.notOk((await json("list", "-n")).some((name: string) => name === "renamed" || name === "new2"));
});

t.test("a key is exported by a passphrase and imported again", async (t) => {
  const before = process.env["OPGD_EXPORT_PASSPHRASE"];
  t.teardown(() => {
    if (before === undefined) delete process.env["OPGD_EXPORT_PASSPHRASE"];
    else process.env["OPGD_EXPORT_PASSPHRASE"] = before;
  });
  process.env["OPGD_EXPORT_PASSPHRASE"] = "correct horse";
  const armored = await keys("export", "alice");
  t.match(armored, /^-----BEGIN TENDERMINT PRIVATE KEY-----\nkdf: argon2\n/);
  const path = home.file("alice.key", armored);
  t.equal((await json("import", "again", path)).address, await address("alice"));
  process.env["OPGD_EXPORT_PASSPHRASE"] = "wrong horse";
  await t.rejects(json("import", "never", path), { message: /not the one/ });
  process.env["OPGD_EXPORT_PASSPHRASE"] = "short";
  await t.rejects(keys("export", "alice"), { message: /at least 8/ });
  t.equal(
    (await keys("export", "alice", "--unarmored-hex", "--unsafe")).trim(),
    Buffer.from(testKey("alice").expose()).toString("hex"),
  );
  await t.rejects(keys("export", "alice", "--unarmored-hex"), { message: /--unsafe/ });
});

/** Made by EncryptArmorPrivKey of cosmos-sdk crypto/armor.go, of the key 0102…20 and the passphrase "correct horse". */
const SDK_ARMOR = `-----BEGIN TENDERMINT PRIVATE KEY-----
kdf: argon2
salt: 5AC3CA3D42A5BCABE31446108BA042D0
type: secp256k1

zY5YqbV+PyoY1Evjf7mmluCXyuCv9fiPGK5V6RV5EN5NkZEMR+SK5PxEhzw1N4Om
O8ngBGk=
=0+W2
-----END TENDERMINT PRIVATE KEY-----
`;

t.test("a key that the SDK exported is read", async (t) => {
  const secret = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
  t.same((await unarmorKey(SDK_ARMOR, "correct horse")).expose(), secret);
});

t.test("an armored key that was changed is refused", async (t) => {
  const key = new PrivateKey(fromHex("01".repeat(32))!);
  const armored = await armorKey(key, "correct horse");
  const lines = armored.split("\n");
  const refused: readonly (readonly [string, RegExp])[] = [
    ["hello", /is no exported key/],
    [armored.replace("argon2", "bcrypt"), /kdf: bcrypt is not argon2/],
    [armored.replace("secp256k1", "ed25519"), /type: ed25519/],
    [
      [...lines.slice(0, 5), `A${lines[5]!.slice(1)}`.replace(/^A(?=A)/, "B"), ...lines.slice(6)].join("\n"),
      /damaged/,
    ],
  ];
  for (const [text, message] of refused)
    await t.rejects(unarmorKey(text, "correct horse"), { name: "NodeError", message });
  t.same((await unarmorKey(armored, "correct horse")).expose(), key.expose());
});
