/** The modules alone, on a state in memory: no transactions, no engine, no database. Blocks run in the chain's order. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Outcome } from "../../../chain/engine/engine.ts";
import { encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { createModules, type Modules, type ModulesOptions } from "../../../chain/modules/index.ts";
import { DEFAULT_MINT_PARAMS } from "../../../chain/modules/mint/index.ts";
import { NOT_BONDED_POOL, POWER_REDUCTION } from "../../../chain/modules/staking/index.ts";
import { DEFAULT_PARAMS as DEFAULT_STAKING } from "../../../chain/modules/staking/params.ts";
import { AddressCodec, moduleAddress } from "../../../chain/runtime/address.ts";
import { concatBytes } from "../../../chain/runtime/bytes.ts";
import { ComputeMeter, type ComputePort, type ComputeRequest } from "../../../chain/runtime/compute.ts";
import { type BlockInfo, Context, type Mode } from "../../../chain/runtime/context.ts";
import { decFromInt, decToWire, ZERO } from "../../../chain/runtime/decimal.ts";
import { ChainError } from "../../../chain/runtime/errors.ts";
import { GasMeter } from "../../../chain/runtime/gas.ts";
import { Router } from "../../../chain/runtime/router.ts";
import { MultiBranch } from "../../../chain/store/branch.ts";
import type { Blobs, Branch, KVStore } from "../../../chain/store/types.ts";
import type { MessageType, Method } from "../../../proto/codec.ts";
import { GenesisState as BankGenesis } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { BondStatus, GenesisState as StakingGenesis } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Event, Misbehavior, ValidatorUpdate, VoteInfo } from "../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";

export const DENOM = "uopg";
export const codec = new AddressCodec("opg");

/** Address of a test account: the same for the same name. */
export function account(name: string): string {
  return codec.format(sha256(new TextEncoder().encode(`account:${name}`)).slice(0, 20));
}

function emptyStore(): KVStore {
  return {
    get: () => undefined,
    has: () => false,
    iterate: function* () {},
    set: () => undefined,
    delete: () => undefined,
  };
}

const NO_BLOBS: Blobs = {
  get: () => undefined,
  has: () => false,
  put: (bytes) => sha256(bytes),
  delete: () => undefined,
};

/** A state that lives in a branch over nothing. */
export function memoryState(): Branch {
  return new MultiBranch({ store: emptyStore, blobs: NO_BLOBS });
}

/** Stands in for the engine: outcomes at once, a pure function of what is asked. */
export class FakeCompute implements ComputePort {
  readonly engine = {
    id: "fake",
    idHash: sha256(Uint8Array.of(1)),
    conformanceHash: sha256(Uint8Array.of(2)),
  };
  readonly meter = new ComputeMeter();
  readonly warmed: ComputeRequest[] = [];
  /** What a run comes to. Default: the one float32 output `y` with the bytes of the input hash. */
  answer: (request: ComputeRequest) => Outcome = (request) =>
    okOutcome([{ name: "y", dtype: "float32", dims: [1, 8], data: zeroNaNs(request.inputHash) }]);

  outcome(request: ComputeRequest): Outcome {
    return this.answer(request);
  }

  warm(request: ComputeRequest): void {
    this.warmed.push(request);
  }
}

export function okOutcome(outputs: readonly NamedTensor[]): Outcome {
  const encoded = encodeTensors(outputs);
  return { status: "ok", outputs, encoded, outputHash: sha256(encoded) };
}

/** Clears the exponents, so that no float32 among the bytes is a NaN. */
function zeroNaNs(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index % 4 === 3 ? byte & 0x80 : byte));
}

export interface SandboxValidator {
  readonly name: string;
  readonly power: bigint;
}

/** 32 bytes: nothing here checks signatures, so no point of the curve needs to stand behind it. */
export function consensusKey(name: string): Uint8Array {
  return sha256(new TextEncoder().encode(`validator:${name}`));
}

export function consensusAddress(name: string): Uint8Array {
  return sha256(consensusKey(name)).slice(0, 20);
}

export interface SandboxOptions extends ModulesOptions {
  readonly validators?: readonly SandboxValidator[];
  /** Balances at the start, by account name. */
  readonly funds?: Readonly<Record<string, bigint>>;
  /** Genesis of modules, in place of their defaults. */
  readonly genesis?: Readonly<Record<string, unknown>>;
  /** Of the block before the first: 0, unless the genesis is of a chain that goes on. */
  readonly height?: bigint;
}

