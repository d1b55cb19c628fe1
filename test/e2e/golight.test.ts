/** CometBFT's code in Go judges our node: its light client with the ics23 library, and its validation of blocks. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { supplyKey } from "../../chain/modules/bank/keys.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { OpgClient } from "../../client/index.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { CHAIN } from "./opgd-net.ts";
import { oneValidator } from "./solo-net.ts";

t.setTimeout(280_000);
const run = promisify(execFile);
const source = new URL("../peers/golight", import.meta.url).pathname;

async function hasGo(): Promise<boolean> {
  return run("go", ["version"]).then(
    () => true,
    () => false,
  );
}

const noGo = (await hasGo()) ? false : "no Go on the PATH";
const folder = mkdtempSync(join(tmpdir(), "opg-golight-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

async function built(program: string): Promise<string> {
  const binary = join(folder, program === "." ? "golight" : program);
  await run("go", ["build", "-o", binary, program === "." ? "." : `./${program}`], {
    cwd: source,
    env: { ...process.env, GOFLAGS: "", CGO_ENABLED: "0" },
  });
  return binary;
}

for (const { name, skip, start } of await oneValidator()) {
  t.test(
    `Go's light client proves a key and an absence against the headers of ${name}`,
    { skip: noGo || skip },
    async (t) => {
      const binary = await built(".");
      const net = await start();
      t.teardown(() => net.stop());
      await net.waitHeight(4);
      const keys = [toHex(supplyKey(DENOM)), toHex(supplyKey("nothing"))];
      const { stdout } = await run(binary, [net.rpcUrl(0), CHAIN, "bank", ...keys]);
      t.match(stdout, new RegExp(`verified ${keys[0]} at height \\d+: present true`));
      t.match(stdout, new RegExp(`verified ${keys[1]} at height \\d+: present false`));
      await t.rejects(
        run(binary, [net.rpcUrl(0), CHAIN, "bank", keys[1]!, keys[0]!]),
        "it is no rubber stamp",
      );
    },
  );

  t.test(
    `CometBFT's own code accepts every block of ${name}: hashes, parts, commits, time and proofs of transactions`,
    { skip: noGo || skip },
    async (t) => {
      const binary = await built("blocks");
      const net = await start();
      t.teardown(() => net.stop());
      await net.waitHeight(2);
      const client = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
      const to = testSigner("bob").address;
      await Promise.all([1, 2, 3].map((amount) => client.send(to, [{ denom: DENOM, amount: `${amount}` }])));
      client.close();
      const { stdout } = await run(binary, [net.rpcUrl(0)]);
      t.match(stdout, /accepted blocks 1 to \d+ with 3 transactions, and the event of block \d+/);
    },
  );
}
