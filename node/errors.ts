/** What the node and its command line report to people: one line with field, value and remedy. */

export type NodeErrorCode = "usage" | "config" | "home" | "keys" | "running" | "failed";

export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly code: NodeErrorCode;
  constructor(code: NodeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
