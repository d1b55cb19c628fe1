/** A chain that starts again at height 1 from the state of another: nothing is owed from before, nothing is lost, and it runs. */
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import type { AppState } from "../../../chain/genesis.ts";
import type { Address } from "../../../chain/runtime/address.ts";
import { genesisProblems, makeGenesis, PRESETS } from "../../../genesis/index.ts";
import type { ConsensusParams } from "../../../proto/gen/tendermint.types.ts";
import { CHAIN_ID, TestChain } from "../chain.ts";
import { Comet } from "./comet.ts";
import { ADDRESSES } from "./view.ts";

/** JSON to be looked into. */
// biome-ignore lint/suspicious/noExplicitAny: what is there is what is asked
type Loose = any;

/** Blocks that the new chain makes. */
const BLOCKS = 3;

export interface Restart {
  /** The chain whose state is taken. */
  readonly from: TestChain;
  readonly engine: ComputeEngine;
  readonly consensus: ConsensusParams;
  /** Of the last block, in seconds. */
  readonly seconds: bigint;
  /** Only the strongest validator goes on. */
  readonly alone: boolean;
}

/** @returns what is wrong, or undefined. @throws what the chain throws, a broken invariant too */
export async function startAgain(restart: Restart): Promise<string | undefined> {
  const { from, engine, consensus, seconds, alone } = restart;
  const plain: Loose = from.app.exportGenesis(0n);
  const jailAllowed = alone ? [strongest(plain)] : undefined;
  const zero = from.app.exportGenesis(0n, jailAllowed ? { jailAllowed } : {}) as Loose;
  const state = JSON.parse(JSON.stringify(zero)) as AppState;
  const time = new Date(Number(seconds) * 1_000).toISOString();
  const shell = makeGenesis({ chainId: CHAIN_ID, time, preset: PRESETS.test });
  const problems = genesisProblems({ ...shell, app_state: state });
  if (problems.length > 0) return problems.join("; ");
  const left = remains(plain, zero);
  if (left) return left;
  const chain = await TestChain.start({ engine, appState: () => state, consensus, checkInvariants: true });
  try {
    const { initialValidators } = chain;
    if (alone && initialValidators.length !== 1) return `${initialValidators.length} validators go on, not 1`;
    const comet = new Comet(1n, initialValidators);
    for (let height = 1n; height <= BLOCKS; height++) {
      const at = { seconds: seconds + height * 5n, nanos: 0 };
      const votes = comet.votes(height, new Set());
      const validators = { proposerAddress: comet.proposer(height, 0), votes, misbehavior: [] };
      const { validatorUpdates } = await chain.block([], { time: at, validators });
      comet.finalized(height, at, validatorUpdates);
    }
    return chain.app.brokenInvariants()[0];
  } finally {
    await chain.close();
  }
}

function strongest({ staking }: Loose): Address {
  const powers = staking.last_validator_powers as readonly {
    readonly address: string;
    readonly power: string;
  }[];
  const [first] = powers.toSorted((a, b) => Number(b.power) - Number(a.power));
  return ADDRESSES.operators.parse(first!.address);
}

/** What the new chain owes that the old one should have paid, or coins that are more or fewer. */
function remains(plain: Loose, zero: Loose): string | undefined {
  const owed = zero.distribution.outstanding_rewards.flatMap((each: Loose) => each.outstanding_rewards);
  if (owed.length > 0) return `rewards are owed: ${JSON.stringify(owed)}`;
  if (zero.distribution.validator_slash_events.length > 0) return "slashes of the old chain are there";
  const heights = JSON.stringify([zero.staking, zero.slashing]).match(
    /"(creation_height|unbonding_height|start_height)":"[1-9]\d*"/,
  );
  if (heights) return `a height of the old chain is there: ${heights[0]}`;
  const [before, after] = [plain, zero].map(({ bank }) => JSON.stringify(bank.supply));
  return before === after ? undefined : `supply: ${after} where ${before} was`;
}
