/** What opgd tx gov reads: proposals' files, options of votes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readProposal, voteOption, weightedOptions } from "../../node/cli/gov.ts";
import { program } from "../../node/cli/program.ts";
import { NodeError } from "../../node/errors.ts";

const message = {
  "@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
  authority: "opg1x",
  plan: { name: "v2", time: "0001-01-01T00:00:00Z", height: "12", info: "" },
};
const good = { messages: [message], metadata: "", deposit: "10000000uopg", title: "t", summary: "s" };

t.test("a proposal's file is the SDK's", async (t) => {
  const folder = t.testdir();
  const read = (json: unknown) => {
    const path = join(folder, "proposal.json");
    writeFileSync(path, typeof json === "string" ? json : JSON.stringify(json));
    return readProposal(path);
  };
  const proposal = read(good);
  t.match(proposal, {
    initialDeposit: [{ denom: "uopg", amount: "10000000" }],
    title: "t",
    summary: "s",
    metadata: "",
    expedited: false,
    messages: [{ typeUrl: "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade" }],
  });
  t.equal(read({ ...good, messages: undefined, expedited: true }).expedited, true);
  const refused: readonly (readonly [unknown, RegExp])[] = [
    ["not json", /proposal\.json/],
    [[], /must be a JSON object/],
    [{ ...good, title: undefined }, /title: must be a text/],
    [{ ...good, deposit: 5 }, /deposit: must be a text/],
    [{ ...good, messages: {} }, /messages: must be a list/],
    [{ ...good, messages: [{ "@type": "/no.Such" }] }, /messages\[0\]: .*no message type/],
    [{ ...good, messages: [{ ...message, plan: { heigth: "12" } }] }, /messages\[0\]: .*heigth/],
  ];
  for (const [json, text] of refused) t.throws(() => read(json), { name: "NodeError", message: text });
  t.throws(() => readProposal(join(folder, "missing.json")), NodeError);
});

t.test("options of votes are read as people write them", async (t) => {
  for (const [text, option] of [
    ["yes", 1],
    ["abstain", 2],
    ["No", 3],
    ["no_with_veto", 4],
    ["no-with-veto", 4],
    ["VOTE_OPTION_YES", 1],
  ] as const)
    t.equal(voteOption(text), option);
  t.throws(() => voteOption("maybe"), /yes, no, abstain or no_with_veto/);
  t.throws(() => voteOption("unspecified"), NodeError);
  t.same(weightedOptions("yes=0.6, no=0.4"), [
    { option: 1, weight: "0.600000000000000000" },
    { option: 3, weight: "0.400000000000000000" },
  ]);
  t.throws(() => weightedOptions("yes=much"), /options: yes=much/);
});

t.test("the verbs of the SDK are there", async (t) => {
  const opgd = await program("all", "");
  const names = (...path: readonly string[]) =>
    path
      .reduce((command, name) => command.commands.find((each) => each.name() === name)!, opgd)
      .commands.map((command) => command.name());
  t.same(names("tx", "gov"), [
    "submit-proposal",
    "weighted-vote",
    "draft-proposal",
    "vote",
    "deposit",
    "cancel-proposal",
    "update-params-proposal",
  ]);
  t.same(names("tx", "upgrade"), ["software-upgrade", "cancel-software-upgrade"]);
  t.same(names("query", "upgrade"), ["plan", "applied", "module-versions", "authority"]);
  t.same(names("query", "gov"), [
    "proposal",
    "proposals",
    "vote",
    "votes",
    "deposit",
    "deposits",
    "tally",
    "params",
    "constitution",
  ]);
});
