/** What a server takes from its clients before it refuses or slows them down. */
export interface Limits {
  /**
   * Bytes of one request. CometBFT's blocks are at most 100 MB, but PrepareProposal carries the whole mempool when
   * `block.max_bytes` is -1, and InitChain the whole genesis.
   */
  readonly maxFrameBytes: number;
  /** Requests of one connection that wait for their answer; beyond it the connection is not read. */
  readonly maxPending: number;
  /** Bytes of answers that a client has not taken yet; beyond it the connection is not read. */
  readonly maxUnsentBytes: number;
  /** CometBFT opens four. */
  readonly maxConnections: number;
}

export const defaultLimits: Limits = {
  maxFrameBytes: 256 << 20,
  maxPending: 1024,
  maxUnsentBytes: 8 << 20,
  maxConnections: 64,
};
