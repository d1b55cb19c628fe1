/** A chain that starts again at height 1 owes nothing for jobs of the old one. */
import t from "tap";
import { assertGenesis } from "../../../../chain/modules/compute/assert-genesis.ts";
import { restartMarket, settleJobs } from "../../../../chain/modules/compute/zero-height.ts";
import { type GenesisState, JobStatus, Msg } from "../../../../proto/gen/opg.compute.v1.ts";
import { account, codec, DENOM, operatorAccount } from "../sandbox.ts";
import { BOND, FUNDS, flipped, Market, must } from "./market.ts";

t.test(
  "open jobs of every status are ended with their coins paid back, and no height of the old chain is left",
  (t) => {
    const market = new Market({ operators: { op: 50n } });
    const settled = market.answered([1]);
    market.until(settled, JobStatus.JOB_STATUS_SETTLED);
    const spent = FUNDS - market.balance(account("alice"));
    market.block(() =>
      market.sandbox.run(Msg.methods.Unbond, {
        operator: account("op"),
        amount: { denom: DENOM, amount: "7" },
      }),
    );
    // Disputed, verified, shown, committed, assigned and posted.
    const disputed = market.answered([1, 2]);
    const verified = market.answered([3]);
    const shown = market.assigned("TOLERANCE", [4]);
    market.block(() => must(market.commit("op", shown, market.answers(shown))));
    market.blocks(1);
    const answers = market.answers(shown);
    market.block(() => must(market.show("op", shown, answers, answers.map(flipped))));
    const committed = market.assigned("EXACT", [5]);
    market.block(() => must(market.commit("op", committed, market.answers(committed))));
    market.assigned("EXACT", [6]);
    market.post("EXACT", [7]);
    market.block(() =>
      must(
        market.sandbox.deliver(Msg.methods.Challenge, { challenger: operatorAccount("v1"), jobId: disputed }),
      ),
    );
    t.equal(market.job(disputed).status, JobStatus.JOB_STATUS_DISPUTED);
    t.ok(market.held("compute") > 0n);
    t.equal(market.job(verified).status, JobStatus.JOB_STATUS_VERIFIED);

    const { sandbox } = market;
    settleJobs(sandbox.context("deliver"), sandbox.modules.compute.deps);
    t.equal(market.held("compute"), 0n);
    t.equal(market.balance(account("alice")), FUNDS - spent, "all that is paid is what was settled before");
    t.equal(market.held("compute_bonds"), BOND);
    t.strictSame(sandbox.broken(), []);

    const genesis = restartMarket(sandbox.exported()["compute"] as GenesisState, sandbox.height);
    assertGenesis(genesis, codec);
    const [operator] = genesis.operators;
    t.match(operator, { locked: "0", openJobs: 0, registeredHeight: 0n });
    t.ok(operator!.unbonding[0]!.dueHeight < 100_800n, "as many blocks as were left");
    t.ok(genesis.jobs.every(({ closedHeight, dueHeight }) => closedHeight === 1n && dueHeight === 0n));
    t.end();
  },
);
