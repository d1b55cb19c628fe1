/** Every message verb: what it writes with --generate-only, offline and before no node; and what is refused. */
import type { Command } from "commander";
import t from "tap";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { AddressCodec, moduleAddress } from "../../../chain/runtime/address.ts";
import { tensorsFromJson } from "../../../client/index.ts";
import { program } from "../../../node/cli/program.ts";
import { testSigner } from "../../chain/chain.ts";
import { CliHome, opgd } from "./net.ts";

t.setTimeout(300_000);
const home = await CliHome.make(["alice", "bob"]);
t.teardown(() => home.remove());

const codec = new AddressCodec("opg");
const alice = testSigner("alice").address;
const bob = testSigner("bob").address;
const carol = testSigner("carol").address;
const operatorOf = (address: string) => codec.operators.format(codec.parse(address));
const [valA, valB] = [operatorOf(alice), operatorOf(bob)];
const gov = codec.format(moduleAddress("gov"));
const uopg = (amount: number) => ({ denom: "uopg", amount: String(amount) });
const KEY = { "@type": "/cosmos.crypto.ed25519.PubKey", key: Buffer.alloc(32, 7).toString("base64") };

const validatorFile = {
  pubkey: KEY,
  amount: "5000000uopg",
  moniker: "mine",
  "commission-rate": "0.1",
  "commission-max-rate": "0.2",
  "commission-max-change-rate": "0.01",
  "min-self-delegation": "1",
};
const periodsFile = {
  start_time: 1_800_000_000,
  periods: [
    { coins: "5uopg", length_seconds: 60 },
    { coins: "6uopg", length_seconds: 120 },
  ],
};
const inputs = { x: { dtype: "float32", dims: [1, 2], data: [0.5, 2] } };
const encodedInputs = Buffer.from(encodeTensors(tensorsFromJson(inputs))).toString("base64");
const sendMessage = {
  "@type": "/cosmos.bank.v1beta1.MsgSend",
  from_address: alice,
  to_address: carol,
  amount: [uopg(3)],
};

const PROPOSAL = ["--title", "t", "--summary", "s", "--deposit", "10uopg"];
const proposed = (message: object) => ({
  "@type": "/cosmos.gov.v1.MsgSubmitProposal",
  messages: [message],
  initial_deposit: [uopg(10)],
  proposer: alice,
  title: "t",
  summary: "s",
});

