/** An upgrade under real CometBFT: voted for, halted at, and applied by the next program, on nodes that come one after the other. */
import t from "tap";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { AUTHORITY } from "../../chain/runtime/authority.ts";
import { OpgClient, pack, queryMethod } from "../../client/index.ts";
import { addGenesisAccount, type GenesisDocument } from "../../genesis/index.ts";
import { MsgSubmitProposal, MsgVote, VoteOption } from "../../proto/gen/cosmos.gov.v1.ts";
import { MsgSoftwareUpgrade, Plan, Query as Upgrade } from "../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { type NodePlace, testBinary, tsx } from "./net.ts";
import { opgdGenesis, startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const authority = new AddressCodec("opg").format(AUTHORITY);
const voter = testSigner("operator-0");
/** As test/e2e/next-program.ts has it. */
const NOTE = { path: "/store/upgrade/key", data: Uint8Array.of(0x7f) };

/** The first of two validators decides alone, in two seconds. */
function genesis(nodes: readonly NodePlace[]): GenesisDocument {
  const made = opgdGenesis(nodes, [30n, 10n]);
  const document = addGenesisAccount(made, {
    address: voter.address,
    coins: [{ denom: DENOM, amount: FUNDS }],
  });
  const { gov } = document.app_state as unknown as { gov: { params: object } };
  const periods = { voting_period: "2s", expedited_voting_period: "1s", max_deposit_period: "20s" };
  const changed = { ...gov, params: { ...gov.params, ...periods } };
  return {
    ...document,
    app_state: { ...document.app_state, gov: changed } as GenesisDocument["app_state"],
  };
}

t.test("the next program applies an upgrade at its height, and both nodes agree", { skip }, async (t) => {
  let program = "node/main.ts";
  const net = await startOpgdNet(2, {
    genesis,
    app: ({ home, abciPort }) => {
      const address = `tcp://127.0.0.1:${abciPort}`;
      const args = ["start", "--home", home, "--comet", "external", "--address", address];
      return {
        ...tsx(program, ...args, "--transport", "grpc", "--check-invariants"),
        address,
        transport: "grpc",
      };
    },
  });
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  const height = (await net.status(0)).height + 40n;
  const plan = Plan.create({ name: "v3", height });
  const client = await OpgClient.connect(net.rpcUrl(0), { signer: voter });
  // In one transaction, so that no vote can come late.
  await client.execute([
    pack(MsgSubmitProposal, {
      messages: [pack(MsgSoftwareUpgrade, { authority, plan })],
      initialDeposit: [{ denom: DENOM, amount: "10000000" }],
      proposer: client.address,
      title: "v3",
      summary: "v3",
    }),
    pack(MsgVote, { proposalId: 1n, voter: client.address, option: VoteOption.VOTE_OPTION_YES }),
  ]);
  client.close();
  // The first has three quarters of the power and may halt before its votes are out: the second halts when it hears them.
  program = "test/e2e/next-program.ts";
  for (const { index } of net.nodes) {
    await net.appEnded(index);
    t.match(await net.appLog(index), `UPGRADE \\"v3\\" NEEDED at height: ${height}`);
    await net.restart(index);
  }
  await net.waitHeight(height + 2n);
  const again = await OpgClient.connect(net.rpcUrl(0));
  t.teardown(() => again.close());
  const { methods } = Upgrade;
  t.equal((await queryMethod(again.rpc, methods.CurrentPlan)({})).plan, undefined);
  t.equal((await queryMethod(again.rpc, methods.AppliedPlan)({ name: "v3" })).height, height);
  // Written by the upgrade in its block, and not before.
  const noted = async (at: bigint) =>
    new TextDecoder().decode((await again.rpc.abciQuery({ ...NOTE, height: at })).value);
  t.equal(await noted(height - 1n), "");
  t.equal(await noted(height), "migrated");
  t.ok((await net.compareAppHashes()) > height);
});
