/** CometBFT's light client in Go, with the ics23 library: it verifies a key and an absent key of our node. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { supplyKey } from "../../chain/modules/bank/keys.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { DENOM } from "../chain/chain.ts";
import { testBinary } from "./net.ts";
import { CHAIN, startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const run = promisify(execFile);
const source = new URL("../peers/golight", import.meta.url).pathname;

async function hasGo(): Promise<boolean> {
  return run("go", ["version"]).then(
    () => true,
    () => false,
  );
}

const skip = (await testBinary()) === undefined || !(await hasGo()) ? "no Go on the PATH" : false;

t.test("Go's light client proves a key and an absence against our headers", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "opg-golight-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "golight");
  await run("go", ["build", "-o", binary, "."], {
    cwd: source,
    env: { ...process.env, GOFLAGS: "", CGO_ENABLED: "0" },
  });
  const net = await startOpgdNet(1);
  t.teardown(() => net.stop());
  await net.waitHeight(4);
  const keys = [toHex(supplyKey(DENOM)), toHex(supplyKey("nothing"))];
  const { stdout } = await run(binary, [net.rpcUrl(0), CHAIN, "bank", ...keys]);
  t.match(stdout, new RegExp(`verified ${keys[0]} at height \\d+: present true`));
  t.match(stdout, new RegExp(`verified ${keys[1]} at height \\d+: present false`));
  await t.rejects(run(binary, [net.rpcUrl(0), CHAIN, "bank", keys[1]!, keys[0]!]), "it is no rubber stamp");
});
