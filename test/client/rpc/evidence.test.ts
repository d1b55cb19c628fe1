/** Evidence as CometBFT shows it (test/vectors/rpc/evidence.json, by test/peers/golight/evidence), read to the last bit. */
import { readFileSync } from "node:fs";
import t from "tap";
import { fromHex } from "../../../chain/runtime/bytes.ts";
import { hashItems } from "../../../chain/store/merkle.ts";
import { RpcClient } from "../../../client/rpc/index.ts";
import { DuplicateVoteEvidence, LightClientAttackEvidence } from "../../../proto/gen/tendermint.types.ts";
import { FakeNode, result } from "./fake-node.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/rpc/${name}.json`, import.meta.url), "utf8"));
const vector = read("evidence");
const { response } = read("cometbft").calls.find(({ method }: { method: string }) => method === "block");

async function blockOf(evidence: unknown) {
  const node = await FakeNode.start(() =>
    result({ ...response.result, block: { ...response.result.block, evidence } }),
  );
  t.teardown(() => node.stop());
  return new RpcClient(node.url).block();
}

t.test("a header's hash of evidence is that of the evidence as it is read", async (t) => {
  const { evidence } = await blockOf(vector.evidence);
  const bytes = evidence.map(({ duplicateVoteEvidence, lightClientAttackEvidence }) =>
    duplicateVoteEvidence
      ? DuplicateVoteEvidence.encode(duplicateVoteEvidence)
      : LightClientAttackEvidence.encode(lightClientAttackEvidence!),
  );
  t.equal(bytes.length, 2);
  t.strictSame(hashItems(bytes), fromHex(vector.evidence_hash));
});

t.test("a block without evidence has none", async (t) => {
  for (const none of [undefined, { evidence: [] }, { evidence: null }])
    t.strictSame((await blockOf(none)).evidence, []);
});

t.test("evidence that is not known, or garbled, is refused by its place", async (t) => {
  const [duplicate] = vector.evidence.evidence;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ ...duplicate, type: "tendermint/Other" }, /evidence\[0\]\.type: evidence tendermint\/Other/],
    [
      { ...duplicate, value: { ...duplicate.value, TotalVotingPower: "x" } },
      /\.TotalVotingPower: an integer/,
    ],
  ];
  for (const [wrong, message] of cases)
    await t.rejects(blockOf({ evidence: [wrong] }), { code: "invalid_response", message });
});
