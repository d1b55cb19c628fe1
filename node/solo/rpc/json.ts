/** From our types to the JSON of CometBFT's RPC. Source: rpc/core/types, types/*.go and abci/types of CometBFT v0.40. */
import { toHex } from "../../../chain/runtime/bytes.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type * as abci from "../../../proto/gen/tendermint.abci.ts";
import type {
  Block,
  BlockID,
  Commit,
  ConsensusParams,
  Header,
  Validator,
} from "../../../proto/gen/tendermint.types.ts";
import { durationNanos, formatTimestamp } from "../../../proto/text.ts";
import type { MerkleProof } from "../hash.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export const hex = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();
export const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
/** A Go slice that is nil where it is empty. */
const orNull = (bytes: Uint8Array): Json => (bytes.length === 0 ? null : base64(bytes));
export const time = (at: Timestamp): string => formatTimestamp(at) ?? "0001-01-01T00:00:00Z";

export function blockIdJson({ hash, partSetHeader: { total, hash: parts } }: BlockID): Json {
  return { hash: hex(hash), parts: { total, hash: hex(parts) } };
}

export const NO_BLOCK_ID: Json = { hash: "", parts: { total: 0, hash: "" } };

export function headerJson(header: Header): Json {
  const { block, app } = header.version;
  return {
    version: { block: `${block}`, ...(app ? { app: `${app}` } : {}) },
    chain_id: header.chainId,
    height: `${header.height}`,
    time: time(header.time),
    last_block_id: blockIdJson(header.lastBlockId),
    last_commit_hash: hex(header.lastCommitHash),
    data_hash: hex(header.dataHash),
    validators_hash: hex(header.validatorsHash),
    next_validators_hash: hex(header.nextValidatorsHash),
    consensus_hash: hex(header.consensusHash),
    app_hash: hex(header.appHash),
    last_results_hash: hex(header.lastResultsHash),
    evidence_hash: hex(header.evidenceHash),
    proposer_address: hex(header.proposerAddress),
  };
}

export function commitJson({ height, round, blockId, signatures }: Commit): Json {
  return {
    height: `${height}`,
    round,
    block_id: blockIdJson(blockId),
    signatures: signatures.map((each) => ({
      block_id_flag: each.blockIdFlag,
      validator_address: hex(each.validatorAddress),
      timestamp: time(each.timestamp),
      signature: base64(each.signature),
    })),
  };
}

export function blockJson({ header, data, lastCommit }: Block): Json {
  return {
    header: headerJson(header),
    data: { txs: data.txs.map(base64) },
    evidence: { evidence: [] },
    last_commit: lastCommit ? commitJson(lastCommit) : null,
  };
}

export function keyJson(pub: Uint8Array): Json {
  return { type: "tendermint/PubKeyEd25519", value: base64(pub) };
}

export function validatorJson({ address, pubKey, votingPower, proposerPriority }: Validator): Json {
  return {
    address: hex(address),
    pub_key: keyJson(pubKey.ed25519 ?? new Uint8Array(0)),
    voting_power: `${votingPower}`,
    proposer_priority: `${proposerPriority}`,
  };
}

/** Every field, also where it is a default: what has a MarshalJSON of its own in Go. */
export function eventJson({ type, attributes }: abci.Event): Json {
  return { type, attributes: attributes.map(({ key, value, index }) => ({ key, value, index })) };
}

export function execResultJson(result: abci.ExecTxResult): Json {
  const { code, data, log, info, gasWanted, gasUsed, events, codespace } = result;
  return {
    code,
    data: orNull(data),
    log,
    info,
    gas_wanted: `${gasWanted}`,
    gas_used: `${gasUsed}`,
    events: events.map(eventJson),
    codespace,
  };
}

/** Leaves out what is a default: what Go writes without a MarshalJSON of its own. */
function sparse(fields: Readonly<Record<string, Json>>): { [name: string]: Json } {
  const isDefault = (value: Json) =>
    value === "" || value === 0 || value === false || value === null || isEmpty(value);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isDefault(value)));
}

const isEmpty = (value: Json): boolean => Array.isArray(value) && value.length === 0;

