/**
 * A value of the chain's state, or its absence, proven to a header that a light client verified.
 * The state of height H is in the app hash of header H+1. Sources: ICS-23; store/rootmulti of the Cosmos SDK.
 */
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import {
  IAVL_SPEC,
  TENDERMINT_SPEC,
  verifyMembership,
  verifyNonMembership,
} from "../../chain/store/proofs/verify.ts";
import { CommitmentProof } from "../../proto/gen/cosmos.ics23.v1.ts";
import type { ProofOp } from "../../proto/gen/tendermint.crypto.ts";
import type { Header } from "../../proto/gen/tendermint.types.ts";
import { formatTimestamp } from "../../proto/text.ts";
import { headerHash, type LightClient } from "../light/index.ts";
import { type AbciQueryResponse, type LightBlock, type RpcClient, RpcError } from "../rpc/index.ts";
import { type Report, Reporter } from "./report.ts";

export interface ProofSources {
  readonly light: Pick<LightClient, "verifyHeight" | "verifyLatest">;
  /** The node that is asked for the value. It need not be one that the light client uses. */
  readonly rpc: Pick<RpcClient, "abciQuery">;
}

export interface VerifiedQuery extends ProofSources {
  /** The name of the module's store, such as `bank`. */
  readonly store: string;
  readonly key: Uint8Array;
  /** The state's height; absent: the newest that has a header after it. */
  readonly height?: bigint;
  /** How long to wait for the header after `height` to exist. Default 15,000 ms. */
  readonly waitMs?: number;
  /** How the report calls it. */
  readonly subject?: string;
}

export interface VerifiedValue {
  /** Undefined: the key is proven to be absent. */
  readonly value: Uint8Array | undefined;
  /** Of the state. */
  readonly height: bigint;
  /** The verified header of `height` + 1. */
  readonly header: Header;
  readonly report: Report;
}

const DEFAULT_WAIT_MS = 15_000;
const POLL_MS = 250;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The verified block after the state's height. */
async function proofBlock({ light, height, waitMs = DEFAULT_WAIT_MS }: VerifiedQuery): Promise<LightBlock> {
  if (height === undefined) return light.verifyLatest();
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await light.verifyHeight(height + 1n);
    } catch (error) {
      const notYet = error instanceof RpcError && error.code === "not_found";
      if (!notYet || Date.now() + POLL_MS > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

async function ask({ rpc, store, key }: VerifiedQuery, height: bigint): Promise<AbciQueryResponse> {
  return rpc.abciQuery({ path: `/store/${store}/key`, data: key, height, prove: true });
}

/** Why an answer is not one to the question, if so. */
function answerFault(response: AbciQueryResponse, key: Uint8Array, height: bigint): string | undefined {
  if (response.code !== 0)
    return `the node refuses: ${response.log} (${response.codespace} ${response.code})`;
  if (response.height !== height) return `the answer is of height ${response.height}, not ${height}`;
  if (!bytesEqual(response.key, key))
    return `the answer is for key ${toHex(response.key)}, not ${toHex(key)}`;
  const types = response.proofOps.map(({ type }) => type).join(", ");
  if (types !== "ics23:iavl, ics23:simple")
    return `the proof has the steps ${types || "none"}, not ics23:iavl and ics23:simple`;
  return undefined;
}

/** The root that the second step claims for the store; whether it is right is then checked. */
function claimedRoot(op: ProofOp): Uint8Array {
  return CommitmentProof.decode(op.data, { strict: true }).exist?.value ?? new Uint8Array(0);
}

/**
 * Fetches a value with its proof, and verifies header, store root and key.
 * @throws VerificationError naming the step that failed, with the report up to it
 */
export async function queryVerified(query: VerifiedQuery): Promise<VerifiedValue> {
  const reporter: Reporter = new Reporter(query.subject ?? `key ${toHex(query.key)} of store ${query.store}`);
  const verified = await verifyValue(query, reporter);
  return { ...verified, report: reporter.report() };
}

/** As {@link queryVerified}, into a report that goes on. */
export async function verifyValue(
  query: VerifiedQuery,
  reporter: Reporter,
): Promise<Omit<VerifiedValue, "report">> {
  const { store, key } = query;
  const { header } = await reporter.attempt(
    "header",
    () => proofBlock(query),
    (block) =>
      `height ${block.header.height} of ${block.header.chainId}, ${formatTimestamp(block.header.time)}, hash ${toHex(headerHash(block.header))}, signed by more than 2/3 of the power`,
  );
  const height = header.height - 1n;
  const response = await reporter.attempt(
    "answer",
    () => ask(query, height),
    () => `state of height ${height}`,
  );
  const fault = answerFault(response, key, height);
  if (fault !== undefined) reporter.fail("answer", fault);
  const [tree, map] = response.proofOps as [ProofOp, ProofOp];
  const root = await reporter.attempt(
    "store_root",
    () => claimedRoot(map),
    (claimed) => `root of store ${store} is ${toHex(claimed)}`,
  );
  const name = new TextEncoder().encode(store);
  const inAppHash = verifyMembership(TENDERMINT_SPEC, header.appHash, map.data, name, root);
  if (!inAppHash.valid)
    reporter.fail(
      "store_root",
      `not in app hash ${toHex(header.appHash)} of header ${header.height}: ${inAppHash.reason}`,
    );
  const value = response.value.length === 0 ? undefined : response.value;
  const inStore = value
    ? verifyMembership(IAVL_SPEC, root, tree.data, key, value)
    : verifyNonMembership(IAVL_SPEC, root, tree.data, key);
  if (!inStore.valid)
    reporter.fail(
      "key",
      `${value ? "value" : "absence"} of key ${toHex(key)} is not under the store's root: ${inStore.reason}`,
    );
  reporter.pass("key", value ? `${value.length} bytes under key ${toHex(key)}` : `no key ${toHex(key)}`);
  return { value, height, header };
}
