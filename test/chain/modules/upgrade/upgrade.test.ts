/** Plans of upgrades, on the modules alone. */
import t from "tap";
import { UpgradeNeeded, WrongProgram } from "../../../../chain/modules/upgrade/index.ts";
import { AUTHORITY } from "../../../../chain/runtime/authority.ts";
import type { Context } from "../../../../chain/runtime/context.ts";
import type { Module } from "../../../../chain/runtime/module.ts";
import { Msg, Plan, Query } from "../../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { account, codec, Sandbox, type SandboxOptions } from "../sandbox.ts";

const authority = codec.format(AUTHORITY);
const { methods } = Msg;
const ZERO = { seconds: -62_135_596_800n, nanos: 0 };
const plan = (height: bigint, name = "v2"): Plan => Plan.create({ name, height, info: "binaries" });

/** A sandbox in which block `height` has begun. */
function at(height: bigint, options: SandboxOptions = {}): Sandbox {
  const sandbox = new Sandbox(options);
  while (sandbox.height < height - 1n) sandbox.block(() => undefined);
  sandbox.begin();
  return sandbox;
}

const refused: Readonly<Record<string, readonly [Partial<Plan>, RegExp]>> = {
  "no name": [{ name: "" }, /plan\.name/],
  "a name that no key could hold": [{ name: "a".repeat(256) }, /plan\.name: 256 bytes/],
  "no height": [{ height: 0n }, /plan\.height/],
  "a height that is past": [{ height: 2n }, /plan\.height: 2 is in the past/],
  "a time": [{ time: { seconds: 1_700_000_000n, nanos: 0 } }, /plan\.time/],
  "a client state of IBC": [
    { upgradedClientState: { typeUrl: "/x", value: new Uint8Array(0) } },
    /plan\.upgraded_client_state/,
  ],
};

for (const [name, [changes, message]] of Object.entries(refused)) {
  t.test(`a plan is refused by name: ${name}`, async (t) => {
    const sandbox = at(3n);
    const { error } = sandbox.deliver(methods.SoftwareUpgrade, {
      authority,
      plan: { ...plan(9n), ...changes },
    });
    t.match(error, { codespace: "sdk", code: 18, message });
  });
}

t.test("only the governance account plans and cancels", async (t) => {
  const sandbox = at(1n);
  const alice = account("alice");
  const wrong = { codespace: "upgrade", code: 6 };
  t.match(sandbox.deliver(methods.SoftwareUpgrade, { authority: alice, plan: plan(9n) }).error, wrong);
  t.match(sandbox.deliver(methods.CancelUpgrade, { authority: alice }).error, wrong);
  t.equal(sandbox.query(Query.methods.Authority).address, authority);
});

t.test("a plan is kept as the SDK keeps it, overwritten by the next, and cancelled", async (t) => {
  const sandbox = at(1n);
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(9n) });
  t.same(sandbox.query(Query.methods.CurrentPlan).plan, { ...plan(9n), time: ZERO });
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: { ...plan(8n, "v3"), time: ZERO } });
  t.equal(sandbox.query(Query.methods.CurrentPlan).plan?.name, "v3");
  sandbox.run(methods.CancelUpgrade, { authority });
  t.equal(sandbox.query(Query.methods.CurrentPlan).plan, undefined);
  t.doesNotThrow(() => sandbox.run(methods.CancelUpgrade, { authority }), "nothing to cancel is no fault");
});

t.test("a program without the upgrade halts at its height with the words that tools look for", async (t) => {
  const told: UpgradeNeeded[] = [];
  const sandbox = at(1n, { upgrade: { onNeeded: (needed) => told.push(needed) } });
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(3n) });
  sandbox.end();
  sandbox.block(() => undefined);
  t.throws(() => sandbox.begin(), new UpgradeNeeded({ ...plan(3n), time: ZERO }));
  t.match(told, [{ message: 'UPGRADE "v2" NEEDED at height: 3: binaries' }]);
});