export interface BlockFacts {
  readonly proposer?: string;
  /** Names of those who signed the block before. */
  readonly signed?: readonly SandboxValidator[];
  readonly votes?: readonly VoteInfo[];
  readonly misbehavior?: readonly Misbehavior[];
}

export interface Delivered<Response> {
  readonly response: Response | undefined;
  readonly error: ChainError | undefined;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
}

export class Sandbox {
  readonly modules: Modules;
  readonly router: Router;
  readonly compute = new FakeCompute();
  readonly state = memoryState();
  readonly validators: readonly SandboxValidator[];
  #height = 0n;
  #facts: BlockFacts = {};
  #skipped = 0n;
  /** Events of the last block's begin and end. */
  events: readonly Event[] = [];
  /** What the last block's end told CometBFT of powers. */
  updates: readonly ValidatorUpdate[] = [];

  constructor(options: SandboxOptions = {}) {
    this.modules = createModules(options);
    this.#height = options.height ?? 0n;
    this.router = new Router(this.modules.all);
    this.validators = options.validators ?? [{ name: "v1", power: 10n }];
    const ctx = this.context("genesis");
    const own = stakedGenesis(this.validators);
    for (const module of this.modules.all) {
      const genesis: unknown =
        options.genesis?.[module.name] ?? own[module.name] ?? module.genesis?.default();
      module.genesis?.validate(genesis, codec);
      module.genesis?.init(ctx, genesis);
    }
    for (const [name, amount] of Object.entries(options.funds ?? {})) this.fund(account(name), amount);
  }

  /** Gives an account coins that are new. */
  fund(address: string, amount: bigint): void {
    const ctx = this.context("genesis");
    this.modules.bank.initBalance(ctx, codec.parse(address), [{ denom: DENOM, amount }]);
    this.modules.bank.initSupply(ctx, [
      { denom: DENOM, amount: this.modules.bank.supply(ctx, DENOM) + amount },
    ]);
  }

  get height(): bigint {
    return this.#height;
  }

