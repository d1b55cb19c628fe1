/** Random messages of any type, by its table of fields, from a seed: the same seed gives the same messages. */
import type { AnyMessageType, Field } from "../../proto/codec.ts";

/** Mulberry32: small, seeded, good enough to pick test values. */
export class Random {
  #state: number;
  readonly seed: number;
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** From 0 up to, not including, `below`. */
  int(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(values.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}

/** From the environment, or by chance: tests print it. */
export function seedOf(variable: string): number {
  return Number(process.env[variable] ?? Math.floor(Math.random() * 0x1_0000_0000));
}

const strings = ["", "a", "uopg", "naïve", "日本語", "🔑", "<&>", "x".repeat(130), "\u2028", '"\\\n'];
const decimals = ["0", "1", "-1", "50000000000000000", "1000000000000000000", "-123456789012345678901"];

function scalar(random: Random, field: Field): unknown {
  if (field.dec) return random.pick(decimals);
  switch (field.type) {
    case "bool":
      return random.pick([true, false]);
    case "bytes":
      return random.bytes(random.pick([0, 1, 20, 32, 200]));
    case "string":
      return random.pick(strings);
    case "uint32":
    case "fixed32":
      return random.pick([0, 1, 127, 128, 0xffff_ffff]);
    case "int32":
    case "sint32":
    case "sfixed32":
      return random.pick([0, 1, 300, -1, 0x7fff_ffff, -0x8000_0000]);
    case "uint64":
    case "fixed64":
      return random.pick([0n, 1n, 127n, 128n, 1n << 32n, (1n << 64n) - 1n]);
    case "int64":
    case "sint64":
    case "sfixed64":
      return random.pick([0n, 1n, 300n, -1n, (1n << 63n) - 1n, -(1n << 63n)]);
    default:
      return random.pick([0, 1.5, -0.25]);
  }
}

/** How a value is chosen where the wire allows more than an encoding has room for. */
export interface Choices {
  /** Replaces the value of a message field, such as a time that must be in range. */
  readonly message?: (type: AnyMessageType, random: Random) => unknown;
  readonly skip?: (type: AnyMessageType, field: Field) => boolean;
}

function element(random: Random, field: Field, depth: number, choices: Choices): unknown {
  const { type } = field;
  if (typeof type === "string") return scalar(random, field);
  if (type.kind === "enum") return random.pick(Object.values(type.values));
  return choices.message?.(type, random) ?? randomMessage(random, type, depth + 1, choices);
}

/** A message of `type`; nesting ends at a depth of 4. */
export function randomMessage(
  random: Random,
  type: AnyMessageType,
  depth = 0,
  choices: Choices = {},
): unknown {
  const partial: Record<string, unknown> = {};
  const chosen = new Map<string, string>();
  for (const field of type.fields) {
    if (field.oneof === undefined) continue;
    const members = type.fields.filter((each) => each.oneof === field.oneof);
    if (!chosen.has(field.oneof)) chosen.set(field.oneof, random.pick(members).name);
  }
  for (const field of type.fields) {
    if (choices.skip?.(type, field)) continue;
    if (field.oneof !== undefined && chosen.get(field.oneof) !== field.name) continue;
    const nested = typeof field.type !== "string" && field.type.kind === "message";
    if (nested && depth >= 4 && !field.required) continue;
    if (field.repeated) {
      partial[field.property] = Array.from({ length: random.int(4) }, () =>
        element(random, field, depth, choices),
      );
    } else if (!nested || field.required || random.int(3) > 0) {
      partial[field.property] = element(random, field, depth, choices);
    }
  }
  return type.create(partial as never);
}
