/** Settings of new chains: what differs between a developer's machine, tests and a network of its own. */
import type { Params as InferenceParams } from "../proto/gen/opg.inference.v1.ts";
import type { BlockParams } from "../proto/gen/tendermint.types.ts";

export interface Preset {
  readonly bech32Prefix: string;
  /** The unit that amounts are counted in. */
  readonly denom: string;
  /** The unit that people speak of, and its power of ten. */
  readonly display: string;
  readonly exponent: number;
  readonly block: BlockParams;
  readonly inference: Partial<InferenceParams>;
}

const OPG = { bech32Prefix: "opg", denom: "uopg", display: "OPG", exponent: 6 } as const;

export const PRESETS = {
  /** A chain on one machine: everything as a network would have it. */
  local: {
    ...OPG,
    /** 4 MiB and 200 million gas: some 2,000 transfers. */
    block: { maxBytes: 4_194_304n, maxGas: 200_000_000n },
    inference: {},
  },
  /** For tests: short retention, so that pruning happens within a test. */
  test: {
    ...OPG,
    block: { maxBytes: 4_194_304n, maxGas: 200_000_000n },
    inference: { outputRetentionBlocks: 20n, receiptRetentionBlocks: 40n },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;
