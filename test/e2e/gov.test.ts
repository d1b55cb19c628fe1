/**
 * OPG as vote, on four validators under real CometBFT: a vote changes the fee split and the next receipts are paid by it; a
 * vote plans an upgrade, at which every node halts as the SDK's do.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { splitFee } from "../../chain/modules/inference/split.ts";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { AUTHORITY } from "../../chain/runtime/authority.ts";
import { OpgClient, pack, queryMethod, tensorsFromJson } from "../../client/index.ts";
import { type GenesisDocument, makeGenesis, PRESETS, sampleModels } from "../../genesis/index.ts";
import {
  Query as Gov,
  MsgSubmitProposal,
  MsgVote,
  ProposalStatus,
  VoteOption,
} from "../../proto/gen/cosmos.gov.v1.ts";
import { MsgSoftwareUpgrade, Plan, Query as Upgrade } from "../../proto/gen/cosmos.upgrade.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import {
  Query as Inference,
  MsgUpdateParams,
  type Receipt,
  type SplitWeights,
} from "../../proto/gen/opg.inference.v1.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { type Net, type NodePlace, testBinary, tsx } from "./net.ts";
import { CHAIN, startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const iris = sampleModels().find(({ name }) => name === "iris")!;
const authority = new AddressCodec("opg").format(AUTHORITY);
const operators = [0, 1, 2, 3].map((index) => `operator-${index}`);

/** Votes of ten seconds. */
function genesis(nodes: readonly NodePlace[]): GenesisDocument {
  const document = makeGenesis({
    chainId: CHAIN,
    time: new Date().toISOString(),
    preset: PRESETS.test,
    accounts: ["alice", "owner", ...operators].map((name) => ({
      address: testSigner(name).address,
      coins: [{ denom: DENOM, amount: FUNDS }],
    })),
    validators: nodes.map(({ comet, index }) => ({
      moniker: `node${index}`,
      consensusKey: comet.validator.pub,
      power: 10n,
      operator: testSigner(operators[index]!).address,
    })),
    models: { owner: testSigner("owner").address, samples: sampleModels() },
  });
  const { gov } = document.app_state as unknown as { gov: { params: Record<string, unknown> } };
  const params = {
    ...gov.params,
    voting_period: "10s",
    expedited_voting_period: "5s",
    max_deposit_period: "20s",
  };
  return {
    ...document,
    app_state: { ...document.app_state, gov: { ...gov, params } } as GenesisDocument["app_state"],
  };
}

/** Submits a proposal by alice and has three of four validators vote yes. @returns its id */
async function passed(net: Net, title: string, messages: readonly Any[]): Promise<bigint> {
  const alice = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
  await alice.execute([
    pack(MsgSubmitProposal, {
      messages,
      initialDeposit: [{ denom: DENOM, amount: "10000000" }],
      proposer: alice.address,
      title,
      summary: title,
    }),
  ]);
  const { proposals } = await queryMethod(alice.rpc, Gov.methods.Proposals)({});
  const { id } = proposals.at(-1)!;
  alice.close();
  await Promise.all(
    operators.slice(0, 3).map(async (name, index) => {
      const client = await OpgClient.connect(net.rpcUrl(index), { signer: testSigner(name) });
      const option = VoteOption.VOTE_OPTION_YES;
      await client.execute([pack(MsgVote, { proposalId: id, voter: client.address, option })]);
      client.close();
    }),
  );
  return id;
}

/** Height of the block in which a proposal ended. */
async function endOf(net: Net, id: bigint, from: bigint): Promise<bigint> {
  const { height } = await net.status(0);
  for (let at = from; at <= height; at++) {
    const { finalize_block_events: events = [] } = await net.rpc<{
      finalize_block_events?: { type: string; attributes: { key: string; value: string }[] }[];
    }>(0, "block_results", { height: String(at) });
    const ended = events.some(
      ({ type, attributes }) =>
        type === "active_proposal" &&
        attributes.some(({ key, value }) => key === "proposal_id" && value === String(id)),
    );
    if (ended) return at;
  }
  throw new TypeError(`no block up to ${height} ended proposal ${id}`);
}

