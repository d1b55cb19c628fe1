/** validators: those that genesis names, until staking chooses them; and their shares of fees (design §7). */
import { Query, Validator } from "../../../proto/gen/opg.validators.v1.ts";
import { moduleAddress } from "../../runtime/address.ts";
import { fromHex } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type Module, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import type { BankKeeper } from "../bank/index.ts";
import { validatorsGenesis } from "./genesis.ts";
import { STORE, VALIDATOR_PREFIX, ValidatorsKeeper } from "./keeper.ts";

export { type ShareKind, type ValidatorShares, ValidatorsKeeper } from "./keeper.ts";

export interface ValidatorsOptions {
  readonly bank: BankKeeper;
  /** Module account that shares go to when no validator can be paid. */
  readonly treasury: string;
  /** Module account that gas fees wait in. */
  readonly feeCollector: string;
}

export function createValidators(options: ValidatorsOptions): {
  readonly module: Module;
  readonly keeper: ValidatorsKeeper;
} {
  const keeper = new ValidatorsKeeper(options);
  const { methods } = Query;
  const collector = moduleAddress(options.feeCollector);
  const module: Module = {
    name: "validators",
    stores: [STORE],
    msgs: [],
    queries: [
      queryRoute(methods.Validators, (ctx, { pagination }) => {
        const page = paginate(ctx.store(STORE), VALIDATOR_PREFIX, pagination, (_, value) =>
          Validator.decode(value),
        );
        return { validators: page.items, pagination: page.pagination };
      }),
      queryRoute(methods.Validator, (ctx, { consensusAddress }) => {
        const address = fromHex(consensusAddress);
        const validator = address && keeper.validator(ctx, address);
        if (!validator)
          throw SdkError.keyNotFound(
            `consensus_address: no validator ${consensusAddress}; give 40 hex digits`,
          );
        return { validator };
      }),
    ],
    genesis: validatorsGenesis(keeper),
    beginBlock: (ctx) => keeper.shareGasFees(ctx, collector, options.feeCollector),
    invariants: [],
    version: 1n,
  };
  return { module, keeper };
}
