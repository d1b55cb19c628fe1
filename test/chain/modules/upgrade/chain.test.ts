/** A running chain through an upgrade that adds, renames and removes stores. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import type { ComputeEngine } from "../../../../chain/block/compute.ts";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { type Upgrade, UpgradeNeeded } from "../../../../chain/modules/upgrade/index.ts";
import { AddressCodec } from "../../../../chain/runtime/address.ts";
import { AUTHORITY } from "../../../../chain/runtime/authority.ts";
import type { Module } from "../../../../chain/runtime/module.ts";
import { pack } from "../../../../client/index.ts";
import { MsgSubmitProposal, MsgVote, VoteOption } from "../../../../proto/gen/cosmos.gov.v1.ts";
import { MsgSoftwareUpgrade, Plan, Query } from "../../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { Query as Inference } from "../../../../proto/gen/opg.inference.v1.ts";
import { RequestQuery } from "../../../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner, testValidator } from "../../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const KEY = new TextEncoder().encode("key");
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

function module(name: string, stores: readonly string[], parts: Partial<Module> = {}): Module {
  return { name, stores, msgs: [], queries: [], invariants: [], version: 1n, ...parts };
}

/** The program before: plans the upgrade for block 4 in block 1, and counts in a store that will be renamed. */
const before: readonly Module[] = [
  module("scheduler", [], {
    beginBlock: (ctx) => {
      if (ctx.block.height !== 1n) return;
      const planned = Plan.create({ name: "v2", height: 4n, info: "get v2" });
      ctx.store("upgrade").set(Uint8Array.of(0), Plan.encode(planned));
    },
  }),
  module("counter", ["counter", "doomed"], {
    beginBlock: (ctx) => {
      ctx.store("counter").set(KEY, new TextEncoder().encode(`at ${ctx.block.height}`));
      ctx.store("doomed").set(KEY, KEY);
    },
  }),
];

/** The program after: a new module, the counter's store under another name, and one store fewer. */
const after: readonly Module[] = [
  module("scheduler", []),
  module("counter", ["renamed"]),
  module("newcomer", ["newcomer"], {
    beginBlock: (ctx) =>
      ctx.store("newcomer").set(KEY, new TextEncoder().encode(`seen ${text(ctx.store("renamed").get(KEY))}`)),
  }),
];
const upgrades: readonly Upgrade[] = [
  {
    name: "v2",
    stores: { added: ["newcomer"], removed: ["doomed"], renamed: [{ from: "counter", to: "renamed" }] },
  },
];

async function read(chain: TestChain, store: string, height = 0n): Promise<string> {
  const { code, log, value } = await chain.app.query(
    RequestQuery.create({ path: `/store/${store}/key`, data: KEY, height }),
  );
  return code === 0 ? text(value) : log;
}

t.test(
  "stores come, go and change their name at the height of an upgrade, on a restart at any moment",
  async (t) => {
    const told: UpgradeNeeded[] = [];
    const chain = await TestChain.start({
      engine,
      more: before,
      upgrade: { onNeeded: (needed) => told.push(needed) },
      pruning: { strategy: "nothing" },
    });
    t.teardown(() => chain.close());
    await chain.block();

    await t.rejects(chain.reopen({ more: after, upgrade: { upgrades } }), /BINARY UPDATED BEFORE TRIGGER/);
    await chain.reopen({ more: before, upgrade: { onNeeded: (needed) => told.push(needed) } });
    await chain.block();
    await chain.block();
    await t.rejects(chain.block(), UpgradeNeeded);
    t.match(told, [{ message: 'UPGRADE "v2" NEEDED at height: 4: get v2', plan: { height: 4n } }]);
    t.equal(chain.height, 3n, "the state is that of the block before");

    await chain.reopen({ more: after, upgrade: { upgrades } });
    t.equal(await read(chain, "doomed"), "key", "the version before the upgrade still has it");
    await chain.reopen();
    await chain.block();
    t.equal(await read(chain, "renamed"), "at 3");
    t.equal(await read(chain, "newcomer"), "seen at 3");
    t.match(await read(chain, "doomed"), /no store doomed/);
    t.equal(await read(chain, "counter", 3n), "at 3", "older versions keep the old name");
    t.equal((await chain.query(Query.methods.AppliedPlan, { name: "v2" })).height, 4n);

    await chain.reopen();
    await chain.block();
    t.equal(await read(chain, "newcomer"), "seen at 3", "a restart after the upgrade goes on");

    await chain.reopen({ more: after, upgrade: { upgrades: [] } });
    await t.rejects(
      chain.block(),
      /upgrade handler is missing for v2/,
      "a program that lost the upgrade is too old",
    );
  },
);

/** The same engine under another id: what a new release might bring. */
function renamed(id: string): ComputeEngine {
  return {
    id,
    idHash: sha256(new TextEncoder().encode(id)),
    conformanceHash: engine.conformanceHash,
    get backlog() {
      return engine.backlog;
    },
    get backlogUnits() {
      return engine.backlogUnits;
    },
    peek: (model, inputs) => engine.peek(model, inputs),
    isUnderWay: (model, inputs) => engine.isUnderWay(model, inputs),
    run: (model, inputs, options) => engine.run(model, inputs, options),
  };
}

t.test("stakers vote for an upgrade that brings another engine", async (t) => {
  const validator = testValidator("v1");
  const chain = await TestChain.start({
    engine,
    validators: [validator],
    accounts: ["alice", "operator-v1"],
  });
  t.teardown(() => chain.close());
  await chain.block();
  const authority = new AddressCodec("opg").format(AUTHORITY);
  const plan = Plan.create({ name: "engine-2", height: 12n });
  await chain.run("alice", MsgSubmitProposal, {
    messages: [pack(MsgSoftwareUpgrade, { authority, plan })],
    initialDeposit: [{ denom: DENOM, amount: "10000000" }],
    proposer: testSigner("alice").address,
    title: "engine 2",
    summary: "faster",
  });
  const yes = VoteOption.VOTE_OPTION_YES;
  const voted = await chain.run("operator-v1", MsgVote, {
    proposalId: 1n,
    voter: validator.operator,
    option: yes,
  });
  t.equal(voted.code, 0, voted.log);
  while (chain.height < 11n) await chain.block();
  t.equal((await chain.query(Query.methods.CurrentPlan)).plan?.name, "engine-2");
  await t.rejects(chain.block(), UpgradeNeeded);

  const next = renamed("engine-2");
  const upgrade = { upgrades: [{ name: "engine-2", takesEngine: true }] } as const;
  await t.rejects(chain.reopen({ engine: next, upgrade: { upgrades: [] } }), /the chain runs/);
  await chain.reopen({ engine: next, upgrade });
  await chain.block();
  t.equal((await chain.query(Inference.methods.Engine)).engine?.id, "engine-2");
  await chain.reopen();
  await chain.block();
  await t.rejects(chain.reopen({ engine }), /the chain runs engine-2/);
  await chain.reopen({ engine: next });
});

t.test("stores that differ without an upgrade that is due are refused", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  await t.rejects(chain.reopen({ more: after }), { code: "STORES_DIFFER" });
  await chain.reopen({ more: [] });
});
