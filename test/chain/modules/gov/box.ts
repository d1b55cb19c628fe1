/** auth, bank, gov and a module of the test's own, on a state in memory, with stake that the test says. */
import { createAuth } from "../../../../chain/modules/auth/index.ts";
import { type BankKeeper, createBank } from "../../../../chain/modules/bank/index.ts";
import {
  type AnyContentRoute,
  createGov,
  type GovKeeper,
  type Stake,
} from "../../../../chain/modules/gov/index.ts";
import type { Address } from "../../../../chain/runtime/address.ts";
import { AUTHORITY } from "../../../../chain/runtime/authority.ts";
import { type Coins, formatCoins } from "../../../../chain/runtime/coins.ts";
import { type BlockInfo, Context, type Mode } from "../../../../chain/runtime/context.ts";
import { type Dec, decFromInt, parseDec } from "../../../../chain/runtime/decimal.ts";
import { ChainError } from "../../../../chain/runtime/errors.ts";
import type { AnyMsgRoute, Module } from "../../../../chain/runtime/module.ts";
import { Router } from "../../../../chain/runtime/router.ts";
import type { MessageType, Method } from "../../../../proto/codec.ts";
import {
  GenesisState,
  Msg,
  type MsgSubmitProposal,
  type Params,
  Query,
} from "../../../../proto/gen/cosmos.gov.v1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import type { Event } from "../../../../proto/gen/tendermint.abci.ts";
import { account, codec, DENOM, FakeCompute, memoryState } from "../sandbox.ts";

export const GOV = codec.format(AUTHORITY);
export const YES = 1;
export const ABSTAIN = 2;
export const NO = 3;
export const VETO = 4;

export function pack<T>(type: MessageType<T>, message: Partial<T>): Any {
  return { typeUrl: type.typeUrl, value: type.encode(type.create(message)) };
}

/** Delegations by validator and delegator, in shares; a validator's tokens may be fewer, as after a slash. */
export class FakeStake implements Stake {
  readonly validators = new Map<string, { tokens: bigint; readonly delegations: Map<string, Dec> }>();

  /** `name` is the validator's operator account. Shares as decimal text. */
  validator(name: string, tokens: bigint, delegations: Readonly<Record<string, string>>): this {
    const parsed = Object.entries(delegations).map(
      ([delegator, shares]) => [delegator, parseDec(shares)] as const,
    );
    this.validators.set(name, { tokens, delegations: new Map(parsed) });
    return this;
  }

  bondedByPower() {
    return [...this.validators].map(([name, { tokens, delegations }]) => ({
      operator: addressOf(name),
      tokens,
      delegatorShares: [...delegations.values()].reduce(
        (sum, shares) => (sum + shares) as Dec,
        decFromInt(0n),
      ),
    }));
  }

  delegationsOf(_: Context, delegator: Address) {
    const text = codec.format(delegator);
    return [...this.validators].flatMap(([name, { delegations }]) =>
      [...delegations]
        .filter(([who]) => account(who) === text)
        .map(([, shares]) => ({ operator: addressOf(name), shares })),
    );
  }

  totalBonded(): bigint {
    return [...this.validators.values()].reduce((sum, { tokens }) => sum + tokens, 0n);
  }
}

export function addressOf(name: string): Address {
  return codec.parse(account(name));
}

export interface Delivered<Response> {
  readonly response: Response | undefined;
  readonly error: ChainError | undefined;
  readonly events: readonly Event[];
}

export interface BoxOptions {
  readonly params?: Partial<Params>;
  readonly genesis?: Partial<GenesisState>;
  readonly funds?: Readonly<Record<string, bigint>>;
  /** What the governance account holds at the start. */
  readonly govFunds?: bigint;
  readonly stake?: FakeStake;
  readonly extra?: readonly AnyMsgRoute[];
  readonly contents?: readonly AnyContentRoute[];
}

const FUNDS = 1_000_000_000n;
export const START = 1_700_000_000n;

export class Box {
  readonly state = memoryState();
  readonly stake: FakeStake;
  readonly router = new Router();
  readonly bank: BankKeeper;
  readonly gov: GovKeeper;
  readonly modules: readonly Module[];
  readonly #gov: Module;
  readonly pool: { readonly coins: Coins; readonly from: Address }[] = [];
  time = START;
  height = 1n;

