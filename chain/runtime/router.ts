/** Finds the handler of a message or query by its name, and the type of whatever stands in an Any. */
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { TypeRegistry } from "../../proto/registry.ts";
import type { Context } from "./context.ts";
import { decodeStrictly } from "./decode.ts";
import { SdkError } from "./errors.ts";
import type { AnyMsgRoute, AnyQueryRoute, DecodedMsg, Module } from "./module.ts";

export type { DecodedMsg } from "./module.ts";

export class Router {
  readonly #msgs = new Map<string, AnyMsgRoute>();
  readonly #queries = new Map<string, AnyQueryRoute>();
  /** The types that may stand in an Any: messages, their responses, accounts, public keys. */
  readonly types = new TypeRegistry();

  constructor(modules: readonly Module[] = []) {
    this.add(...modules);
  }

  /** Modules that run messages of others hold the router before all modules are there. */
  add(...modules: readonly Module[]): this {
    for (const module of modules) {
      for (const route of module.msgs) {
        this.#msgs.set(route.method.request.typeUrl, route);
        this.types.add(route.method.request, route.method.response);
      }
      for (const route of module.queries) this.#queries.set(route.method.path, route);
      this.types.add(...(module.types ?? []));
    }
    return this;
  }

  /** Routes of all messages, in module order. */
  get msgs(): IterableIterator<AnyMsgRoute> {
    return this.#msgs.values();
  }

  get queries(): IterableIterator<AnyQueryRoute> {
    return this.#queries.values();
  }

  /** Whether some module handles messages of this type. */
  has(typeUrl: string): boolean {
    return this.#msgs.has(typeUrl);
  }

  /** Strictly decodes a message. @throws SdkError.unknownRequest, SdkError.txDecode */
  decodeMsg(any: Any): DecodedMsg {
    const route = this.#msgs.get(any.typeUrl);
    if (!route)
      throw SdkError.unknownRequest(
        `no module handles messages of type ${JSON.stringify(any.typeUrl.slice(0, 200))}`,
      );
    const { typeUrl } = any;
    return { typeUrl, route, value: decodeStrictly(route.method.request, any.value, typeUrl) };
  }

  /** Runs a message and encodes its response. @throws ChainError, ComputePending */
  handle(ctx: Context, msg: DecodedMsg): Any {
    const { method, validate, handle } = msg.route;
    validate?.(msg.value, ctx.addresses);
    const response: unknown = handle(ctx, msg.value);
    return { typeUrl: method.response.typeUrl, value: method.response.encode(response) };
  }

  /** @throws SdkError.unknownRequest if no module answers queries of this path */
  query(path: string): AnyQueryRoute {
    const route = this.#queries.get(path);
    if (!route)
      throw SdkError.unknownRequest(
        `no module answers queries of path ${JSON.stringify(path.slice(0, 200))}`,
      );
    return route;
  }
}
