/** The command line against a node that runs, on the embedded engine: a validator's and a delegator's day, told by the SDK's verbs. */
import t from "tap";
import { testSigner } from "../chain/chain.ts";
import { CliHome, opgd } from "../node/cli/net.ts";
import { startSoloNet } from "./solo-net.ts";

t.setTimeout(300_000);
const net = await startSoloNet();
const home = await CliHome.make(["alice", "bob", "operator-0"]);
t.teardown(async () => {
  await net.stop();
  home.remove();
});

const at = ["--home", home.folder, "--node", net.rpcUrl().replace("http:", "tcp:")];
const text = (...args: readonly string[]) => opgd(...args, ...at);
// biome-ignore lint/suspicious/noExplicitAny: any command's answer.
const json = async (...args: readonly string[]): Promise<any> =>
  JSON.parse(await text(...args, "-o", "json"));

t.test("delegate, see it, withdraw, take back", async (t) => {
  const { validators } = await json("query", "staking", "validators", "--status", "bonded");
  const operator = validators[0].operator_address;
  const sent = await json("tx", "staking", "delegate", operator, "5000000uopg", "--from", "alice");
  t.equal(sent.code, 0);
  const held = await json("query", "staking", "delegations", "alice");
  t.match(held.delegation_responses, [{ balance: { amount: "5000000" } }]);
  t.equal((await json("tx", "distribution", "withdraw-all-rewards", "--from", "alice")).code, 0);
  t.equal((await json("tx", "staking", "unbond", operator, "1000000uopg", "--from", "alice")).code, 0);
  const { unbonding_responses: unbonding } = await json("query", "staking", "unbonding-delegations", "alice");
  t.equal(unbonding[0].entries[0].balance, "1000000");
  t.equal((await json("tx", "bank", "send", "alice", "operator-0", "1000000uopg")).code, 0);
  const edit = ["tx", "staking", "edit-validator", "--new-moniker", "renamed", "--from", "operator-0"];
  t.equal((await json(...edit)).code, 0);
  t.equal(
    (await json("query", "staking", "validator", "operator-0")).validator.description.moniker,
    "renamed",
  );
  const before = await json(
    "query",
    "staking",
    "delegations",
    "alice",
    "--height",
    String(BigInt(sent.height) - 1n),
  );
  t.same(before.delegation_responses, [], "the state of the height before");
});

t.test(
  "a transaction is found by hash, by account and sequence, and by events, with its block",
  async (t) => {
    const sent = await json(
      "tx",
      "bank",
      "send",
      "alice",
      "bob",
      "7uopg",
      "--note",
      "for the test",
      "-b",
      "sync",
    );
    const found = await json("query", "wait-tx", sent.txhash);
    t.match(found, {
      txhash: sent.txhash,
      code: 0,
      tx: { body: { memo: "for the test" } },
      timestamp: /^20/,
    });
    t.same(await json("query", "tx", sent.txhash), found);
    const { sequence } = found.tx.auth_info.signer_infos[0];
    const { address } = testSigner("alice");
    t.equal((await json("query", "tx", `${address}/${sequence}`, "--type", "acc_seq")).txhash, sent.txhash);
    t.equal((await json("query", "tx", found.tx.signatures[0], "--type", "signature")).txhash, sent.txhash);
    const listed = await json(
      "query",
      "txs",
      "--query",
      `message.sender='${address}'`,
      "--limit",
      "2",
      "--order-by",
      "desc",
    );
    t.equal(listed.txs[0].txhash, sent.txhash);
    t.equal(listed.count, 2);
    const block = await json("query", "block", found.height);
    t.equal(block.header.height, found.height);
    t.equal(block.data.txs.length, 1);
    t.equal((await json("query", "block-results", found.height)).height, found.height);
    t.match(await json("query", "comet", "validator-set"), { validators: [{ address: /^opgvalcons1/ }] });
    t.equal(
      (await json("query", "consensus", "comet", "block-by-height", found.height)).sdk_block.header.height,
      found.height,
    );
    const blocks = await json("query", "blocks", "--query", `block.height = ${found.height}`);
    t.equal(blocks.total_count, "1");
    const hash = Buffer.from(
      (await json("query", "comet", "block-by-height", found.height)).block_id.hash,
      "base64",
    ).toString("hex");
    t.equal((await json("query", "block", hash, "--type", "hash")).header.height, found.height);
  },
);

t.test("a proposal is made, voted on and seen", async (t) => {
  const file = home.file("proposal.json", {
    metadata: "ipfs://",
    messages: [],
    title: "t",
    summary: "s",
    deposit: "10000000uopg",
  });
  t.equal((await json("tx", "gov", "submit-proposal", file, "--from", "alice")).code, 0);
  t.equal((await json("tx", "gov", "vote", "1", "yes", "--from", "alice")).code, 0);
  t.match(await json("query", "gov", "votes", "1"), {
    votes: [{ options: [{ option: "VOTE_OPTION_YES" }] }],
  });
  const { proposals } = await json("query", "gov", "proposals", "--proposal-status", "voting-period");
  t.equal(proposals.length, 1);
});

t.test("what the chain refuses, the command refuses, and says why", async (t) => {
  await t.rejects(json("tx", "slashing", "unjail", "--from", "operator-0"), { message: /not jailed/ });
  await t.rejects(json("tx", "bank", "send", "alice", "bob", "7uopg", "--gas", "1000"), {
    message: /out of gas/,
  });
});
