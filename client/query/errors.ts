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

  /** What was asked for does not exist (the SDK's ErrKeyNotFound and ErrUnknownAddress, to which gRPC's NotFound is mapped). */
  get notFound(): boolean {
    return (this.codespace === "sdk" || this.codespace === "") && (this.code === 22 || this.code === 9);
  }
}
