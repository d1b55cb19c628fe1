import { ed25519 } from "@noble/curves/ed25519.js";
import t from "tap";
import { extensionSignBytes, readVotesTx, votesTx } from "../../../chain/block/votes.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { MAX_EXTENSION_BYTES } from "../../../chain/modules/compute/extension.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { pack } from "../../../client/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { AuthInfo, Fee, TxBody, TxRaw } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { ExtendedVote, type MsgVoteExtensions, VoteExtension } from "../../../proto/gen/opg.compute.v1.ts";
import type { ExecTxResult } from "../../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, DENOM, TestChain, testSigner, testValidator } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(300_000);

const VALIDATORS = ["v1", "v2", "v3", "v4"].map((name) => testValidator(name));

async function started(): Promise<TestChain> {
  const chain = await TestChain.start({ engine, extensions: true, validators: VALIDATORS });
  await chain.block();
  return chain;
}

const contribution = (name: string) => sha256(new TextEncoder().encode(name));
const word = (parts: Partial<VoteExtension>) => VoteExtension.encode(VoteExtension.create(parts));
const bound = (name: string) => word({ next: sha256(contribution(name)) });

interface Bound {
  readonly validator: string;
  readonly digest: string;
}

function boundIn(chain: TestChain): readonly Bound[] {
  const { compute } = chain.app.exportGenesis(0n) as unknown as { compute: { beacon: Bound[] } };
  return compute.beacon;
}

function attributes({ events }: ExecTxResult): Readonly<Record<string, string>> {
  const event = events.find(({ type }) => type === "vote_extensions");
  return Object.fromEntries((event?.attributes ?? []).map(({ key, value }) => [key, value]));
}

t.test("what validators say stands first in the next block, and is applied", async (t) => {
  const chain = await started();
  t.teardown(() => chain.close());
  t.equal((await chain.block()).txResults.length, 0, "a block without words has no such transaction");
  for (const index of [0, 2]) chain.say(index, bound(`a${index}`));
  await chain.block();
  const alice = testSigner("alice").address;
  const send = await chain.sign("alice", [
    pack(MsgSend, { fromAddress: alice, toAddress: alice, amount: [{ denom: DENOM, amount: "1" }] }),
  ]);
  const { txResults } = await chain.block([send]);
  t.strictSame(
    txResults.map(({ code }) => code),
    [0, 0],
  );
  t.match(attributes(txResults[0]!), { votes: "4", verdicts: "0", contributions: "0" });
  t.equal(boundIn(chain).length, 2);
  t.equal((await chain.block()).txResults.length, 0, "they are not said twice");
});

t.test("contributions that more than two thirds told as they were bound to make a value", async (t) => {
  const chain = await started();
  t.teardown(() => chain.close());
  /** One round: everybody is bound, then those of `tellers` tell, `liars` something else. */
  const round = async (tellers: readonly number[], liars: readonly number[] = []) => {
    for (const index of VALIDATORS.keys()) chain.say(index, bound(`${chain.height}/${index}`));
    const { height } = chain;
    await chain.block();
    await chain.block();
    for (const index of tellers) chain.say(index, word({ reveal: contribution(`${height}/${index}`) }));
    for (const index of liars) chain.say(index, word({ reveal: contribution(`lie/${index}`) }));
    await chain.block();
    return attributes((await chain.block()).txResults[0]!);
  };
  t.match(await round([0, 1, 2, 3]), { contributions: "4", beacon: "true" });
  t.match(await round([0, 1, 3]), { contributions: "3", beacon: "true" });
  t.strictSame((await round([0, 1])).beacon, undefined);
  const lied = await round([0, 1], [2, 3]);
  t.equal(lied.contributions, "2");
  t.equal(lied.beacon, undefined);
  t.equal(boundIn(chain).length, 2, "who lied stays bound to what it was");
});

/** A block's votes, changed; and why nobody may take it. */
const FORGERIES: readonly [name: string, forge: (m: MsgVoteExtensions) => MsgVoteExtensions][] = [
  ["of another height", (m) => ({ ...m, height: m.height - 1n })],
  ["of another round", (m) => ({ ...m, round: 1 })],
  ["without the last vote", (m) => ({ ...m, votes: m.votes.slice(0, -1) })],
  [
    "without a silent vote",
    (m) => ({ ...m, votes: m.votes.filter(({ extension }) => extension.length > 0) }),
  ],
  ["with a vote twice", (m) => ({ ...m, votes: [...m.votes, m.votes[0]!] })],
  ["with nobody's vote", (m) => ({ ...m, votes: [...m.votes, ExtendedVote.create()] })],
  ["in another order", (m) => ({ ...m, votes: [...m.votes].reverse() })],
  ["with words exchanged", (m) => swapped(m, "extension")],
  ["with signatures exchanged", (m) => swapped(m, "signature")],
  ["with another word", (m) => changed(m, { extension: bound("forged") })],
  ["with a word made up for a silent validator", (m) => changed(m, { extension: bound("x") }, 1)],
  ["with a signature cut short", (m) => changed(m, { signature: m.votes[0]!.signature.slice(1) })],
  ["with no signature", (m) => changed(m, { signature: new Uint8Array(0) })],
  ["with a signature of nothing", (m) => changed(m, { extension: new Uint8Array(0) })],
  ["with the word too long", (m) => resigned(m, new Uint8Array(MAX_EXTENSION_BYTES + 1).fill(1))],
  ["signed for another height", (m) => resigned(m, m.votes[0]!.extension, { height: m.height - 1n })],
  ["signed for another round", (m) => resigned(m, m.votes[0]!.extension, { round: 1 })],
  ["signed for another chain", (m) => resigned(m, m.votes[0]!.extension, { chainId: "other-1" })],
  [
    "in which nobody says anything",
    (m) => ({ ...m, votes: m.votes.map(({ validator }) => blank(validator)) }),
  ],
];