t.test("a program that brings the upgrade too early halts before it", async (t) => {
  const sandbox = at(1n, { upgrade: { upgrades: [{ name: "v2" }] } });
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(3n) });
  sandbox.end();
  t.throws(() => sandbox.begin(), WrongProgram);
});

t.test("a skipped height goes on without the upgrade", async (t) => {
  const sandbox = at(1n, { upgrade: { skipHeights: [3n] } });
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(3n) });
  sandbox.end();
  sandbox.block(() => undefined);
  sandbox.begin();
  t.equal(sandbox.query(Query.methods.CurrentPlan).plan, undefined);
  t.equal(sandbox.query(Query.methods.AppliedPlan, { name: "v2" }).height, 0n);
});

t.test("versions of modules stand in the state from genesis on", async (t) => {
  const sandbox = new Sandbox();
  const { moduleVersions } = sandbox.query(Query.methods.ModuleVersions);
  const expected = sandbox.modules.all.map(({ name, version }) => ({ name, version }));
  t.same(
    moduleVersions,
    expected.sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  t.same(sandbox.query(Query.methods.ModuleVersions, { moduleName: "gov" }).moduleVersions, [
    { name: "gov", version: 5n },
  ]);
  t.throws(() => sandbox.query(Query.methods.ModuleVersions, { moduleName: "no" }), {
    codespace: "upgrade",
    code: 2,
  });
});

interface Ran {
  readonly steps: string[];
}

/** A module whose state moves through versions: each step says so. */
function moving(version: bigint, ran: Ran, missing?: bigint): Module {
  const steps = [1n, 2n, 3n].filter((step) => step !== missing);
  return {
    name: "moving",
    stores: ["moving"],
    msgs: [],
    queries: [],
    invariants: [],
    version,
    migrations: new Map(
      steps.map((step) => [step, (_: Context) => void ran.steps.push(`${step} to ${step + 1n}`)]),
    ),
  };
}

t.test(
  "an upgrade runs the migrations of every module from the state's version to its own, then its own",
  async (t) => {
    const ran: Ran = { steps: [] };
    const sandbox = at(1n, {
      more: [moving(3n, ran)],
      upgrade: { upgrades: [{ name: "v2", migrate: () => void ran.steps.push("the upgrade") }] },
    });
    const ctx = sandbox.context("deliver");
    ctx
      .store("upgrade")
      .set(
        Uint8Array.from([2, ...new TextEncoder().encode("moving")]),
        Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1),
      );
    sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(1n) });
    sandbox.end();
    sandbox.begin();
    t.same(ran.steps, ["1 to 2", "2 to 3", "the upgrade"]);
    t.equal(sandbox.query(Query.methods.AppliedPlan, { name: "v2" }).height, 2n);
    t.equal(sandbox.query(Query.methods.CurrentPlan).plan, undefined);
    t.equal(sandbox.modules.upgrade.version(sandbox.context(), "moving"), 3n);
    t.equal(sandbox.modules.upgrade.protocolVersion(sandbox.context()), 1n);
    t.match(sandbox.deliver(methods.SoftwareUpgrade, { authority, plan: plan(9n) }).error, {
      code: 18,
      message: /already been completed/,
    });
  },
);

t.test("a migration that is missing halts rather than skip a version", async (t) => {
  const sandbox = at(1n, { more: [moving(3n, { steps: [] }, 2n)], upgrade: { upgrades: [{ name: "v2" }] } });
  const versionKey = Uint8Array.from([2, ...new TextEncoder().encode("moving")]);
  sandbox
    .context("deliver")
    .store("upgrade")
    .set(versionKey, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
  sandbox.run(methods.SoftwareUpgrade, { authority, plan: plan(1n) });
  sandbox.end();
  t.throws(() => sandbox.begin(), /moving has no migration from version 2 to 3/);
});
