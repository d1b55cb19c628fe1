/** Staking, distribution, mint and what they rest on, joined on a state in memory: nothing else of the chain. */
import { createAuth } from "../../../../chain/modules/auth/index.ts";
import { createBank } from "../../../../chain/modules/bank/index.ts";
import { createDistribution } from "../../../../chain/modules/distribution/index.ts";
import { createMint } from "../../../../chain/modules/mint/index.ts";
import { createRevenue } from "../../../../chain/modules/revenue/index.ts";
import { type CreateOrder, createValidator } from "../../../../chain/modules/staking/create.ts";
import { stakingGenesis } from "../../../../chain/modules/staking/genesis.ts";
import { StakingKeeper } from "../../../../chain/modules/staking/index.ts";
import type { Address } from "../../../../chain/runtime/address.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { type Coins, parseCoins } from "../../../../chain/runtime/coins.ts";
import { Context, type Mode } from "../../../../chain/runtime/context.ts";
import { formatDecCoins } from "../../../../chain/runtime/dec-coins.ts";
import { decToWire, parseDec } from "../../../../chain/runtime/decimal.ts";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import type { Module } from "../../../../chain/runtime/module.ts";
import type { Branch } from "../../../../chain/store/types.ts";
import type { MessageType, Method } from "../../../../proto/codec.ts";
import { PubKey } from "../../../../proto/gen/cosmos.crypto.ed25519.ts";
import {
  MsgCreateValidator,
  type GenesisState as StakingGenesis,
  type Params as StakingParams,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Event, VoteInfo } from "../../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import {
  account,
  codec,
  consensusAddress,
  consensusKey,
  DENOM,
  FakeCompute,
  memoryState,
} from "../sandbox.ts";

export const FEES = "fee_collector";
export const DAY = 86_400n;

export function addressOf(name: string): Address {
  return codec.parse(account(name));
}

export function operatorOf(name: string): string {
  return codec.operators.format(addressOf(name));
}

export interface StakeOptions {
  /** Genesis of modules, in place of their defaults. Mint's default here mints nothing. */
  readonly genesis?: Readonly<Record<string, unknown>> & { readonly staking?: StakingGenesis };
}

