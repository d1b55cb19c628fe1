/** Validators and delegators on the modules alone: messages by name, state as plain numbers. */

import type { Validator } from "../../../../chain/modules/staking/index.ts";
import { DEFAULT_PARAMS } from "../../../../chain/modules/staking/params.ts";
import type { Address } from "../../../../chain/runtime/address.ts";
import { decFromWire, formatDec } from "../../../../chain/runtime/decimal.ts";
import { PubKey } from "../../../../proto/gen/cosmos.crypto.ed25519.ts";
import {
  GenesisState,
  Msg,
  type MsgCreateValidator,
  type Params,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Event, ValidatorUpdate } from "../../../../proto/gen/tendermint.abci.ts";
import {
  account,
  type BlockFacts,
  codec,
  consensusAddress,
  consensusKey,
  DENOM,
  type Delivered,
  Sandbox,
} from "../sandbox.ts";

/** One unit of power. */
export const UNIT = 1_000_000n;
const { methods } = Msg;

export const addressOf = (name: string): Address => codec.parse(account(name));
export const operatorOf = (name: string): string => codec.operators.format(addressOf(name));
export const coin = (amount: bigint, denom = DENOM) => ({ denom, amount: amount.toString() });

export const pubkeyOf = (name: string) => ({
  typeUrl: PubKey.typeUrl,
  value: PubKey.encode({ key: consensusKey(name) }),
});

/** A message that makes a validator named after its operator. */
export function createMessage(
  name: string,
  amount: bigint,
  parts: Partial<MsgCreateValidator> = {},
): Partial<MsgCreateValidator> {
  return {
    description: { moniker: name, identity: "", website: "", securityContact: "", details: "" },
    commission: rates("0.1", "0.5", "0.05"),
    minSelfDelegation: "1",
    validatorAddress: operatorOf(name),
    pubkey: pubkeyOf(name),
    value: coin(amount),
    ...parts,
  };
}

/** Decimals as messages carry them. */
export const dec = (text: string): string => {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(18, "0")).toString();
};

export const rates = (rate: string, maxRate: string, maxChangeRate: string) => ({
  rate: dec(rate),
  maxRate: dec(maxRate),
  maxChangeRate: dec(maxChangeRate),
});

export class Stakes {
  readonly sandbox: Sandbox;
  /** Of the last end block. */
  updates: readonly ValidatorUpdate[] = [];
  /** Its events, but for what other modules say in every block. */
  ended: readonly Event[] = [];
  /** Of the last begin block. */
  begun: readonly Event[] = [];

  constructor(
    params: Partial<Params> = {},
    funds: Readonly<Record<string, bigint>> = {},
    exported?: Readonly<Record<string, unknown>>,
    height = 0n,
  ) {
    this.sandbox = new Sandbox({
      validators: [],
      funds,
      height,
      genesis: exported ?? {
        staking: GenesisState.create({
          params: { ...DEFAULT_PARAMS, unbondingTime: { seconds: 10n, nanos: 0 }, ...params },
          lastTotalPower: "0",
        }),
      },
    });
    if (!exported) this.sandbox.begin();
  }

  get keeper() {
    return this.sandbox.modules.staking;
  }

  get ctx() {
    return this.sandbox.context("deliver");
  }

  fund(name: string, amount: bigint): void {
    this.sandbox.fund(account(name), amount);
  }

  balance(name: string): bigint {
    return this.sandbox.balance(account(name));
  }

  /** Ends the block and begins the next, by `facts`; a block takes a second. */
  next(blocks = 1, facts?: BlockFacts): void {
    for (let i = 0; i < blocks; i++) {
      this.sandbox.end();
      this.updates = this.sandbox.updates;
      this.ended = this.sandbox.events.filter(({ type }) => type !== "compute_price");
      const broken = this.sandbox.broken();
      if (broken.length > 0) throw new TypeError(broken.join("; "));
      this.sandbox.begin(facts);
      this.begun = this.sandbox.events;
    }
  }

  create(name: string, amount: bigint, parts: Partial<MsgCreateValidator> = {}): Delivered<unknown> {
    this.fund(name, amount);
    return this.sandbox.deliver(methods.CreateValidator, createMessage(name, amount, parts));
  }

  delegate(delegator: string, validator: string, amount: bigint, denom = DENOM): Delivered<unknown> {
    return this.sandbox.deliver(methods.Delegate, {
      delegatorAddress: account(delegator),
      validatorAddress: operatorOf(validator),
      amount: coin(amount, denom),
    });
  }

  undelegate(delegator: string, validator: string, amount: bigint, denom = DENOM): Delivered<unknown> {
    return this.sandbox.deliver(methods.Undelegate, {
      delegatorAddress: account(delegator),
      validatorAddress: operatorOf(validator),
      amount: coin(amount, denom),
    });
  }

  redelegate(delegator: string, from: string, to: string, amount: bigint, denom = DENOM): Delivered<unknown> {
    return this.sandbox.deliver(methods.BeginRedelegate, {
      delegatorAddress: account(delegator),
      validatorSrcAddress: operatorOf(from),
      validatorDstAddress: operatorOf(to),
      amount: coin(amount, denom),
    });
  }

  cancel(delegator: string, validator: string, amount: bigint, creationHeight: bigint): Delivered<unknown> {
    return this.sandbox.deliver(methods.CancelUnbondingDelegation, {
      delegatorAddress: account(delegator),
      validatorAddress: operatorOf(validator),
      amount: coin(amount),
      creationHeight,
    });
  }

  slash(name: string, height: bigint, power: bigint, fraction: string): bigint {
    const part = decFromWire(dec(fraction), "fraction");
    return this.keeper.slash(this.ctx, consensusAddress(name), height, power, part);
  }

  jail(name: string): void {
    this.keeper.jail(this.ctx, consensusAddress(name));
  }

  unjail(name: string): void {
    this.keeper.unjail(this.ctx, consensusAddress(name));
  }

  validator(name: string): Validator | undefined {
    return this.keeper.validator(this.ctx, addressOf(name));
  }

  /** Status, tokens and shares in one line. */
  line(name: string): string {
    const validator = this.validator(name);
    if (!validator) return "none";
    const { status, tokens, delegatorShares, jailed } = validator;
    return `${status}${jailed ? " jailed" : ""} ${tokens} ${formatDec(delegatorShares)}`;
  }

  shares(delegator: string, validator: string): string | undefined {
    const delegation = this.keeper.delegation(this.ctx, addressOf(delegator), addressOf(validator));
    return delegation && formatDec(delegation.shares);
  }

  /** Balances of the entries of an unbonding delegation. */
  unbonding(delegator: string, validator: string): readonly bigint[] {
    const found = this.keeper.state.unbonding(this.ctx, addressOf(delegator), addressOf(validator));
    return (found?.entries ?? []).map(({ balance }) => balance);
  }

  /** Powers that CometBFT was told of at the last end of a block, by validator's name. */
  told(...names: readonly string[]): Record<string, bigint> {
    const byKey = new Map(names.map((name) => [consensusKey(name).join(), name]));
    return Object.fromEntries(
      this.updates.map(({ pubKey, power }) => [byKey.get(pubKey!.ed25519!.join()) ?? "unknown", power]),
    );
  }
}