  constructor(options: BoxOptions = {}) {
    this.stake = options.stake ?? new FakeStake();
    const auth = createAuth({ permissions: { gov: ["burner"], mint: ["minter"], distribution: [] } });
    const bank = createBank({ auth: auth.keeper });
    const gov = createGov({
      auth: auth.keeper,
      bank: bank.keeper,
      stake: this.stake,
      communityPool: {
        fundCommunityPool: (ctx, from, coins) => {
          bank.keeper.sendToModule(ctx, from, "distribution", coins);
          this.pool.push({ from, coins });
        },
      },
      router: this.router,
      ...(options.contents ? { contents: options.contents } : {}),
    });
    const extra: Module = {
      name: "extra",
      stores: ["extra"],
      msgs: options.extra ?? [],
      queries: [],
      invariants: [],
      version: 1n,
    };
    this.modules = [auth.module, bank.module, gov.module, extra];
    this.router.add(...this.modules);
    this.bank = bank.keeper;
    this.gov = gov.keeper;
    this.#gov = gov.module;
    const ctx = this.context("genesis");
    for (const name of Object.keys({ alice: 0, bob: 0, carol: 0, dave: 0, ...options.funds })) {
      const amount = options.funds?.[name] ?? FUNDS;
      this.bank.initBalance(ctx, addressOf(name), [{ denom: DENOM, amount }]);
      this.bank.initSupply(ctx, [{ denom: DENOM, amount: this.bank.supply(ctx, DENOM) + amount }]);
    }
    if (options.govFunds) this.bank.initBalance(ctx, AUTHORITY, [{ denom: DENOM, amount: options.govFunds }]);
    const supply = this.bank.supply(ctx, DENOM) + (options.govFunds ?? 0n);
    this.bank.initSupply(ctx, [{ denom: DENOM, amount: supply }]);
    for (const module of this.modules) {
      if (!module.genesis || module === bank.module) continue;
      const given = module === gov.module ? this.#genesis(options) : module.genesis.default();
      module.genesis.validate(given, codec);
      module.genesis.init(ctx, given);
    }
  }

  #genesis({ params, genesis }: BoxOptions): GenesisState {
    const base = this.#gov.genesis!.default() as GenesisState;
    if (genesis && "params" in genesis) return GenesisState.create({ ...base, ...genesis });
    return GenesisState.create({ ...base, ...genesis, params: { ...base.params!, ...params } });
  }

  context(mode: Mode = "query"): Context {
    const block: BlockInfo = {
      chainId: "box",
      height: this.height,
      time: { seconds: this.time, nanos: 0 },
      hash: new Uint8Array(32),
      proposerAddress: new Uint8Array(20),
      lastCommit: { round: 0, votes: [] },
      misbehavior: [],
    };
    return new Context({ block, mode, state: this.state, addresses: codec, compute: new FakeCompute() });
  }

  deliver<Request, Response>(
    method: Method<Request, Response>,
    partial: Partial<Request>,
  ): Delivered<Response> {
    const branch = this.context("deliver").branch();
    const value = method.request.decode(method.request.encode(method.request.create(partial)), {
      strict: true,
    });
    const msg = this.router.decodeMsg({
      typeUrl: method.request.typeUrl,
      value: method.request.encode(value),
    });
    try {
      const { value: bytes } = this.router.handle(branch.ctx, msg);
      branch.write();
      return { response: method.response.decode(bytes), error: undefined, events: branch.ctx.events.all };
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return { response: undefined, error, events: [] };
    }
  }

  run<Request, Response>(method: Method<Request, Response>, partial: Partial<Request>): Response {
    const { response, error } = this.deliver(method, partial);
    if (error) throw error;
    return response!;
  }

  query<Request, Response>(method: Method<Request, Response>, request: Partial<Request> = {}): Response {
    const answer = this.router
      .query(method.path)
      .handle(this.context(), method.request.create(request)) as Response;
    return method.response.decode(method.response.encode(answer));
  }

  /** Submits a proposal by alice with enough deposit to be voted on. @returns its id */
  propose(messages: readonly Any[] = [], partial: Partial<MsgSubmitProposal> = {}): bigint {
    const amount = partial.expedited ? "50000000" : "10000000";
    return this.run(Msg.methods.SubmitProposal, {
      proposer: account("alice"),
      title: "a title",
      summary: "a summary",
      metadata: "m",
      initialDeposit: [{ denom: DENOM, amount }],
      messages,
      ...partial,
    }).proposalId;
  }

  vote(proposalId: bigint, voter: string, option: number): void {
    this.run(Msg.methods.Vote, { proposalId, voter: account(voter), option });
  }

  /** Ends a block `seconds` later. @returns the events of its end */
  end(seconds = 0n): readonly Event[] {
    this.time += seconds;
    const ctx = this.context("deliver");
    this.#gov.endBlock!(ctx);
    this.height += 1n;
    const broken = this.broken();
    if (broken.length > 0) throw new TypeError(broken.join("; "));
    return ctx.events.all;
  }

  proposal(proposalId: bigint) {
    return this.query(Query.methods.Proposal, { proposalId }).proposal!;
  }

  balance(name: string): bigint {
    return this.bank.balance(this.context(), addressOf(name), DENOM);
  }

  get held(): string {
    return formatCoins(this.bank.balances(this.context(), AUTHORITY));
  }

  broken(): readonly string[] {
    return this.modules.flatMap(({ name, invariants }) =>
      invariants.flatMap((invariant) => {
        const fault = invariant.check(this.context());
        return fault === undefined ? [] : [`${name}/${invariant.name}: ${fault}`];
      }),
    );
  }

  exportGov(): GenesisState {
    return this.#gov.genesis!.export(this.context()) as GenesisState;
  }
}

/** Attributes of the events of a type, as objects. */
export function eventsOf(
  events: readonly Event[],
  type: string,
): readonly Readonly<Record<string, string>>[] {
  return events
    .filter((event) => event.type === type)
    .map(({ attributes }) => Object.fromEntries(attributes.map(({ key, value }) => [key, value])));
}
