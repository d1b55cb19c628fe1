/**
 * The same script of staking, distribution, slashing and mint on the Cosmos SDK's keepers and on ours: every balance, share,
 * reward, record and token is equal to the last digit. `go run . < script.json` in bench/peers/stake makes the vectors.
 */
import { readFileSync } from "node:fs";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { toHex, utf8 } from "../../../../chain/runtime/bytes.ts";
import { makeScript, play, type Script } from "./script.ts";

interface Vectors {
  readonly script: Script;
  readonly passed: readonly string[];
  readonly digests: readonly string[];
  readonly last: string;
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/stake-sdk-v0.53.4.json", import.meta.url), "utf8"),
) as Vectors;

t.test("300 blocks come to the SDK's state, block by block", (t) => {
  t.strictSame(vectors.script, makeScript(1, 300), "the script is the one that its seed makes");
  let invariants = 0;
  const played = play(vectors.script, (stake) => {
    if (stake.height % 25n !== 0n) return;
    t.strictSame(stake.broken(), [], `invariants at ${stake.height}`);
    invariants++;
  });
  t.equal(invariants, 12);
  t.strictSame(played.passed, vectors.passed, "the same operations pass");
  t.equal(played.states.at(-1), vectors.last);
  const digests = played.states.map((state) => toHex(sha256(utf8(state)).slice(0, 8)));
  t.equal(digests.findIndex((digest, i) => digest !== vectors.digests[i]) + 1, 0, "first block that differs");
  t.ok(vectors.passed.join("").replaceAll("0", "").length > 600, "operations passed");
  t.match(vectors.last, /\nslash .*\n/, "slashes are among them");
  t.end();
});
