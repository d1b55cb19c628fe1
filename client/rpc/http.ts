/** JSON-RPC 2.0 over HTTP POST, as CometBFT serves it. */
import { RpcError } from "./errors.ts";
import { Shape } from "./shape.ts";

export interface HttpOptions {
  /** How long one call may take. Default 10,000 ms. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the platform's fetch. */
  readonly fetch?: typeof fetch;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** `http(s)://host[:port][/path]`; `tcp://` is taken for http, as CometBFT's own clients do. @throws RpcError */
export function normalizeUrl(url: string): string {
  const text = url.replace(/^tcp:\/\//, "http://");
  if (!/^https?:\/\/[^/\s]+/.test(text)) {
    throw new RpcError(
      "unsupported",
      `${JSON.stringify(url)} is no RPC address; give one such as http://127.0.0.1:26657`,
    );
  }
  return text.replace(/\/+$/, "");
}

/** Calls one node. */
export class HttpTransport {
  readonly url: string;
  readonly #timeoutMs: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  #nextId = 1;

  constructor(url: string, options: HttpOptions = {}) {
    this.url = normalizeUrl(url);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#headers = options.headers ?? {};
    const given = options.fetch;
    this.#fetch = given ?? ((...args) => fetch(...args));
  }

  /** @throws RpcError unreachable, timeout, http_status, invalid_response, rejected or not_found */
  async call(method: string, params: Readonly<Record<string, unknown>>): Promise<Shape> {
    const id = this.#nextId++;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const text = await this.#post(method, body);
    return readResponse(text, method, this.url);
  }

  async #post(method: string, body: string): Promise<string> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const headers = { "content-type": "application/json", ...this.#headers };
    try {
      const response = await this.#fetch(this.url, { method: "POST", headers, body, signal });
      const text = await response.text();
      // CometBFT answers errors of JSON-RPC with status 500 and a JSON body.
      if (response.ok || text.startsWith("{")) return text;
      throw new RpcError(
        "http_status",
        `${this.url} answers ${method} with HTTP ${response.status}; check that it is the RPC address of a node (port 26657 by default)`,
        { data: text.slice(0, 200) },
      );
    } catch (error) {
      if (error instanceof RpcError) throw error;
      if (signal.aborted) {
        throw new RpcError("timeout", `${this.url} did not answer ${method} within ${this.#timeoutMs} ms`, {
          cause: error,
        });
      }
      throw new RpcError(
        "unreachable",
        `cannot reach the node at ${this.url} (${reason(error)}); check that it runs and that the address is right (opgd status --node URL)`,
        { cause: error },
      );
    }
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  if (typeof cause?.code === "string") return cause.code;
  return error instanceof Error ? error.message : String(error);
}

/** JSON-RPC's code for a method that the server does not have. */
const NO_SUCH_METHOD = -32601;

/** What a node's error text says when a thing is not there rather than the question wrong. */
const NOT_FOUND = /not found|must be less than or equal to the current|is not available|could not find/i;

/** The result of a JSON-RPC answer. @throws RpcError if it is an error, or no such answer */
export function readResponse(text: string, method: string, url: string): Shape {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RpcError("invalid_response", `${url} answers ${method} with something that is not JSON`, {
      data: text.slice(0, 200),
    });
  }
  const answer = new Shape(json, method);
  const error = answer.at("error");
  if (error.absent) return new Shape((json as { result?: unknown }).result, method);
  const rpcCode = error.at("code").integer();
  const message = error.at("message").textOrEmpty();
  const data = error.at("data").textOrEmpty();
  const code = rpcCode !== NO_SUCH_METHOD && NOT_FOUND.test(data || message) ? "not_found" : "rejected";
  throw new RpcError(code, `${url} refuses ${method}: ${message}${data ? `: ${data}` : ""}`, {
    rpcCode,
    data,
  });
}
