/** Reading JSON of a server that may send anything: each reader checks, converts, and names the place that is wrong. */
import { base64 } from "@scure/base";
import { fromHex } from "../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import { parseTimestamp } from "../../proto/text.ts";
import { RpcError } from "./errors.ts";

/** A value and where it stands in the answer. */
export class Shape {
  readonly #value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.path = path;
  }

  #fail(wanted: string): never {
    const text = JSON.stringify(this.#value) ?? "nothing";
    throw new RpcError(
      "invalid_response",
      `${this.path}: ${wanted} was expected, not ${text.length > 60 ? `${text.slice(0, 57)}...` : text}; is this a CometBFT node (v0.38 or later)?`,
    );
  }

  /** As the server sent it, unchecked: to show it to people. */
  get raw(): unknown {
    return this.#value;
  }

  get absent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  /** The member of an object; absent members give an absent shape. */
  at(name: string): Shape {
    if (typeof this.#value !== "object" || this.#value === null || Array.isArray(this.#value))
      this.#fail("an object");
    return new Shape((this.#value as Record<string, unknown>)[name], `${this.path}.${name}`);
  }

  /** The elements of a list; null is an empty list, as Go has it. */
  list(): Shape[] {
    if (this.absent) return [];
    if (!Array.isArray(this.#value)) this.#fail("a list");
    return this.#value.map((each: unknown, index) => new Shape(each, `${this.path}[${index}]`));
  }

  text(): string {
    if (typeof this.#value !== "string") this.#fail("a string");
    return this.#value;
  }

  /** "" if absent. */
  textOrEmpty(): string {
    return this.absent ? "" : this.text();
  }

  boolean(): boolean {
    if (typeof this.#value !== "boolean") this.#fail("true or false");
    return this.#value;
  }

  /** A 64-bit integer, which Go writes as a string. */
  bigint(): bigint {
    const value = this.#value;
    if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) this.#fail("an integer");
    return BigInt(value);
  }

  /** A number that JavaScript holds exactly. */
  integer(): number {
    const value = Number(this.bigint());
    if (!Number.isSafeInteger(value)) this.#fail("a small integer");
    return value;
  }

  hex(length?: number): Uint8Array {
    const bytes = fromHex(this.text());
    if (!bytes || (length !== undefined && bytes.length !== length))
      this.#fail(length ? `${length} bytes in hex` : "hex");
    return bytes;
  }

  /** A hash of 32 bytes, or none. */
  hash(): Uint8Array {
    const bytes = this.absent ? new Uint8Array(0) : this.hex();
    if (bytes.length !== 0 && bytes.length !== 32) this.#fail("a hash of 32 bytes in hex");
    return bytes;
  }

  /** Base64; null is no bytes. */
  base64(): Uint8Array {
    if (this.absent) return new Uint8Array(0);
    try {
      return base64.decode(this.text());
    } catch {
      this.#fail("base64");
    }
  }

  time(): Timestamp {
    const time = parseTimestamp(this.text());
    if (!time) this.#fail("an RFC 3339 time");
    return time;
  }
}