/** The words after `tx`, and the messages that they make. */
const TABLE: readonly (readonly [words: readonly string[], ...messages: object[]])[] = [
  [
    ["staking", "create-validator", home.file("validator.json", validatorFile)],
    {
      "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
      description: { moniker: "mine", identity: "", website: "", security_contact: "", details: "" },
      commission: {
        rate: "0.100000000000000000",
        max_rate: "0.200000000000000000",
        max_change_rate: "0.010000000000000000",
      },
      min_self_delegation: "1",
      validator_address: valA,
      pubkey: KEY,
      value: uopg(5_000_000),
    },
  ],
  [
    ["staking", "edit-validator", "--new-moniker", "other", "--commission-rate", "0.15"],
    {
      "@type": "/cosmos.staking.v1beta1.MsgEditValidator",
      description: { moniker: "other", identity: "[do-not-modify]", details: "[do-not-modify]" },
      validator_address: valA,
      commission_rate: "0.150000000000000000",
    },
  ],
  [
    ["staking", "delegate", valB, "7uopg"],
    {
      "@type": "/cosmos.staking.v1beta1.MsgDelegate",
      delegator_address: alice,
      validator_address: valB,
      amount: uopg(7),
    },
  ],
  [
    ["staking", "redelegate", valA, "bob", "7uopg"],
    {
      "@type": "/cosmos.staking.v1beta1.MsgBeginRedelegate",
      delegator_address: alice,
      validator_src_address: valA,
      validator_dst_address: valB,
      amount: uopg(7),
    },
  ],
  [
    ["staking", "unbond", valB, "7uopg"],
    {
      "@type": "/cosmos.staking.v1beta1.MsgUndelegate",
      delegator_address: alice,
      validator_address: valB,
      amount: uopg(7),
    },
  ],
  [
    ["staking", "cancel-unbond", valB, "7uopg", "12"],
    {
      "@type": "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
      delegator_address: alice,
      validator_address: valB,
      amount: uopg(7),
      creation_height: "12",
    },
  ],
  [["slashing", "unjail"], { "@type": "/cosmos.slashing.v1beta1.MsgUnjail", validator_addr: valA }],
  [
    ["distribution", "withdraw-rewards", valB],
    {
      "@type": "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
      delegator_address: alice,
      validator_address: valB,
    },
  ],
  [
    ["distribution", "withdraw-rewards", valA, "--commission"],
    {
      "@type": "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
      delegator_address: alice,
      validator_address: valA,
    },
    { "@type": "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", validator_address: valA },
  ],
  [
    ["distribution", "withdraw-validator-commission", valA],
    { "@type": "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", validator_address: valA },
  ],
  [
    ["distribution", "set-withdraw-addr", "bob"],
    {
      "@type": "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress",
      delegator_address: alice,
      withdraw_address: bob,
    },
  ],
  [
    ["distribution", "fund-community-pool", "7uopg", "1ufoo"],
    {
      "@type": "/cosmos.distribution.v1beta1.MsgFundCommunityPool",
      depositor: alice,
      amount: [{ denom: "ufoo", amount: "1" }, uopg(7)],
    },
  ],
  [
    ["distribution", "fund-validator-rewards-pool", valB, "7uopg"],
    {
      "@type": "/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool",
      depositor: alice,
      validator_address: valB,
      amount: [uopg(7)],
    },
  ],
  [
    ["distribution", "community-pool-spend-proposal", carol, "7uopg", ...PROPOSAL],
    proposed({
      "@type": "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
      authority: gov,
      recipient: carol,
      amount: [uopg(7)],
    }),
  ],
  [
    ["gov", "vote", "3", "no-with-veto", "--metadata", "why"],
    {
      "@type": "/cosmos.gov.v1.MsgVote",
      proposal_id: "3",
      voter: alice,
      option: "VOTE_OPTION_NO_WITH_VETO",
      metadata: "why",
    },
  ],
  [
    ["gov", "weighted-vote", "3", "yes=0.6,no=0.4"],
    {
      "@type": "/cosmos.gov.v1.MsgVoteWeighted",
      proposal_id: "3",
      voter: alice,
      options: [
        { option: "VOTE_OPTION_YES", weight: "0.600000000000000000" },
        { option: "VOTE_OPTION_NO", weight: "0.400000000000000000" },
      ],
    },
  ],
  [
    ["gov", "deposit", "3", "7uopg"],
    { "@type": "/cosmos.gov.v1.MsgDeposit", proposal_id: "3", depositor: alice, amount: [uopg(7)] },
  ],
  [
    ["gov", "cancel-proposal", "3"],
    { "@type": "/cosmos.gov.v1.MsgCancelProposal", proposal_id: "3", proposer: alice },
  ],
  [
    [
      "gov",
      "submit-proposal",
      home.file("proposal.json", { messages: [], deposit: "10uopg", title: "t", summary: "s" }),
    ],
    {
      "@type": "/cosmos.gov.v1.MsgSubmitProposal",
      messages: [],
      initial_deposit: [uopg(10)],
      proposer: alice,
      title: "t",
    },
  ],
  [
    ["upgrade", "software-upgrade", "v2", "--upgrade-height", "99", ...PROPOSAL],
    proposed({
      "@type": "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
      authority: gov,
      plan: { name: "v2", height: "99" },
    }),
  ],
  [
    ["upgrade", "cancel-upgrade-proposal", ...PROPOSAL],
    proposed({ "@type": "/cosmos.upgrade.v1beta1.MsgCancelUpgrade", authority: gov }),
  ],
  [
    [
      "authz",
      "grant",
      carol,
      "send",
      "--spend-limit",
      "9uopg",
      "--allow-list",
      bob,
      "--expiration",
      "1900000000",
    ],
    {
      "@type": "/cosmos.authz.v1beta1.MsgGrant",
      granter: alice,
      grantee: carol,
      grant: {
        authorization: {
          "@type": "/cosmos.bank.v1beta1.SendAuthorization",
          spend_limit: [uopg(9)],
          allow_list: [bob],
        },
        expiration: "2030-03-17T17:46:40Z",
      },
    },
  ],
  [
    ["authz", "grant", carol, "generic", "--msg-type", "/cosmos.gov.v1.MsgVote"],
    {
      grant: {
        authorization: {
          "@type": "/cosmos.authz.v1beta1.GenericAuthorization",
          msg: "/cosmos.gov.v1.MsgVote",
        },
        expiration: null,
      },
    },
  ],
  [
    ["authz", "grant", carol, "unbond", "--spend-limit", "9uopg", "--allowed-validators", `${valA},${valB}`],
    {
      grant: {
        authorization: {
          "@type": "/cosmos.staking.v1beta1.StakeAuthorization",
          max_tokens: uopg(9),
          allow_list: { address: [valA, valB] },
          authorization_type: "AUTHORIZATION_TYPE_UNDELEGATE",
        },
      },
    },
  ],
  [
    ["authz", "revoke", carol, "/cosmos.gov.v1.MsgVote"],
    {
      "@type": "/cosmos.authz.v1beta1.MsgRevoke",
      granter: alice,
      grantee: carol,
      msg_type_url: "/cosmos.gov.v1.MsgVote",
    },
  ],
  [
    ["authz", "exec", home.file("messages.json", [sendMessage])],
    { "@type": "/cosmos.authz.v1beta1.MsgExec", grantee: alice, msgs: [sendMessage] },
  ],
  [
    ["feegrant", "grant", "alice", carol, "--spend-limit", "9uopg", "--expiration", "2030-03-17T17:46:40Z"],
    {
      "@type": "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
      granter: alice,
      grantee: carol,
      allowance: {
        "@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
        spend_limit: [uopg(9)],
        expiration: "2030-03-17T17:46:40Z",
      },
    },
  ],
  [
    [
      "feegrant",
      "grant",
      alice,
      carol,
      "--period",
      "60",
      "--period-limit",
      "2uopg",
      "--allowed-messages",
      "/cosmos.gov.v1.MsgVote",
    ],
    {
      allowance: {
        "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
        allowance: {
          "@type": "/cosmos.feegrant.v1beta1.PeriodicAllowance",
          period: "60s",
          period_spend_limit: [uopg(2)],
          period_can_spend: [uopg(2)],
        },
        allowed_messages: ["/cosmos.gov.v1.MsgVote"],
      },
    },
  ],
  [
    ["feegrant", "revoke", "alice", carol],
    { "@type": "/cosmos.feegrant.v1beta1.MsgRevokeAllowance", granter: alice, grantee: carol },
  ],
  [["feegrant", "prune"], { "@type": "/cosmos.feegrant.v1beta1.MsgPruneAllowances", pruner: alice }],
  [
    ["vesting", "create-vesting-account", carol, "9uopg", "1900000000", "--delayed"],
    {
      "@type": "/cosmos.vesting.v1beta1.MsgCreateVestingAccount",
      from_address: alice,
      to_address: carol,
      amount: [uopg(9)],
      end_time: "1900000000",
      delayed: true,
    },
  ],
  [
    ["vesting", "create-permanent-locked-account", carol, "9uopg"],
    {
      "@type": "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount",
      from_address: alice,
      to_address: carol,
      amount: [uopg(9)],
    },
  ],
  [
    ["vesting", "create-periodic-vesting-account", carol, home.file("periods.json", periodsFile)],
    {
      "@type": "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount",
      from_address: alice,
      to_address: carol,
      start_time: "1800000000",
      vesting_periods: [
        { length: "60", amount: [uopg(5)] },
        { length: "120", amount: [uopg(6)] },
      ],
    },
  ],
  [
    ["bank", "send", "alice", carol, "7uopg"],
    { "@type": "/cosmos.bank.v1beta1.MsgSend", from_address: alice, to_address: carol, amount: [uopg(7)] },
  ],
  [
    ["bank", "multi-send", "alice", "bob", carol, "7uopg"],
    {
      inputs: [{ address: alice, coins: [uopg(14)] }],
      outputs: [
        { address: bob, coins: [uopg(7)] },
        { address: carol, coins: [uopg(7)] },
      ],
    },
  ],
  [
    ["bank", "multi-send", "alice", "bob", carol, "7uopg", "--split"],
    { inputs: [{ address: alice, coins: [uopg(6)] }], outputs: [{ coins: [uopg(3)] }, { coins: [uopg(3)] }] },
  ],
  [
    [
      "bank",
      "set-send-enabled-proposal",
      '{"denom":"uopg","enabled":false}',
      "--use-default-for",
      "ufoo,ubar",
      ...PROPOSAL,
    ],
    proposed({
      "@type": "/cosmos.bank.v1beta1.MsgSetSendEnabled",
      authority: gov,
      send_enabled: [{ denom: "uopg", enabled: false }],
      use_default_for: ["ufoo", "ubar"],
    }),
  ],
  [
    [
      "compute",
      "register-operator",
      "mine",
      "9uopg",
      "--hot-address",
      "bob",
      "--capacity",
      "3",
      "--endpoint",
      "https://x",
    ],
    {
      "@type": "/opg.compute.v1.MsgRegisterOperator",
      operator: alice,
      hot_address: bob,
      withdraw_address: "",
      metadata: { moniker: "mine", endpoint: "https://x", details: "" },
      capacity: 3,
      bond: uopg(9),
    },
  ],
  [
    ["compute", "update-operator", "--moniker", "other", "--withdraw-address", carol, "--paused", "true"],
    {
      "@type": "/opg.compute.v1.MsgUpdateOperator",
      operator: alice,
      withdraw_address: carol,
      metadata: { moniker: "other", endpoint: "", details: "" },
      capacity: 1,
      paused: true,
    },
  ],
  [["compute", "bond", "9uopg"], { "@type": "/opg.compute.v1.MsgBond", operator: alice, amount: uopg(9) }],
  [
    ["compute", "unbond", "9uopg"],
    { "@type": "/opg.compute.v1.MsgUnbond", operator: alice, amount: uopg(9) },
  ],
  [
    ["compute", "set-offer", "3", "tolerance", "0.0005", "7", "100"],
    {
      "@type": "/opg.compute.v1.MsgSetOffer",
      operator: alice,
      model_id: "3",
      verification: "VERIFICATION_TOLERANCE",
      unit_price: "0.000500000000000000",
      item_price: "7",
      max_items: 100,
    },
  ],
  [
    ["compute", "remove-offer", "3", "exact"],
    {
      "@type": "/opg.compute.v1.MsgRemoveOffer",
      operator: alice,
      model_id: "3",
      verification: "VERIFICATION_EXACT",
    },
  ],
  [
    ["compute", "set-tolerance", "3", "0.001", "0.01", "--same-argmax"],
    {
      "@type": "/opg.compute.v1.MsgSetTolerance",
      owner: alice,
      model_id: "3",
      absolute: "0.001000000000000000",
      relative: "0.010000000000000000",
      same_argmax: true,
    },
  ],
  [
    [
      "compute",
      "post-job",
      "3",
      home.file("items.json", [inputs, inputs]),
      "9uopg",
      "--excluded-operators",
      `bob,${carol}`,
    ],
    {
      "@type": "/opg.compute.v1.MsgPostJob",
      requester: alice,
      model_id: "3",
      verification: "VERIFICATION_EXACT",
      items: [encodedInputs, encodedInputs],
      max_price: uopg(9),
      excluded_operators: [bob, carol],
    },
  ],
  [
    ["compute", "cancel-job", "4"],
    { "@type": "/opg.compute.v1.MsgCancelJob", requester: alice, job_id: "4" },
  ],
  [
    ["compute", "challenge", "4"],
    { "@type": "/opg.compute.v1.MsgChallenge", challenger: alice, job_id: "4" },
  ],
  [
    ["compute", "commit", "4", "ab".repeat(32)],
    {
      "@type": "/opg.compute.v1.MsgCommit",
      hot_address: alice,
      job_id: "4",
      commitment: Buffer.alloc(32, 0xab).toString("base64"),
    },
  ],
  [
    ["compute", "reveal", "4", "0102", "03", "--salt", "cd".repeat(32)],
    {
      "@type": "/opg.compute.v1.MsgReveal",
      hot_address: alice,
      job_id: "4",
      salt: Buffer.alloc(32, 0xcd).toString("base64"),
      items: ["AQI=", "Aw=="],
    },
  ],
  [
    ["compute", "open", "4", "cd".repeat(32)],
    {
      "@type": "/opg.compute.v1.MsgOpen",
      hot_address: alice,
      job_id: "4",
      salt: Buffer.alloc(32, 0xcd).toString("base64"),
    },
  ],
  ...[
    "auth",
    "bank",
    "compute",
    "distribution",
    "fees",
    "gov",
    "inference",
    "mint",
    "models",
    "slashing",
    "staking",
  ].map((group): readonly [readonly string[], object] => [
    [
      group,
      "update-params-proposal",
      group === "slashing" ? '{"min_signed_per_window":"0.5"}' : "{}",
      ...PROPOSAL,
    ],
    proposed({ authority: gov }),
  ]),
  [
    [
      "consensus",
      "update-params-proposal",
      '{"max_bytes":"5","max_gas":"6"}',
      "{}",
      '{"pub_key_types":["ed25519"]}',
      ...PROPOSAL,
    ],
    proposed({
      "@type": "/cosmos.consensus.v1.MsgUpdateParams",
      authority: gov,
      block: { max_bytes: "5", max_gas: "6" },
      validator: { pub_key_types: ["ed25519"] },
    }),
  ],
];

