import { GenesisState } from "../../../proto/gen/opg.compute.v1.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import type { BankKeeper } from "../bank/index.ts";
import { assertGenesis, bondsOwed, escrowOwed } from "./assert-genesis.ts";
import { missedBlocks, setMissedBlocks } from "./beacon.ts";
import { BONDS, MODULE } from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";
import {
  allBeaconCommitments,
  allInputs,
  allJobs,
  allOffers,
  allOperators,
  allOutputs,
  allRoots,
  allTolerances,
  hashesOf,
  nextJobId,
  paramsOf,
  putBeaconCommitment,
  putInputs,
  putJob,
  putOffer,
  putOperator,
  putOutputs,
  putRoot,
  putTolerance,
  putVerdict,
  setNextJobId,
  setParams,
  verdictsOf,
} from "./state.ts";

export function computeGenesis(bank: BankKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => GenesisState.create({ params: DEFAULT_PARAMS, nextJobId: 1n }),
    validate: assertGenesis,
    init: (ctx, genesis) => {
      const { denom } = genesis.params;
      for (const [name, owed, what] of [
        [MODULE, escrowOwed(genesis), "jobs: their escrow sums"],
        [BONDS, bondsOwed(genesis), "operators: bonds, unbonding parts and deposits of challenges sum"],
      ] as const) {
        const held = bank.moduleBalance(ctx, name, denom);
        if (held !== owed)
          throw SdkError.invalidRequest(
            `${what} to ${owed}${denom}; the account ${name} holds ${held}${denom}`,
          );
      }
      setParams(ctx, genesis.params);
      setNextJobId(ctx, genesis.nextJobId || 1n);
      for (const operator of genesis.operators) putOperator(ctx, operator);
      for (const offer of genesis.offers) putOffer(ctx, offer);
      for (const tolerance of genesis.tolerances) putTolerance(ctx, tolerance);
      for (const { jobId, items } of genesis.inputs) putInputs(ctx, jobId, items);
      // Before the jobs: of one that is over the index of outputs follows from them.
      for (const { jobId, items, inputHashes } of genesis.outputs)
        putOutputs(ctx, jobId, { items, inputHashes: hashesOf(inputHashes) });
      for (const job of genesis.jobs) putJob(ctx, job);
      for (const { jobId, verdicts } of genesis.verdicts)
        for (const verdict of verdicts) putVerdict(ctx, jobId, verdict);
      for (const commitment of genesis.beacon) putBeaconCommitment(ctx, commitment);
      for (const { jobId, root } of genesis.roots) putRoot(ctx, jobId, root);
      setMissedBlocks(ctx, genesis.beaconMissed);
      return undefined;
    },
    export: (ctx) => ({
      params: paramsOf(ctx),
      nextJobId: nextJobId(ctx),
      operators: [...allOperators(ctx)],
      offers: [...allOffers(ctx)],
      tolerances: [...allTolerances(ctx)],
      jobs: [...allJobs(ctx)],
      inputs: [...allInputs(ctx)],
      outputs: [...allOutputs(ctx)],
      verdicts: [...allJobs(ctx)].flatMap(({ id }) => {
        const verdicts = verdictsOf(ctx, id);
        return verdicts.length > 0 ? [{ jobId: id, verdicts }] : [];
      }),
      beacon: [...allBeaconCommitments(ctx)],
      roots: [...allRoots(ctx)],
      beaconMissed: missedBlocks(ctx),
    }),
  };
}
