/**
 * Contents of proposals of v1beta1, each run by a handler of its module. Source: x/gov/types/v1beta1/proposal.go of the
 * Cosmos SDK v0.53.
 */
import type { MessageType } from "../../../proto/codec.ts";
import { TextProposal } from "../../../proto/gen/cosmos.gov.v1beta1.ts";
import { ParameterChangeProposal } from "../../../proto/gen/cosmos.params.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { WireError } from "../../../proto/wire.ts";
import { utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { GovError } from "./errors.ts";

const MAX_TITLE_BYTES = 140;
const MAX_DESCRIPTION_BYTES = 10_000;

/** What every content has. */
export interface Abstract {
  readonly title: string;
  readonly description: string;
}

/** A type of content: what is wrong with one, and what it does once its proposal passed. */
export interface ContentRoute<T extends Abstract = Abstract> {
  readonly type: MessageType<T>;
  /** Beyond title and description. @throws ChainError */
  readonly validate?: (content: T) => void;
  /** Left out: this chain runs none of them. */
  readonly handle?: (ctx: Context, content: T) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: a table of contents of any shape; contentRoute checks each.
export type AnyContentRoute = ContentRoute<any>;

export function contentRoute<T extends Abstract>(route: ContentRoute<T>): ContentRoute<T> {
  return route;
}

/** A content that was read, with its route. */
export interface Content {
  readonly route: AnyContentRoute;
  readonly value: Abstract;
}

export class Contents {
  readonly #routes: ReadonlyMap<string, AnyContentRoute>;

  constructor(routes: readonly AnyContentRoute[]) {
    const all: readonly AnyContentRoute[] = [
      contentRoute({ type: TextProposal, handle: () => undefined }),
      contentRoute({ type: ParameterChangeProposal }),
      ...routes,
    ];
    this.#routes = new Map(all.map((route) => [route.type.typeUrl, route]));
  }

  get types(): readonly MessageType<Abstract>[] {
    return [...this.#routes.values()].map(({ type }) => type);
  }

  /** @throws GovError.invalidContent, GovError.invalidType */
  read(any: Any | undefined): Content {
    if (!any) throw GovError.invalidContent("content: missing content");
    const route = this.#routes.get(any.typeUrl);
    if (!route)
      throw GovError.invalidType(
        `content: ${JSON.stringify(any.typeUrl.slice(0, 200))} is no content that a proposal may have; use messages`,
      );
    try {
      return { route, value: route.type.decode(any.value, { strict: true }) };
    } catch (error) {
      if (error instanceof WireError) throw GovError.invalidContent(`content: ${error.message}`);
      throw error;
    }
  }

  /** @throws GovError.invalidContent, and what the type's own check throws */
  validate({ route, value }: Content): void {
    route.validate?.(value);
    if (value.title.trim() === "") throw GovError.invalidContent("content.title: cannot be blank");
    assertLength("title", value.title, MAX_TITLE_BYTES);
    if (value.description === "") throw GovError.invalidContent("content.description: cannot be blank");
    assertLength("description", value.description, MAX_DESCRIPTION_BYTES);
  }

  /** @throws GovError.noHandler, ChainError */
  run(ctx: Context, { route, value }: Content): void {
    if (!route.handle)
      throw GovError.noHandler(
        `content: this chain runs no ${route.type.typeName}; propose the module's MsgUpdateParams`,
      );
    route.handle(ctx, value);
  }
}

function assertLength(name: string, text: string, most: number): void {
  const { length } = utf8(text);
  if (length > most)
    throw GovError.invalidContent(`content.${name}: ${length} bytes is longer than the most, ${most}`);
}