const OFFLINE = ["--home", home.folder, "--generate-only", "--offline"];

for (const [words, ...messages] of TABLE) {
  const from =
    words.includes("alice") || (words[0] === "feegrant" && words[2] === alice) ? [] : ["--from", "alice"];
  const name = words.map((word) => word.replace(home.folder, "")).join(" ");
  t.test(`tx ${name.slice(0, 100)}`, async (t) => {
    const text = await opgd(
      "tx",
      ...words,
      ...from,
      ...OFFLINE,
      "--fees",
      "5uopg",
      "--note",
      "n",
      "--timeout-height",
      "9",
    );
    const tx = JSON.parse(text);
    t.equal(text.trim().split("\n").length, 1, "one line");
    t.equal(tx.body.messages.length, messages.length);
    t.match(tx.body, { messages, memo: "n", timeout_height: "9", unordered: false });
    t.match(tx.auth_info, { signer_infos: [], fee: { amount: [uopg(5)], gas_limit: "200000" } });
    t.same(tx.signatures, []);
  });
}

/** Verbs of the SDK's CLI that need a chain, or that other tests run. */
const ELSEWHERE = new Set([
  "distribution withdraw-all-rewards",
  "gov draft-proposal",
  "upgrade cancel-software-upgrade",
]);

t.test("every message verb is in the table above", async (t) => {
  const root = await program(["tx"], "0");
  const tx = root.commands.find((each) => each.name() === "tx")!;
  const tested = new Set(TABLE.map(([[group, verb]]) => `${group} ${verb}`));
  const visit = (group: Command) => {
    for (const verb of group.commands.filter((each) => each.name() !== "help")) {
      const name = `${group.name()} ${verb.name()}`;
      t.ok(tested.has(name) || ELSEWHERE.has(name), name);
    }
  };
  const groups = tx.commands.filter((each) => each.commands.length > 0);
  t.ok(groups.length >= 14);
  groups.forEach(visit);
});