export class Stake {
  readonly auth = createAuth({
    permissions: {
      [FEES]: [],
      distribution: [],
      mint: ["minter"],
      bonded_tokens_pool: ["burner", "staking"],
      not_bonded_tokens_pool: ["burner", "staking"],
      inference: ["burner"],
    },
  });
  readonly bank = createBank({ auth: this.auth.keeper });
  readonly staking = new StakingKeeper({ bank: this.bank.keeper });
  readonly revenue = createRevenue({ bank: this.bank.keeper, feeCollector: FEES });
  readonly #deps = {
    bank: this.bank.keeper,
    staking: this.staking,
    income: this.revenue.keeper,
    feeCollector: FEES,
  };
  readonly distribution = createDistribution(this.#deps);
  readonly mint = createMint(this.#deps);
  readonly modules: readonly Module[] = [
    this.auth.module,
    this.bank.module,
    this.revenue.module,
    this.distribution.module,
    this.mint.module,
  ];
  readonly state: Branch = memoryState();
  height = 0n;
  votes: readonly VoteInfo[] = [];
  proposer: Uint8Array = new Uint8Array(0);
  readonly #compute = new FakeCompute();

  constructor({ genesis = {} }: StakeOptions = {}) {
    this.staking.setHooks([this.distribution.keeper.hooks]);
    const ctx = this.context("genesis");
    for (const module of this.modules) {
      const own: unknown = genesis[module.name] ?? module.genesis!.default();
      module.genesis!.validate(own, codec);
      module.genesis!.init(ctx, own);
      if (module.name === "mint" && !genesis["mint"]) this.noInflation();
    }
    const staking = stakingGenesis(this.staking);
    staking.init(
      ctx,
      genesis.staking ?? { ...staking.default(), params: this.#stakingParams(staking.default().params) },
    );
  }

  #stakingParams(params: StakingParams): StakingParams {
    return { ...params, bondDenom: DENOM, maxEntries: 1_000, unbondingTime: { seconds: 20n, nanos: 0 } };
  }

  noInflation(): void {
    const none = decToWire(parseDec("0"));
    const ctx = this.context("genesis");
    const params = this.mint.keeper.params(ctx);
    this.mint.keeper.setParams(ctx, { ...params, inflationMin: none, inflationMax: none });
  }

  context(mode: Mode = "deliver"): Context {
    const block = {
      chainId: "stake",
      height: this.height,
      time: { seconds: 1_700_000_000n + this.height * 5n, nanos: 0 },
      hash: new Uint8Array(32),
      proposerAddress: this.proposer,
      lastCommit: { round: 0, votes: this.votes },
      misbehavior: [],
    };
    return new Context({ block, mode, state: this.state, addresses: codec, compute: this.#compute });
  }

  fund(to: Address, coins: Coins): void {
    const ctx = this.context("genesis");
    const { keeper } = this.bank;
    keeper.initBalance(ctx, to, coins);
    const supply = coins.map(({ denom, amount }) => ({ denom, amount: keeper.supply(ctx, denom) + amount }));
    keeper.initSupply(ctx, supply);
  }

  fees(text: string): void {
    this.fund(moduleAddress(FEES), parseCoins(text));
  }

  /** Makes a validator of `name` with that much of its own. */
  validator(name: string, tokens: bigint, rate = "0"): void {
    this.fund(addressOf(name), [{ denom: DENOM, amount: tokens }]);
    createValidator(this.staking, this.context(), validatorMessage(name, tokens, rate, rate));
  }

  #read(name: string) {
    return this.staking.validator(this.context("query"), addressOf(name))!;
  }

  delegate(who: string, to: string, tokens: bigint): void {
    this.fund(addressOf(who), [{ denom: DENOM, amount: tokens }]);
    this.staking.delegate(this.context(), addressOf(who), tokens, "unbonded", this.#read(to), true);
  }

  undelegate(who: string, from: string, tokens: bigint): void {
    const ctx = this.context();
    const shares = this.staking.sharesToUnbond(ctx, addressOf(who), addressOf(from), tokens);
    this.staking.undelegate(ctx, addressOf(who), addressOf(from), shares);
  }

  slash(name: string, fraction: string): void {
    const { tokens } = this.#read(name);
    const power = tokens / 1_000_000n;
    this.staking.slash(this.context(), consensusAddress(name), this.height, power, parseDec(fraction));
  }

  withdraw(who: string, from: string): Coins {
    return this.distribution.keeper.withdrawRewards(this.context(), addressOf(who), addressOf(from));
  }

  /** What `who` would get of `from` now. */
  pending(who: string, from: string): string {
    const ctx = this.context("query");
    const delegation = this.staking.delegation(ctx, addressOf(who), addressOf(from))!;
    return formatDecCoins(this.distribution.keeper.rewards.pending(ctx, this.#read(from), delegation));
  }

  /** Gives a validator coins that are new. */
  reward(name: string, text: string): void {
    const coins = parseCoins(text);
    this.fund(addressOf("giver"), coins);
    this.distribution.keeper.depositRewards(this.context(), addressOf("giver"), addressOf(name), coins);
  }

  /** Begins a block; votes are of those bonded, by power, unless given. */
  begin(
    options: { readonly votes?: readonly VoteInfo[]; readonly proposer?: string } = {},
  ): readonly Event[] {
    this.height += 1n;
    const bonded = [...this.staking.lastValidators(this.context("query"))];
    this.votes =
      this.height === 1n
        ? []
        : (options.votes ?? bonded.map(([{ consensus }, power]) => vote(consensus, power)));
    this.proposer = options.proposer
      ? consensusAddress(options.proposer)
      : (bonded[0]?.[0].consensus ?? new Uint8Array(20));
    const ctx = this.context();
    this.mint.keeper.beginBlock(ctx);
    this.distribution.keeper.beginBlock(ctx);
    this.staking.beginBlock(ctx);
    return ctx.events.all;
  }

  end(): void {
    this.staking.endBlock(this.context());
  }

  block(work: () => void = () => undefined, options: Parameters<Stake["begin"]>[0] = {}): readonly Event[] {
    const events = this.begin(options);
    work();
    this.end();
    return events;
  }

  balance(name: string, denom = DENOM): bigint {
    return this.bank.keeper.balance(this.context("query"), addressOf(name), denom);
  }

  pool(): string {
    return formatDecCoins(this.distribution.keeper.communityPool(this.context("query")));
  }

  query<Request, Response>(method: Method<Request, Response>, request: Partial<Request> = {}): Response {
    const route = this.modules
      .flatMap(({ queries }) => queries)
      .find((each) => each.method.path === method.path)!;
    const asked = roundTrip(method.request, request);
    return roundTrip(method.response, route.handle(this.context("query"), asked) as Partial<Response>);
  }

  /** Runs a message as a transaction does: all of it, or nothing. */
  deliver<Request, Response>(
    method: Method<Request, Response>,
    message: Partial<Request>,
  ): { readonly response?: Response; readonly error?: ChainError; readonly events: readonly Event[] } {
    const route = this.modules.flatMap(({ msgs }) => msgs).find((each) => each.method.path === method.path)!;
    const value = roundTrip(method.request, message);
    const branch = this.context().branch();
    try {
      route.validate?.(value, codec);
      const response = roundTrip(method.response, route.handle(branch.ctx, value) as Partial<Response>);
      branch.write();
      return { response, events: branch.ctx.events.all };
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return { error, events: [] };
    }
  }

  broken(): readonly string[] {
    return this.modules.flatMap(({ name, invariants }) =>
      invariants.flatMap((invariant) => {
        const fault = invariant.check(this.context("query"));
        return fault === undefined ? [] : [`${name}/${invariant.name}: ${fault}`];
      }),
    );
  }
}

/** What makes the validator of `name`. */
export function validatorMessage(
  name: string,
  tokens: bigint,
  rate: string,
  maxChangeRate: string,
): CreateOrder {
  return {
    operator: addressOf(name),
    amount: tokens,
    message: MsgCreateValidator.create({
      description: { moniker: name, identity: "", website: "", securityContact: "", details: "" },
      commission: {
        rate: decToWire(parseDec(rate)),
        maxRate: decToWire(parseDec("1")),
        maxChangeRate: decToWire(parseDec(maxChangeRate)),
      },
      minSelfDelegation: "1",
      pubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: consensusKey(name) }) },
      value: { denom: DENOM, amount: tokens.toString() },
    }),
    keyTypes: ["ed25519"],
  };
}

export function vote(
  address: Uint8Array,
  power: bigint,
  blockIdFlag: VoteInfo["blockIdFlag"] = BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
): VoteInfo {
  return { validator: { address, power }, blockIdFlag };
}

export function voteFor(name: string, power: bigint, flag?: VoteInfo["blockIdFlag"]): VoteInfo {
  return vote(consensusAddress(name), power, flag);
}

function roundTrip<T>(type: MessageType<T>, partial: Partial<T>): T {
  return type.decode(type.encode(type.create(partial)), { strict: true });
}
