/** Every query of the tables: its arguments and flags become the request, and the chain answers it. */
import type { Command } from "commander";
import t from "tap";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { QueryError } from "../../../client/index.ts";
import { program } from "../../../node/cli/program.ts";
import { QUERIES } from "../../../node/cli/verbs/queries.ts";
import type { QueryGroup, QueryVerb } from "../../../node/cli/verbs/query.ts";
import { readUsage } from "../../../node/cli/verbs/usage.ts";
import { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import { QueryProposalsRequest } from "../../../proto/gen/cosmos.gov.v1.ts";
import { testSigner } from "../../chain/chain.ts";
import { CliNet } from "./net.ts";

t.setTimeout(300_000);
const net = await CliNet.start(["alice", "bob"]);
t.teardown(() => net.stop());

const codec = new AddressCodec("opg");
const alice = testSigner("alice").address;
const bytes = codec.parse(alice);
const validator = codec.operators.format(codec.parse(net.chain.validators[0]!.operator));
const consensus = codec.consensus.format(net.chain.validators[0]!.address);

/** What each argument is given. */
const WORDS: Readonly<Record<string, string>> = {
  address: alice,
  granter: alice,
  grantee: testSigner("bob").address,
  delegator_address: alice,
  delegator_addr: alice,
  requester: alice,
  voter: alice,
  depositor: alice,
  validator_address: validator,
  validator_addr: validator,
  src_validator_addr: validator,
  dst_validator_addr: validator,
  cons_address: consensus,
  denom: "uopg",
  denoms: "uopg",
  operator: alice,
  verification: "exact",
  name: "gov",
  module_name: "bank",
  hash: "ab".repeat(32),
  address_string: alice,
  address_bytes: Buffer.from(bytes).toString("hex"),
  msg_type_url: "/cosmos.bank.v1beta1.MsgSend",
  params_type: "voting",
  subspace: "staking",
  key: "BondDenom",
  starting_height: "1",
  height: "1",
};

function pathsOf(
  group: QueryGroup,
  parents: readonly string[] = [],
): readonly (readonly [readonly string[], QueryVerb])[] {
  const path = [...parents, group.name];
  return [
    ...group.verbs.map((verb) => [path, verb] as const),
    ...(group.groups ?? []).flatMap((inner) => pathsOf(inner, path)),
  ];
}

const all = QUERIES.flatMap((group) => pathsOf(group));
function isSaid(value: unknown): boolean {
  return !(
    value === undefined ||
    value === "" ||
    value === 0n ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** The code of a method that there is not. Source: ErrUnknownRequest of the SDK. */
const UNKNOWN_REQUEST = 6;

for (const [path, verb] of all) {
  if (verb.ask) continue;
  const name = ["query", ...path, verb.usage].join(" ");
  t.test(name, async (t) => {
    const usage = readUsage(verb.usage, verb.method.request);
    const words = usage.arguments.map(({ field }) => WORDS[field.name] ?? "1");
    net.rpc.calls.length = 0;
    let fault: unknown;
    let answer: object = {};
    try {
      answer = await net.json("query", ...path, usage.name, ...words);
    } catch (error) {
      fault = error;
    }
    const call = net.rpc.calls.find(({ method }) => method === "abci_query");
    t.equal(call?.params["path"], verb.method.path, "asks its method");
    const request = verb.method.request.decode(new Uint8Array(Buffer.from(call!.params["data"]!, "hex")));
    for (const { field } of usage.arguments) {
      const value = request[field.property];
      t.ok(isSaid(value), `${field.name} is said`);
      if (field.type === "string" && !field.repeated) t.equal(value, WORDS[field.name]);
    }
    if (verb.method.request.fields.some(({ type }) => type === PageRequest))
      t.equal(request.pagination.limit, 100n);
    if (fault === undefined) t.type(answer, "object");
    else if (t.type(fault, QueryError) && fault instanceof QueryError)
      t.not(
        `${fault.codespace} ${fault.code}`,
        `sdk ${UNKNOWN_REQUEST}`,
        `answered, if only that there is none`,
      );
  });
}

t.test("the SDK's verbs are there, of every module", async (t) => {
  const root = await program(["query"], "0");
  const query = root.commands.find((each) => each.name() === "query")!;
  const names = (...groups: readonly string[]) =>
    groups
      .reduce((command: Command, name) => command.commands.find((each) => each.name() === name)!, query)
      .commands.flatMap((each) => [each.name(), ...each.aliases()]);
  // Use and Alias of x/*/autocli.go, SDK v0.53.4.
  const SDK: Readonly<Record<string, string>> = {
    auth: "accounts account account-info address-by-acc-num module-accounts module-account address-bytes-to-string address-string-to-bytes bech32-prefix params",
    authz: "grants grants-by-granter grants-by-grantee",
    bank: "balance balances spendable-balances spendable-balance total-supply total total-supply-of params denom-metadata denoms-metadata denom-owners send-enabled",
    consensus: "params comet",
    "consensus comet":
      "node-info syncing block-latest block-by-height validator-set validator-set-latest comet-validator-set cometbft-validator-set tendermint-validator-set validator-set-by-height",
    distribution:
      "params validator-distribution-info validator-outstanding-rewards commission slashes rewards-by-validator rewards community-pool",
    evidence: "evidence list",
    feegrant: "grant grants-by-grantee grants-by-granter",
    gov: "params proposals proposal proposer vote votes deposit deposits tally constitution",
    mint: "params inflation annual-provisions",
    params: "subspace subspaces",
    slashing: "params signing-info signing-infos",
    staking:
      "validators validator delegations-to unbonding-delegations-from delegation unbonding-delegation delegations delegator-validators delegator-validator unbonding-delegations redelegation historical-info pool params",
    upgrade: "plan applied module-versions module_versions authority",
  };
  for (const [group, verbs] of Object.entries(SDK))
    for (const verb of verbs.split(" ")) t.ok(names(...group.split(" ")).includes(verb), `${group} ${verb}`);
  for (const verb of ["tx", "txs", "block", "blocks", "block-results", "wait-tx"])
    t.ok(names().includes(verb), verb);
});

/** The request of a command, as the node got it. */
async function pageOf(...flags: readonly string[]): Promise<PageRequest> {
  net.rpc.calls.length = 0;
  await net.json("query", "gov", "proposals", ...flags);
  const { params } = net.rpc.calls.find(({ method }) => method === "abci_query")!;
  return QueryProposalsRequest.decode(new Uint8Array(Buffer.from(params["data"]!, "hex"))).pagination!;
}

t.test("flags of pages", async (t) => {
  t.match(await pageOf("--limit", "7", "--reverse", "--count-total"), {
    limit: 7n,
    reverse: true,
    countTotal: true,
  });
  t.match(await pageOf("--limit", "7", "--page", "3"), { limit: 7n, offset: 14n });
  t.match(await pageOf("--page-limit", "7", "--page-offset", "5"), { limit: 7n, offset: 5n });
  t.match(await pageOf("--page-key", "AAECAw=="), { key: new Uint8Array([0, 1, 2, 3]) });
  await t.rejects(pageOf("--page", "2", "--offset", "3"), { name: "NodeError", message: /give one of them/ });
  await t.rejects(pageOf("--limit", "0"), { message: /--limit: "0"/ });
});

t.test("flags of fields", async (t) => {
  net.rpc.calls.length = 0;
  await net.json("query", "gov", "proposals", "--proposal-status", "voting-period", "--voter", "alice");
  const { params } = net.rpc.calls.find(({ method }) => method === "abci_query")!;
  t.match(QueryProposalsRequest.decode(new Uint8Array(Buffer.from(params["data"]!, "hex"))), {
    proposalStatus: 2,
    voter: alice,
    depositor: "",
  });
  t.equal((await net.json("query", "staking", "validators", "--status", "bonded")).validators.length, 1);
  t.equal((await net.json("query", "staking", "validators", "--status", "unbonded")).validators.length, 0);
});

t.test("--height asks the state of then, and heights that are not there are refused", async (t) => {
  const before = net.chain.height;
  await net.chain.block();
  net.rpc.calls.length = 0;
  await net.json("query", "bank", "total-supply", "--height", String(before));
  t.equal(net.rpc.calls.find(({ method }) => method === "abci_query")!.params["height"], String(before));
  await t.rejects(net.json("query", "bank", "total-supply", "--height", "999999"), { name: "QueryError" });
});

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "an account where an operator is asked",
    ["staking", "validator", alice],
    new RegExp(`validator-addr: .*${codec.operators.format(bytes)}`),
  ],
  [
    "an operator where an account is asked",
    ["bank", "balances", validator],
    /address: .* a validator's operator, not of an account/,
  ],
  [
    "half an address",
    ["bank", "balances", alice.slice(0, 30)],
    /address: .*neither a key of the keyring nor/,
  ],
  [
    "a status that is none",
    ["gov", "proposals", "--proposal-status", "done"],
    /--proposal-status: "done" is not one of unspecified, deposit-period/,
  ],
  ["a number that is none", ["gov", "proposal", "first"], /proposal-id: "first" is no integer/],
  ["no height", ["staking", "historical-info", "1", "--height", "x"], /--height: "x"/],
  ["a hash that is none", ["tx", "abc"], /hash: "abc" is no hash of 64/],
  [
    "a --type that is none",
    ["tx", "abc", "--type", "name"],
    /--type: name is not one of hash, acc_seq, signature/,
  ],
];
for (const [what, words, message] of refused)
  t.test(`${what} is refused by name, before the node is asked`, async (t) => {
    net.rpc.calls.length = 0;
    await t.rejects(net.json("query", ...words), { name: "NodeError", code: "usage", message });
    t.equal(net.rpc.calls.length, 0);
  });

t.test("a key of the keyring stands for its address, as account and as operator", async (t) => {
  t.equal((await net.json("query", "bank", "balance", "alice", "uopg")).balance.denom, "uopg");
  net.rpc.calls.length = 0;
  await t.rejects(net.json("query", "staking", "validator", "alice"), { name: "QueryError" });
  const { params } = net.rpc.calls.at(-1)!;
  t.match(Buffer.from(params["data"]!, "hex").toString(), codec.operators.format(bytes));
});

t.test("a consensus key stands for its address", async (t) => {
  const key = Buffer.from(net.chain.validators[0]!.publicKey).toString("base64");
  const json = JSON.stringify({ "@type": "/cosmos.crypto.ed25519.PubKey", key });
  t.equal((await net.json("query", "slashing", "signing-info", json)).val_signing_info.address, consensus);
});
