import { GenesisState } from "../../../proto/gen/opg.validators.v1.ts";
import { PublicKey } from "../../../proto/gen/tendermint.crypto.ts";
import { toHex } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { consensusAddress, consensusKey, type ValidatorsKeeper } from "./keeper.ts";

/** CometBFT's bound on the sum of powers: MaxInt64 / 8. Source: types/validator_set.go. */
const MAX_TOTAL_POWER = ((1n << 63n) - 1n) / 8n;

export function validatorsGenesis(keeper: ValidatorsKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ validators: [] }),
    validate: ({ validators }, addresses) => {
      const seen = new Set<string>();
      let total = 0n;
      for (const [index, validator] of validators.entries()) {
        const path = `validators[${index}]`;
        addresses.parse(validator.rewardAddress, `${path}.reward_address`);
        const address = toHex(consensusAddress(validator));
        if (seen.has(address)) throw SdkError.invalidRequest(`${path}.consensus_pubkey: is there twice`);
        seen.add(address);
        if (validator.power < 1n)
          throw SdkError.invalidRequest(`${path}.power: ${validator.power} is not positive`);
        total += validator.power;
      }
      if (total > MAX_TOTAL_POWER)
        throw SdkError.invalidRequest(`validators: powers sum to ${total}; ${MAX_TOTAL_POWER} is the most`);
    },
    init: (ctx, { validators }) => {
      for (const validator of validators) keeper.set(ctx, validator);
      return validators.map((validator) => ({
        pubKey: PublicKey.create({ ed25519: consensusKey(validator) }),
        power: validator.power,
      }));
    },
    export: (ctx) => ({ validators: [...keeper.all(ctx)] }),
  };
}