t.test("four validators vote", { skip }, async (t) => {
  let skipHeight: bigint | undefined;
  const net = await startOpgdNet(4, {
    genesis,
    app: (node) => {
      const address = `tcp://127.0.0.1:${node.abciPort}`;
      const args = [
        "start",
        "--home",
        node.home,
        "--comet",
        "external",
        "--transport",
        "grpc",
        "--address",
        address,
      ];
      const skips = skipHeight === undefined ? [] : ["--unsafe-skip-upgrades", String(skipHeight)];
      return { ...tsx("node/main.ts", ...args, "--check-invariants", ...skips), address, transport: "grpc" };
    },
  });
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  const client = await OpgClient.connect(net.rpcUrl(3), { signer: testSigner("owner") });
  t.teardown(() => client.close());
  const gov = (id: bigint) => queryMethod(client.rpc, Gov.methods.Proposal)({ proposalId: id });

  await t.test(
    "a vote changes the fee split, and the next receipts are paid by the new weights",
    async (t) => {
      const params = (await queryMethod(client.rpc, Inference.methods.Params)({})).params!;
      const before = params.split!;
      const after: SplitWeights = {
        compute: "300000000000000000",
        verification: "300000000000000000",
        owner: "200000000000000000",
        treasury: "100000000000000000",
        burn: "100000000000000000",
      };
      const start = (await net.status(0)).height;
      const id = await passed(net, "more for those who verify", [
        pack(MsgUpdateParams, { authority, params: { ...params, split: after } }),
      ]);
      const modelId = (await client.models()).find(({ metadata }) => metadata.name === "iris")!.id;
      const receipts: Receipt[] = [];
      const ask = async () => {
        const { receiptId } = await client.infer({ modelId, inputs: tensorsFromJson(iris.sample.inputs) });
        receipts.push(await client.receipt(receiptId));
      };
      do await ask();
      while ((await gov(id)).proposal?.status === ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD);
      for (let more = 0; more < 3; more++) await ask();

      t.match((await gov(id)).proposal, {
        status: ProposalStatus.PROPOSAL_STATUS_PASSED,
        failedReason: "",
        finalTallyResult: { yesCount: "30000000", noCount: "0" },
      });
      const end = await endOf(net, id, start);
      const old = receipts.filter(({ height }) => height <= end);
      const fresh = receipts.filter(({ height }) => height > end);
      t.ok(
        old.length > 0 && fresh.length > 2,
        `${old.length} receipts up to block ${end}, ${fresh.length} after it`,
      );
      for (const { fee, split, height } of receipts) {
        const parts = splitFee(BigInt(fee.amount), height <= end ? before : after);
        const expected = Object.fromEntries(
          Object.entries(parts).map(([name, amount]) => [name, String(amount)]),
        );
        t.same({ ...split }, expected, `receipt of block ${height}`);
      }
      t.not(fresh[0]!.split.burn, old[0]!.split.burn, "which are others than before");
      t.ok((await net.compareAppHashes()) >= end);
    },
  );

  await t.test(
    "at the height of an upgrade every node halts with upgrade-info.json, and all may skip it",
    async (t) => {
      const height = (await net.status(0)).height + 30n;
      const plan = Plan.create({ name: "v2", height, info: "get it" });
      const id = await passed(net, "v2", [pack(MsgSoftwareUpgrade, { authority, plan })]);
      await Promise.all(net.nodes.map(({ index }) => net.appEnded(index)));
      for (const { index, home } of net.nodes) {
        t.match(await net.appLog(index), `UPGRADE \\"v2\\" NEEDED at height: ${height}: get it`);
        t.same(JSON.parse(readFileSync(join(home, "data", "upgrade-info.json"), "utf8")), {
          name: "v2",
          time: "0001-01-01T00:00:00Z",
          height: Number(height),
          info: "get it",
        });
      }
      skipHeight = height;
      await Promise.all(net.nodes.map(({ index }) => net.restart(index)));
      await net.waitHeight(height + 2n);
      const again = await OpgClient.connect(net.rpcUrl(0));
      t.equal(
        (await queryMethod(again.rpc, Gov.methods.Proposal)({ proposalId: id })).proposal?.status,
        ProposalStatus.PROPOSAL_STATUS_PASSED,
      );
      t.equal((await queryMethod(again.rpc, Upgrade.methods.CurrentPlan)({})).plan, undefined);
      t.equal((await queryMethod(again.rpc, Upgrade.methods.AppliedPlan)({ name: "v2" })).height, 0n);
      again.close();
      t.ok((await net.compareAppHashes()) > height);
    },
  );
});
