/** Faults of validators under real CometBFT: one that is stopped is jailed and may come back, one that runs twice is out for ever. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { toHex } from "../../chain/runtime/bytes.ts";
import { hashItems } from "../../chain/store/merkle.ts";
import { OpgClient, pack, queryMethod } from "../../client/index.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import { consensusAddress } from "../../node/comet/index.ts";
import { APP_TOML, withGateways } from "../../node/config/app-toml.ts";
import { Equivocation, Query as Evidence } from "../../proto/gen/cosmos.evidence.v1beta1.ts";
import { MsgUnjail, Query as Slashing } from "../../proto/gen/cosmos.slashing.v1beta1.ts";
import {
  BondStatus,
  MsgDelegate,
  MsgUndelegate,
  Query as Staking,
} from "../../proto/gen/cosmos.staking.v1beta1.ts";
import { DuplicateVoteEvidence } from "../../proto/gen/tendermint.types.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { type Net, type NodePlace, testBinary } from "./net.ts";
import { opgdGenesis, startOpgdNet } from "./opgd-net.ts";

t.setTimeout(560_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const addresses = new AddressCodec("opg");
const operatorOf = (index: number): string =>
  addresses.operators.format(addresses.parse(testSigner(`operator-${index}`).address));

/** The first block from `height` on that holds evidence, of those that are there. */
async function blockWithEvidence({ rpc }: OpgClient, height: bigint) {
  const { latestHeight } = await rpc.status();
  for (let at = height; at <= latestHeight; at++) {
    const block = await rpc.block(at);
    if (block.evidence.length > 0) return block;
  }
  throw new TypeError(`no block from ${height} to ${latestHeight} holds evidence`);
}

/** A window of ten blocks and a jail of five seconds; `validators` of the nodes validate. */
function genesis(nodes: readonly NodePlace[], validators: number): GenesisDocument {
  const document = opgdGenesis(nodes.slice(0, validators));
  const slashing = {
    params: {
      signed_blocks_window: "10",
      min_signed_per_window: "0.5",
      downtime_jail_duration: "5s",
      slash_fraction_double_sign: "0.05",
      slash_fraction_downtime: "0.01",
    },
    signing_infos: [],
    missed_blocks: [],
  };
  return { ...document, app_state: { ...document.app_state, slashing } };
}

async function validator(net: Net, index: number) {
  const client = await OpgClient.connect(net.rpcUrl(0));
  try {
    const found = await queryMethod(
      client.rpc,
      Staking.methods.Validator,
    )({
      validatorAddr: operatorOf(index),
    });
    return found.validator!;
  } finally {
    client.close();
  }
}

async function until(net: Net, what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 800; attempt++) {
    if (await isSo().catch(() => false)) return;
    await sleep(300);
  }
  const reports = await Promise.all(net.nodes.map(({ index }) => net.report(index)));
  throw new TypeError(`never: ${what}\n${reports.join("\n")}`);
}

t.test(
  "a validator that is stopped is slashed and jailed, and signs again when it has been let out",
  { skip },
  async (t) => {
    const net = await startOpgdNet(4, { genesis: (nodes) => genesis(nodes, 4) });
    t.teardown(() => net.stop());
    await net.waitHeight(12);
    t.match(await validator(net, 1), {
      jailed: false,
      status: BondStatus.BOND_STATUS_BONDED,
      tokens: "10000000",
    });
    net.kill(1, "both");
    await until(net, "validator 1 is jailed", async () => (await validator(net, 1)).jailed);
    t.equal((await validator(net, 1)).tokens, "9900000", "a hundredth");
    await net.restart(1);
    await until(net, "node 1 has caught up", async () => !(await net.status(1)).catchingUp);
    await net.waitBlocks(2);
    const client = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("operator-1") });
    t.teardown(() => client.close());
    // Its account has nothing but its stake: a friend pays.
    const friend = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
    t.teardown(() => friend.close());
    await friend.send(testSigner("operator-1").address, [{ denom: DENOM, amount: "1000000" }]);
    await until(net, "validator 1 may be back", async () => {
      await client.execute([pack(MsgUnjail, { validatorAddr: operatorOf(1) })]);
      return true;
    });
    await until(net, "validator 1 is bonded again", async () => {
      const { status, jailed } = await validator(net, 1);
      return status === BondStatus.BOND_STATUS_BONDED && !jailed;
    });
    const own = toHex(consensusAddress(net.nodes[1]!.comet.validator.pub)).toUpperCase();
    await until(net, "validator 1 signs again", async () => {
      const { signed_header } = await net.rpc<{
        signed_header: { commit: { signatures: readonly { validator_address: string }[] } };
      }>(0, "commit");
      return signed_header.commit.signatures.some(({ validator_address }) => validator_address === own);
    });
    t.ok((await net.compareAppHashes()) > 12n);
  },
);

t.test("a validator that runs twice is slashed with all its stake, and tombstoned", { skip }, async (t) => {
  const net = await startOpgdNet(5, {
    genesis: (nodes) => genesis(nodes, 4),
    prepare: (nodes) => {
      for (const { home } of nodes)
        writeFileSync(join(home, "config", "app.toml"), withGateways(APP_TOML, 0, 0));
      const key = (index: number) => join(nodes[index]!.home, "config", "priv_validator_key.json");
      copyFileSync(key(3), key(4));
    },
  });
  t.teardown(() => net.stop());
  const bob = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("bob") });
  t.teardown(() => bob.close());
  await net.waitHeight(2, { nodes: [0] });
  const stake = { delegatorAddress: bob.address, validatorAddress: operatorOf(3) };
  const early = await validator(net, 3);
  // Evidence may be there before the stake is: then there is nothing to see of it.
  if (!early.jailed) {
    await bob.execute([pack(MsgDelegate, { ...stake, amount: { denom: DENOM, amount: "5000000" } })]);
    await bob.execute([pack(MsgUndelegate, { ...stake, amount: { denom: DENOM, amount: "1000000" } })]);
  }
  await until(net, "validator 3 is jailed", async () => (await validator(net, 3)).jailed);
  const { consensusPubkey, tokens, delegatorShares } = await validator(net, 3);
  t.ok(BigInt(tokens) * 10n ** 18n < BigInt(delegatorShares), "its tokens are worth less than they were");
  const { info } = await queryMethod(bob.rpc, Slashing.methods.SigningInfos)({});
  const out = info.filter(({ tombstoned }) => tombstoned);
  t.equal(out.length, 1);
  t.ok(consensusPubkey);
  const { evidence } = await queryMethod(bob.rpc, Evidence.methods.AllEvidence)({});
  t.equal(evidence.length, 1);
  // The evidence module names the height of the fault; a block soon after it holds the proof.
  const fault = Equivocation.decode(evidence[0]!.value).height;
  const proven = await blockWithEvidence(bob, fault);
  t.equal(proven.evidence.length, 1);
  const [{ duplicateVoteEvidence }] = proven.evidence as [(typeof proven.evidence)[number]];
  t.equal(duplicateVoteEvidence?.voteA?.height, fault);
  // Read to the last bit: the header's hash is of these bytes.
  t.strictSame(hashItems([DuplicateVoteEvidence.encode(duplicateVoteEvidence!)]), proven.header.evidenceHash);
  const unjailed = bob.execute([pack(MsgUnjail, { validatorAddr: operatorOf(3) })]);
  await t.rejects(unjailed, "only its operator may ask for it");
  await net.waitHeight((await net.status(0)).height + 5n, { nodes: [0, 1, 2] });
});