t.test("flags of transactions reach the transaction", async (t) => {
  const send = ["tx", "bank", "send", "alice", carol, "1uopg", ...OFFLINE];
  const of = async (...flags: readonly string[]) => JSON.parse(await opgd(...send, ...flags));
  t.match((await of("--gas", "70000", "--gas-prices", "0.1uopg")).auth_info.fee, {
    gas_limit: "70000",
    amount: [uopg(7000)],
  });
  t.match((await of("--fee-payer", "bob", "--fee-granter", carol)).auth_info.fee, {
    payer: bob,
    granter: carol,
  });
  const before = Date.now();
  const { timeout_timestamp: until } = (await of("--timeout-duration", "1h30m")).body;
  t.ok(Math.abs(Date.parse(until) - before - 5_400_000) < 60_000, until);
});

const bad = (change: object) =>
  home.file(`bad-${Math.abs(JSON.stringify(change).length)}.json`, { ...validatorFile, ...change });
const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "--unordered",
    ["bank", "send", "alice", carol, "1uopg", "--unordered"],
    /--unordered: this chain takes transactions by the sequence/,
  ],
  [
    "--gas auto offline",
    ["bank", "send", "alice", carol, "1uopg", "--gas", "auto"],
    /--gas auto: a node simulates/,
  ],
  [
    "fees and prices",
    ["bank", "send", "alice", carol, "1uopg", "--fees", "1uopg", "--gas-prices", "1uopg"],
    /give one of them/,
  ],
  [
    "two timeouts",
    ["bank", "send", "alice", carol, "1uopg", "--timeout-height", "1", "--timeout-duration", "1s"],
    /give one of them/,
  ],
  [
    "a duration that is none",
    ["bank", "send", "alice", carol, "1uopg", "--timeout-duration", "soon"],
    /--timeout-duration: "soon" is no duration/,
  ],
  [
    "a receiver that is none",
    ["bank", "send", "alice", "nobody", "1uopg"],
    /to-address: "nobody" is neither a key/,
  ],
  ["an amount that is none", ["bank", "send", "alice", carol, "much"], /amount: "much" is not an amount/],
  [
    "a delegation to an account",
    ["staking", "delegate", bob, "1uopg", "--from", "alice"],
    new RegExp(`validator-address: .*${valB}`),
  ],
  [
    "two coins where one is asked",
    ["staking", "delegate", valB, "1uopg,1ufoo", "--from", "alice"],
    /amount: .* is not one coin/,
  ],
  [
    "another's commission",
    ["distribution", "withdraw-rewards", valB, "--commission", "--from", "alice"],
    /--commission: is .*whose operator is not/,
  ],
  [
    "another's commission alone",
    ["distribution", "withdraw-validator-commission", valB, "--from", "alice"],
    /--from: its operator's address is/,
  ],
  [
    "a grant to oneself",
    ["authz", "grant", alice, "generic", "--msg-type", "/cosmos.gov.v1.MsgVote", "--from", "alice"],
    /grantee: .* is the granter itself/,
  ],
  [
    "a grant of an unknown message",
    ["authz", "grant", carol, "generic", "--msg-type", "/no.Such", "--from", "alice"],
    /--msg-type: there is no message/,
  ],
  [
    "a grant of no kind",
    ["authz", "grant", carol, "all", "--from", "alice"],
    /authorization-type: all is not one of send, generic/,
  ],
  [
    "a grant of stakes to any validator",
    ["authz", "grant", carol, "delegate", "--from", "alice"],
    /--allowed-validators, --deny-validators/,
  ],
  [
    "half a period",
    ["feegrant", "grant", "alice", carol, "--period", "60"],
    /--period, --period-limit: give both/,
  ],
  [
    "parameters that are none",
    ["staking", "update-params-proposal", '{"maxx":1}', ...PROPOSAL, "--from", "alice"],
    /params: .*maxx/,
  ],
  [
    "a file that is not there",
    ["staking", "create-validator", "/no/such.json", "--from", "alice"],
    /file: there is no file/,
  ],
  [
    "a validator without a name",
    ["staking", "create-validator", bad({ moniker: "" }), "--from", "alice"],
    /moniker: must be a text/,
  ],
  [
    "an unknown field",
    ["staking", "create-validator", bad({ comission: "0.1" }), "--from", "alice"],
    /comission: there is no such field/,
  ],
  [
    "a rate that is none",
    ["staking", "create-validator", bad({ "commission-rate": "ten" }), "--from", "alice"],
    /commission-rate: "ten" is no decimal/,
  ],
  [
    "withdrawing everything offline",
    ["distribution", "withdraw-all-rewards", "--from", "alice"],
    /--offline: the chain knows/,
  ],
];
for (const [what, words, message] of REFUSED)
  t.test(`${what} is refused by name`, async (t) => {
    await t.rejects(opgd("tx", ...words, ...OFFLINE), { message });
  });

t.test("offline without --generate-only sends nothing", async (t) => {
  const words = ["tx", "bank", "send", "alice", carol, "1uopg", "--home", home.folder];
  await t.rejects(opgd(...words, "--offline"), { message: /--offline: nothing can be sent/ });
  await t.rejects(opgd(...words, "--fee-payer", bob), { message: /--fee-payer: two accounts sign/ });
  await t.rejects(opgd(...words, "--dry-run", "--offline"), { message: /--dry-run: a node simulates/ });
});