  context(mode: Mode = "query", gas = new GasMeter()): Context {
    const {
      proposer = this.validators[0]?.name,
      signed = this.validators,
      votes,
      misbehavior = [],
    } = this.#facts;
    const block: BlockInfo = {
      chainId: "sandbox",
      height: this.#height,
      time: { seconds: 1_700_000_000n + this.#height + this.#skipped, nanos: 0 },
      hash: new Uint8Array(32),
      proposerAddress: proposer === undefined ? new Uint8Array(0) : consensusAddress(proposer),
      lastCommit: { round: 0, votes: votes ?? (this.#height > 1n ? signed.map(voteOf) : []) },
      misbehavior,
    };
    return new Context({ block, mode, state: this.state, addresses: codec, compute: this.compute, gas });
  }

  /** Lets time pass, beside the second that each block takes. */
  advance(seconds: bigint): void {
    this.#skipped += seconds;
  }

  begin(facts: BlockFacts = {}): void {
    this.#height += 1n;
    this.#facts = facts;
    this.compute.meter.resetTo(0n);
    const ctx = this.context("deliver");
    for (const { beginBlock } of this.modules.beginOrder) beginBlock?.(ctx);
    this.events = ctx.events.all;
  }

  end(): void {
    const ctx = this.context("deliver");
    this.updates = this.modules.endOrder.flatMap(({ endBlock }) => endBlock?.(ctx) ?? []);
    this.events = ctx.events.all;
  }

  /** One whole block with `work` in it. */
  block<T>(work: () => T, facts: BlockFacts = {}): T {
    this.begin(facts);
    const result = work();
    this.end();
    return result;
  }

  /** Runs a message as a transaction does: all of it, or nothing. */
  deliver<Request, Response>(
    method: Method<Request, Response>,
    message: Partial<Request>,
    gasLimit?: bigint,
  ): Delivered<Response> {
    const gas = new GasMeter(gasLimit);
    const branch = this.context("deliver", gas).branch();
    const value = roundTrip(method.request, message);
    const route = [...this.router.msgs].find(({ method: { path } }) => path === method.path)!;
    try {
      route.validate?.(value, codec);
      const response = route.handle(branch.ctx, value) as Response;
      branch.write();
      return { response, error: undefined, gasUsed: gas.used, events: branch.ctx.events.all };
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return { response: undefined, error, gasUsed: gas.used, events: [] };
    }
  }

  /** As deliver; the message must pass. */
  run<Request, Response>(method: Method<Request, Response>, message: Partial<Request>): Response {
    const { response, error } = this.deliver(method, message);
    if (error) throw error;
    return response!;
  }

  query<Request, Response>(method: Method<Request, Response>, request: Partial<Request> = {}): Response {
    const answer = this.router.query(method.path).handle(this.context(), roundTrip(method.request, request));
    return roundTrip(method.response, answer as Partial<Response>);
  }

  balance(address: string): bigint {
    return this.modules.bank.balance(this.context(), codec.parse(address), DENOM);
  }

  /** What invariants say that does not hold. */
  broken(): readonly string[] {
    return this.modules.all.flatMap(({ name, invariants }) =>
      invariants.flatMap((invariant) => {
        const fault = invariant.check(this.context());
        return fault === undefined ? [] : [`${name}/${invariant.name}: ${fault}`];
      }),
    );
  }

  /** Every entry of every store, in order, as one hash. */
  stateHash(): Uint8Array {
    const hash = sha256.create();
    for (const name of this.modules.all.flatMap(({ stores }) => stores).sort()) {
      for (const [key, value] of this.state.store(name).iterate()) {
        hash.update(
          concatBytes(new TextEncoder().encode(`${name} ${key.length} ${value.length} `), key, value),
        );
      }
    }
    return hash.digest();
  }

  /** The genesis of every module, as export writes it. */
  exported(): Record<string, unknown> {
    return Object.fromEntries(
      this.modules.all.flatMap(({ name, genesis }) =>
        genesis ? [[name, genesis.export(this.context())]] : [],
      ),
    );
  }
}

/** Bytes and back, as every message, query and answer goes. */
function roundTrip<T>(type: MessageType<T>, partial: Partial<T>): T {
  return type.decode(type.encode(type.create(partial)), { strict: true });
}

/** Account of a validator's operator. */
export function operatorAccount(validator: string): string {
  return account(`operator-${validator}`);
}

/** Validators with their own stake, which lies in its pool; and no inflation, so that sums are simple. */
function stakedGenesis(validators: readonly SandboxValidator[]): Readonly<Record<string, unknown>> {
  const tokens = (power: bigint) => (power * POWER_REDUCTION).toString();
  const shares = (power: bigint) => decToWire(decFromInt(power * POWER_REDUCTION));
  const operators = validators.map(({ name }) => codec.operators.format(codec.parse(operatorAccount(name))));
  const staked = validators.reduce((sum, { power }) => sum + power, 0n);
  const none = decToWire(ZERO);
  const staking: StakingGenesis = {
    ...StakingGenesis.create({ params: DEFAULT_STAKING, lastTotalPower: "0" }),
    validators: validators.map(({ name, power }, index) => ({
      operatorAddress: operators[index]!,
      consensusPubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: consensusKey(name) }) },
      jailed: false,
      status: BondStatus.BOND_STATUS_UNBONDED,
      tokens: tokens(power),
      delegatorShares: shares(power),
      description: { moniker: name, identity: "", website: "", securityContact: "", details: "" },
      unbondingHeight: 0n,
      unbondingTime: { seconds: 0n, nanos: 0 },
      commission: {
        commissionRates: { rate: none, maxRate: none, maxChangeRate: none },
        updateTime: { seconds: 0n, nanos: 0 },
      },
      minSelfDelegation: "1",
      unbondingOnHoldRefCount: 0n,
      unbondingIds: [],
    })),
    delegations: validators.map(({ name, power }, index) => ({
      delegatorAddress: operatorAccount(name),
      validatorAddress: operators[index]!,
      shares: shares(power),
    })),
  };
  const pool = codec.format(moduleAddress(NOT_BONDED_POOL));
  const balances =
    staked === 0n ? [] : [{ address: pool, coins: [{ denom: DENOM, amount: tokens(staked) }] }];
  return {
    bank: BankGenesis.create({ params: { sendEnabled: [], defaultSendEnabled: true }, balances }),
    staking,
    mint: {
      minter: { inflation: none, annualProvisions: none },
      params: { ...DEFAULT_MINT_PARAMS, inflationMax: none, inflationMin: none },
    },
  };
}

export function voteOf({ name, power }: SandboxValidator): VoteInfo {
  return {
    validator: { address: consensusAddress(name), power },
    blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
  };
}