function blank(validator: Uint8Array): ExtendedVote {
  return ExtendedVote.create({ validator });
}

function changed(m: MsgVoteExtensions, parts: Partial<ExtendedVote>, at = 0): MsgVoteExtensions {
  return { ...m, votes: m.votes.map((vote, index) => (index === at ? { ...vote, ...parts } : vote)) };
}

function swapped(m: MsgVoteExtensions, part: "extension" | "signature"): MsgVoteExtensions {
  return changed(changed(m, { [part]: m.votes[2]![part] }, 0), { [part]: m.votes[0]![part] }, 2);
}

function resigned(
  m: MsgVoteExtensions,
  extension: Uint8Array,
  parts: Partial<Parameters<typeof extensionSignBytes>[0]> = {},
): MsgVoteExtensions {
  const said = { chainId: CHAIN_ID, height: m.height, round: m.round, extension, ...parts };
  return changed(m, {
    extension,
    signature: ed25519.sign(extensionSignBytes(said), VALIDATORS[0]!.secretKey),
  });
}

/** A chain whose next block brings words of the first and third validator, and what its proposer makes of them. */
async function withWords(): Promise<{ readonly chain: TestChain; readonly tx: Uint8Array }> {
  const chain = await started();
  for (const index of [0, 2]) chain.say(index, bound(`a${index}`));
  await chain.block();
  const [tx] = chain.propose([]);
  return { chain, tx: tx! };
}

t.test("no block may hold votes that are forged, left out or out of place", async (t) => {
  const { chain, tx } = await withWords();
  t.teardown(() => chain.close());
  const message = readVotesTx(tx)!;
  t.ok(chain.accepts([tx]));
  t.ok(chain.accepts([]), "a block may lack them");
  t.ok(
    chain.accepts([
      votesTx(changed(message, { extension: new Uint8Array(0), signature: new Uint8Array(0) })),
    ]),
    "a vote may be left blank: nobody can see what was not there",
  );
  for (const [name, forge] of FORGERIES) t.notOk(chain.accepts([votesTx(forge(message))]), name);

  const alice = testSigner("alice").address;
  const send = await chain.sign("alice", [
    pack(MsgSend, { fromAddress: alice, toAddress: alice, amount: [{ denom: DENOM, amount: "1" }] }),
  ]);
  t.ok(chain.accepts([tx, send]));
  t.notOk(chain.accepts([send, tx]), "after another");
  t.notOk(chain.accepts([tx, tx]), "twice");

  const raw = TxRaw.decode(tx);
  const body = TxBody.decode(raw.bodyBytes);
  const forms: readonly [name: string, tx: TxRaw][] = [
    ["with a memo", { ...raw, bodyBytes: TxBody.encode({ ...body, memo: "x" }) }],
    [
      "with a second message",
      { ...raw, bodyBytes: TxBody.encode({ ...body, messages: [...body.messages, ...body.messages] }) },
    ],
    [
      "with a fee",
      { ...raw, authInfoBytes: AuthInfo.encode(AuthInfo.create({ fee: Fee.create({ gasLimit: 1n }) })) },
    ],
    ["with a signature", { ...raw, signatures: [new Uint8Array(64)] }],
    ["without auth info", { ...raw, authInfoBytes: new Uint8Array(0) }],
  ];
  for (const [name, form] of forms) t.notOk(chain.accepts([TxRaw.encode(form)]), name);
  t.notOk(chain.accepts([Uint8Array.of(...tx, 0x22, 0x00)]), "with a byte more");
  for (let length = 0; length < tx.length; length += 7)
    t.notOk(chain.accepts([tx.slice(0, length)]), `cut to ${length} bytes`);
});

t.test("nobody can send votes", async (t) => {
  const { chain, tx } = await withWords();
  t.teardown(() => chain.close());
  t.not(chain.checkTx(tx).code, 0);
  t.strictSame(chain.propose([tx]).length, 1, "from the mempool it is not taken a second time");
});

t.test("a decided block with forged votes goes on without them", async (t) => {
  const { chain, tx } = await withWords();
  t.teardown(() => chain.close());
  for (const [name, forge] of FORGERIES.slice(0, 4)) {
    const forged = votesTx(forge(readVotesTx(tx)!));
    const { txResults } = await chain.block([forged], { propose: false });
    t.not(txResults[0]!.code, 0, name);
  }
  t.strictSame(boundIn(chain), []);
});

t.test(
  "what a validator signed and is no extension is carried and says nothing; too much is left blank",
  async (t) => {
    const chain = await started();
    t.teardown(() => chain.close());
    chain.say(0, Uint8Array.of(1, 2, 3));
    chain.say(1, new Uint8Array(MAX_EXTENSION_BYTES + 1));
    chain.say(2, bound("honest"));
    await chain.block();
    const [tx] = chain.propose([]);
    t.strictSame(
      readVotesTx(tx!)!.votes.map(({ extension }) => extension.length),
      [3, 0, bound("honest").length, 0],
    );
    t.equal((await chain.block()).txResults[0]!.code, 0);
    t.equal(boundIn(chain).length, 1);
  },
);

t.test("a chain without extensions takes no votes", async (t) => {
  const chain = await TestChain.start({ engine, validators: VALIDATORS });
  t.teardown(() => chain.close());
  await chain.block();
  const validator = VALIDATORS[0]!.address;
  const votes = [ExtendedVote.create({ validator, extension: bound("x"), signature: new Uint8Array(64) })];
  t.notOk(chain.accepts([votesTx({ height: 1n, round: 0, votes })]));
});
