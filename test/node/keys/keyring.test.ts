import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test as Tap } from "tap";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { hdPath, keyFromMnemonic } from "../../../client/index.ts";
import type { Backend } from "../../../node/keys/backend.ts";
import { Keyring } from "../../../node/keys/keyring.ts";

const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const key = keyFromMnemonic(MNEMONIC, { path: hdPath(0, 0) });

function home(t: Tap): string {
  const folder = mkdtempSync(join(tmpdir(), "opg-keys-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function ring(folder: string, backend: Backend, passphrase = "correct horse"): Keyring {
  return new Keyring({ home: folder, backend, prefix: "cosmos", passphrase: async () => passphrase });
}

for (const backend of ["test", "file"] as const) {
  t.test(`the ${backend} backend keeps a key, its address and its owner's file mode`, async (t) => {
    const folder = home(t);
    const info = await ring(folder, backend).add("alice", key);
    // The address that BIP-39's first test mnemonic has in every Cosmos wallet.
    t.equal(info.address, "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4");
    t.same(ring(folder, backend).list(), [info]);
    t.same((await ring(folder, backend).privateKey("alice")).expose(), key.expose());
    const files = join(folder, `keyring-${backend}`);
    const [file] = readdirSync(files);
    t.equal(statSync(join(files, file!)).mode & 0o777, 0o600);
    const holdsSecret = readFileSync(join(files, file!), "utf8").includes(toHex(key.expose()));
    t.equal(holdsSecret, backend === "test");
  });

  t.test(`the ${backend} backend refuses a taken name and renames without losing the key`, async (t) => {
    const keyring = ring(home(t), backend);
    await keyring.add("alice", key);
    await t.rejects(keyring.add("alice", key), { message: /alice is there already/ });
    await keyring.rename("alice", "bob");
    t.same(keyring.names(), ["bob"]);
    t.same((await keyring.privateKey("bob")).expose(), key.expose());
  });
}

t.test("a wrong passphrase is named and opens nothing", async (t) => {
  const folder = home(t);
  await ring(folder, "file").add("alice", key);
  await t.rejects(ring(folder, "file", "wrong horse").privateKey("alice"), {
    message: /key alice: wrong passphrase/,
  });
});

t.test("a second key must be sealed by the keyring's own passphrase", async (t) => {
  const folder = home(t);
  await ring(folder, "file").add("alice", key);
  await t.rejects(ring(folder, "file", "wrong horse").add("bob", key), { message: /wrong passphrase/ });
  t.same(ring(folder, "file").names(), ["alice"]);
});
