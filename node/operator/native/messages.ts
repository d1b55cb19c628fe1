/** What the daemon and a child process that runs models natively tell each other. */

export interface OpenRequest {
  readonly type: "open";
  readonly path: string;
  /** Threads of one run. */
  readonly threads: number;
  /** onnxruntime's names, in order of preference, such as `cuda`, `cpu`. */
  readonly providers: readonly string[];
}

export interface RunRequest {
  readonly type: "run";
  /** Canonical tensors, one entry an item. */
  readonly items: readonly Uint8Array[];
}

export type ChildRequest = OpenRequest | RunRequest;

export type ChildReply =
  | { readonly type: "opened" }
  /** Canonical tensors, one entry an item; undefined where the run failed. */
  | { readonly type: "ran"; readonly items: readonly (Uint8Array | undefined)[] }
  | { readonly type: "failed"; readonly reason: string };