export function sparseEventJson({ type, attributes }: abci.Event): Json {
  return sparse({
    type,
    attributes: attributes.map(({ key, value, index }) => sparse({ key, value, index })),
  });
}

/** The result inside the event of a transaction. */
export function sparseExecResultJson(result: abci.ExecTxResult): Json {
  const { code, data, log, info, gasWanted, gasUsed, events, codespace } = result;
  return sparse({
    code,
    data: orNull(data),
    log,
    info,
    gas_wanted: gasWanted ? `${gasWanted}` : null,
    gas_used: gasUsed ? `${gasUsed}` : null,
    events: events.map(sparseEventJson),
    codespace,
  });
}

/** What a block came to, inside the event of a block. */
export function finalizeJson(results: abci.ResponseFinalizeBlock): Json {
  const { events, txResults, validatorUpdates, consensusParamUpdates, appHash } = results;
  return {
    ...sparse({
      events: events.map(sparseEventJson),
      tx_results: txResults.map(execResultJson),
      consensus_param_updates: paramUpdatesJson(consensusParamUpdates),
      app_hash: base64(appHash),
    }),
    validator_updates: validatorUpdates.length === 0 ? null : validatorUpdates.map(validatorUpdateJson),
  };
}

export function checkTxJson(response: abci.ResponseCheckTx): Json {
  const { code, data, log, info, gasWanted, gasUsed, events, codespace } = response;
  return {
    code,
    data: orNull(data),
    log,
    info,
    gas_wanted: `${gasWanted}`,
    gas_used: `${gasUsed}`,
    events: events.map(eventJson),
    codespace,
  };
}

export function validatorUpdateJson({ pubKey, power }: abci.ValidatorUpdate): Json {
  const value = { ed25519: base64(pubKey.ed25519 ?? new Uint8Array(0)) };
  return {
    pub_key: { Sum: { type: "tendermint.crypto.PublicKey_Ed25519", value } },
    ...(power ? { power: `${power}` } : {}),
  };
}

/** As the genesis and the RPC have them: with all groups. */
export function paramsJson({
  block,
  evidence,
  validator,
  version,
  abci: votes,
  authority,
}: ConsensusParams): Json {
  return {
    block: { max_bytes: `${block?.maxBytes ?? 0n}`, max_gas: `${block?.maxGas ?? 0n}` },
    evidence: {
      max_age_num_blocks: `${evidence?.maxAgeNumBlocks ?? 0n}`,
      max_age_duration: `${evidence ? durationNanos(evidence.maxAgeDuration) : 0n}`,
      max_bytes: `${evidence?.maxBytes ?? 0n}`,
    },
    validator: { pub_key_types: validator?.pubKeyTypes ?? [] },
    version: { app: `${version?.app ?? 0n}` },
    abci: { vote_extensions_enable_height: `${votes?.voteExtensionsEnableHeight ?? 0n}` },
    authority: { authority: authority?.authority ?? "" },
  };
}

/** Only the groups that changed. */
export function paramUpdatesJson(updates: ConsensusParams | undefined): Json {
  if (!updates) return null;
  const all = paramsJson(updates) as { readonly [name: string]: Json };
  const { block, evidence, validator, version, abci: votes, authority } = updates;
  const given = { block, evidence, validator, version, abci: votes, authority };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, group]) => (group ? [[name, all[name]!]] : [])),
  );
}

export function queryJson(response: abci.ResponseQuery): Json {
  const { code, log, info, index, key, value, proofOps, height, codespace } = response;
  const ops = proofOps?.ops.map((op) => ({ type: op.type, key: base64(op.key), data: base64(op.data) }));
  return {
    code,
    log,
    info,
    index: `${index}`,
    key: orNull(key),
    value: orNull(value),
    proofOps: ops ? { ops } : null,
    height: `${height}`,
    codespace,
  };
}

export function merkleProofJson({ total, index, leafHash, aunts }: MerkleProof): Json {
  return { total: `${total}`, index: `${index}`, leaf_hash: base64(leafHash), aunts: aunts.map(base64) };
}
