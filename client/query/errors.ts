/** Codes of codespace sdk, from types/errors of the SDK. */
const NOT_FOUND: readonly number[] = [9, 22, 38];

/** The application's refusal of a query, with the code that it has registered for the reason. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  readonly codespace: string;
  readonly code: number;
  readonly path: string;
  /** What the application says. */
  readonly log: string;
  constructor(path: string, codespace: string, code: number, log: string) {
    super(`${path}: ${log || "refused"} (${codespace || "sdk"} ${code})`);
    this.path = path;
    this.codespace = codespace;
    this.code = code;
    this.log = log;
  }

  /** What was asked for does not exist (the SDK's ErrKeyNotFound, ErrUnknownAddress and ErrNotFound). */
  get notFound(): boolean {
    return (this.codespace === "sdk" || this.codespace === "") && NOT_FOUND.includes(this.code);
  }
}
