/** A module: its messages, queries, genesis, block hooks and invariants, in one shape for all. */
import type { AnyMessageType, MessageType, Method } from "../../proto/codec.ts";
import type { ValidatorUpdate } from "../../proto/gen/tendermint.abci.ts";
import type { Address, AddressCodec } from "./address.ts";
import type { ComputeNeed, ComputeRequest } from "./compute.ts";
import type { Context } from "./context.ts";
import { SdkError } from "./errors.ts";

/** A message as a transaction carries it, decoded. */
export interface DecodedMsg {
  readonly typeUrl: string;
  readonly route: AnyMsgRoute;
  readonly value: unknown;
}

/** One message: its method in the module's Msg service, and what is done with it. */
export interface MsgRoute<Request = unknown, Response = unknown> {
  readonly method: Method<Request, Response>;
  /** What can be said of the message alone, without state. Runs in every mode before anything else. @throws ChainError */
  readonly validate?: (msg: Request, addresses: AddressCodec) => void;
  /** What the state says of a message before it is let into the mempool. Runs in CheckTx only. @throws ChainError */
  readonly admit?: (ctx: Context, msg: Request) => void;
  /** What the message will ask of the engine, by the state before the block. @throws ChainError if it could not run */
  readonly compute?: (ctx: Context, msg: Request) => ComputeNeed;
  /** Messages that this one carries and may run: what they ask of mempool and compute is asked of them as well. */
  readonly inner?: (msg: Request) => readonly DecodedMsg[];
  /** Runs the message on a branch that is dropped if it throws. @throws ChainError, ComputePending */
  readonly handle: (ctx: Context, msg: Request) => Response;
}

/** Messages that carry messages, the outermost counted. Source: the SDK unpacks an Any within Anys 10 deep. */
const MAX_DEPTH = 10;

/**
 * The messages, each followed by those it carries.
 * @throws SdkError.invalidRequest if they are more than 10 deep, and what decoding them throws
 */
export function withInner(msgs: readonly DecodedMsg[], depth = 0): DecodedMsg[] {
  if (depth > MAX_DEPTH)
    throw SdkError.invalidRequest(`msgs: messages within messages more than ${MAX_DEPTH} deep`);
  return msgs.flatMap((msg) => [msg, ...withInner(msg.route.inner?.(msg.value) ?? [], depth + 1)]);
}

/** One query: its method in the module's Query service. The same handler serves ABCI Query, gRPC and REST. */
export interface QueryRoute<Request = unknown, Response = unknown> {
  readonly method: Method<Request, Response>;
  /** @throws ChainError; SdkError.notFound and SdkError.keyNotFound become gRPC's NOT_FOUND. */
  readonly handle: (ctx: Context, request: Request) => Response;
}

// A table of routes holds messages of any shape; the constructors below check each one's types.
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyMsgRoute = MsgRoute<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyQueryRoute = QueryRoute<any, any>;

/** Makes a route of a message with the types of its method. */
export function msgRoute<Request, Response>(
  method: Method<Request, Response>,
  route: Omit<MsgRoute<Request, Response>, "method">,
): MsgRoute<Request, Response> {
  return { method, ...route };
}

/** Makes a route of a query with the types of its method. */
export function queryRoute<Request, Response>(
  method: Method<Request, Response>,
  handle: (ctx: Context, request: Request) => Response,
): QueryRoute<Request, Response> {
  return { method, handle };
}

export interface ModuleGenesis<Genesis> {
  readonly type: MessageType<Genesis>;
  /** What a chain starts with if its genesis file leaves the module out. */
  readonly default: () => Genesis;
  /** @throws ChainError naming the JSON path, the value and the remedy */
  readonly validate: (genesis: Genesis, addresses: AddressCodec) => void;
  /** @returns the validators that this module names, if any */
  readonly init: (ctx: Context, genesis: Genesis) => readonly ValidatorUpdate[] | undefined;
  /** init(export()) gives the same state. */
  readonly export: (ctx: Context) => Genesis;
  /** Readies the state for an export that starts a chain again at height 1; in genesis order, before any is exported. */
  readonly settle?: (ctx: Context, options: ZeroHeight) => void;
  /** What was exported after block `height`, as a chain that starts again at height 1 may take it. */
  readonly restart?: (genesis: Genesis, height: bigint) => Genesis;
}

/** How a state is exported for a chain that starts again at height 1. */
export interface ZeroHeight {
  /** Operators that go on; all other validators are jailed. Everybody goes on if it is not given. */
  readonly jailAllowed?: readonly Address[];
}

export interface Invariant {
  readonly name: string;
  /** @returns what is wrong, or undefined if it holds. Cost may be linear in the state. */
  readonly check: (ctx: Context) => string | undefined;
}

export type AccountPermission = "minter" | "burner" | "staking";

export interface Module {
  readonly name: string;
  /** Names of the stores that only this module's keeper touches. */
  readonly stores: readonly string[];
  readonly msgs: readonly AnyMsgRoute[];
  readonly queries: readonly AnyQueryRoute[];
  /** Types that stand in an Any and are not messages: accounts, public keys. */
  readonly types?: readonly AnyMessageType[];
  /** Accounts that the module owns, and what they may do with supply. */
  readonly accounts?: Readonly<Record<string, readonly AccountPermission[]>>;
  // biome-ignore lint/suspicious/noExplicitAny: each module has a genesis of its own shape.
  readonly genesis?: ModuleGenesis<any>;
  /**
   * What begin block will ask of the engine, by the state before the block: computed before it, and counted against the
   * block's compute budget. What of it begin block uses it spends on the meter itself.
   */
  readonly due?: (ctx: Context) => readonly ComputeRequest[];
  /** May ask `ctx.compute` for outcomes: where one is not known it runs again from its start. @throws ComputePending */
  readonly beginBlock?: (ctx: Context) => void;
  /** @returns changes of validator power, if any */
  readonly endBlock?: (ctx: Context) => readonly ValidatorUpdate[] | undefined;
  readonly invariants: readonly Invariant[];
  /** Raised with every change of the module's state layout. */
  readonly version: bigint;
  /** Takes the state from a version to the next, by the version that it starts from. Run by upgrades. */
  readonly migrations?: ReadonlyMap<bigint, (ctx: Context) => void>;
}
