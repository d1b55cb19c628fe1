import { GenesisState } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import type { AddressCodec } from "../../runtime/address.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { assertTime } from "../../runtime/time.ts";
import type { StakingKeeper } from "../staking/index.ts";
import type { SlashingKeeper } from "./keeper.ts";
import { DEFAULT_PARAMS, validateParams } from "./params.ts";

export function slashingGenesis(keeper: SlashingKeeper, staking: StakingKeeper): ModuleGenesis<GenesisState> {
  const { state } = keeper;
  return {
    type: GenesisState,
    default: () => ({ params: DEFAULT_PARAMS, signingInfos: [], missedBlocks: [] }),
    // The SDK asks genesis for a window of 10 and a minute of jail at least, and votes for less: an export must import.
    validate: (genesis, addresses) => {
      validateParams(genesis.params);
      assertInfos(genesis, addresses);
    },
    init: (ctx, { params, signingInfos, missedBlocks }) => {
      for (const { consensus, consensusPubkey } of staking.validators(ctx))
        state.setPubkey(ctx, consensus, consensusPubkey);
      for (const { address, validatorSigningInfo } of signingInfos)
        state.setInfo(ctx, ctx.addresses.consensus.parse(address), validatorSigningInfo);
      for (const { address, missedBlocks: missed } of missedBlocks) {
        const consensus = ctx.addresses.consensus.parse(address);
        for (const { index, missed: isMissed } of missed) state.setMissed(ctx, consensus, index, isMissed);
      }
      state.setParams(ctx, params);
      return undefined;
    },
    export: (ctx) => {
      const infos = [...state.infos(ctx)];
      return {
        params: state.params(ctx),
        signingInfos: infos.map(([consensus, validatorSigningInfo]) => ({
          address: ctx.addresses.consensus.format(consensus),
          validatorSigningInfo,
        })),
        missedBlocks: infos.map(([consensus]) => ({
          address: ctx.addresses.consensus.format(consensus),
          missedBlocks: state.missed(ctx, consensus).map((index) => ({ index, missed: true })),
        })),
      };
    },
    restart: (genesis) => ({
      ...genesis,
      signingInfos: genesis.signingInfos.map((each) => ({
        ...each,
        validatorSigningInfo: { ...each.validatorSigningInfo, startHeight: 0n },
      })),
    }),
  };
}

function assertInfos({ signingInfos, missedBlocks }: GenesisState, addresses: AddressCodec): void {
  for (const [name, list] of Object.entries({
    signing_infos: signingInfos,
    missed_blocks: missedBlocks,
  })) {
    const seen = new Set<string>();
    for (const [index, { address }] of list.entries()) {
      const path = `${name}[${index}].address`;
      addresses.consensus.parse(address, path);
      if (seen.has(address)) throw SdkError.invalidRequest(`${path}: ${address} is there twice; remove one`);
      seen.add(address);
    }
  }
  for (const [index, { validatorSigningInfo: info }] of signingInfos.entries()) {
    const path = `signing_infos[${index}].validator_signing_info`;
    assertTime(info.jailedUntil, `${path}.jailed_until`);
    if (info.indexOffset < 0n || info.missedBlocksCounter < 0n)
      throw SdkError.invalidRequest(`${path}: index_offset and missed_blocks_counter must not be negative`);
  }
  for (const [at, { missedBlocks: missed }] of missedBlocks.entries()) {
    for (const { index } of missed) {
      if (index < 0n)
        throw SdkError.invalidRequest(`missed_blocks[${at}].missed_blocks: index ${index} is negative`);
    }
  }
}
