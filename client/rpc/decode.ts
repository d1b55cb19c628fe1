/** From the JSON of CometBFT's RPC to our types. Source: rpc/core and types/*.go of CometBFT v0.40. */
import { Event, ExecTxResult, ValidatorUpdate } from "../../proto/gen/tendermint.abci.ts";
import { PublicKey } from "../../proto/gen/tendermint.crypto.ts";
import {
  type BlockID,
  BlockIDFlag,
  type Commit,
  CommitSig,
  Header,
  Validator,
} from "../../proto/gen/tendermint.types.ts";
import { RpcError } from "./errors.ts";
import type { Shape } from "./shape.ts";
import type {
  AbciQueryResponse,
  Block,
  BlockResults,
  BroadcastResponse,
  SignedHeader,
  Status,
  TxResult,
} from "./types.ts";

const ADDRESS_BYTES = 20;

export function decodeBlockId(shape: Shape): BlockID {
  const parts = shape.at("parts");
  return {
    hash: shape.at("hash").hash(),
    partSetHeader: { total: parts.at("total").integer(), hash: parts.at("hash").hash() },
  };
}

export function decodeHeader(shape: Shape): Header {
  const version = shape.at("version");
  return Header.create({
    version: {
      block: version.at("block").absent ? 0n : version.at("block").bigint(),
      app: version.at("app").absent ? 0n : version.at("app").bigint(),
    },
    chainId: shape.at("chain_id").text(),
    height: shape.at("height").bigint(),
    time: shape.at("time").time(),
    lastBlockId: decodeBlockId(shape.at("last_block_id")),
    lastCommitHash: shape.at("last_commit_hash").hash(),
    dataHash: shape.at("data_hash").hash(),
    validatorsHash: shape.at("validators_hash").hash(),
    nextValidatorsHash: shape.at("next_validators_hash").hash(),
    consensusHash: shape.at("consensus_hash").hash(),
    // An application may choose a hash of any length.
    appHash: shape.at("app_hash").hex(),
    lastResultsHash: shape.at("last_results_hash").hash(),
    evidenceHash: shape.at("evidence_hash").hash(),
    proposerAddress: shape.at("proposer_address").hex(ADDRESS_BYTES),
  });
}

export function decodeCommit(shape: Shape): Commit {
  return {
    height: shape.at("height").bigint(),
    round: shape.at("round").integer(),
    blockId: decodeBlockId(shape.at("block_id")),
    signatures: shape.at("signatures").list().map(decodeCommitSig),
  };
}

function decodeCommitSig(shape: Shape): CommitSig {
  const blockIdFlag = shape.at("block_id_flag").integer();
  const absent = blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
  return CommitSig.create({
    blockIdFlag,
    validatorAddress: absent ? new Uint8Array(0) : shape.at("validator_address").hex(ADDRESS_BYTES),
    timestamp: shape.at("timestamp").time(),
    signature: shape.at("signature").base64(),
  });
}

/** Key types by their names in JSON. Others than ed25519 are read, and refused where signatures are checked. */
const keyTypes: ReadonlyMap<string, keyof PublicKey> = new Map([
  ["tendermint/PubKeyEd25519", "ed25519"],
  ["tendermint/PubKeySecp256k1", "secp256k1"],
  ["cometbft/PubKeyBls12_381", "bls12381"],
]);

function decodePublicKey(shape: Shape): PublicKey {
  const type = shape.at("type").text();
  const property = keyTypes.get(type);
  if (!property) throw new RpcError("invalid_response", `${shape.path}.type: key type ${type} is not known`);
  return PublicKey.create({ [property]: shape.at("value").base64() });
}

export function decodeValidator(shape: Shape): Validator {
  return Validator.create({
    address: shape.at("address").hex(ADDRESS_BYTES),
    pubKey: decodePublicKey(shape.at("pub_key")),
    votingPower: shape.at("voting_power").bigint(),
    proposerPriority: shape.at("proposer_priority").absent ? 0n : shape.at("proposer_priority").bigint(),
  });
}

export function decodeStatus(shape: Shape): Status {
  const node = shape.at("node_info");
  const sync = shape.at("sync_info");
  const validator = shape.at("validator_info");
  return {
    chainId: node.at("network").text(),
    nodeId: node.at("id").text(),
    moniker: node.at("moniker").text(),
    version: node.at("version").text(),
    latestHeight: sync.at("latest_block_height").bigint(),
    latestBlockHash: sync.at("latest_block_hash").hash(),
    latestAppHash: sync.at("latest_app_hash").hex(),
    latestTime: sync.at("latest_block_time").time(),
    earliestHeight: sync.at("earliest_block_height").absent ? 0n : sync.at("earliest_block_height").bigint(),
    catchingUp: sync.at("catching_up").boolean(),
    validatorAddress: validator.at("address").hex(),
    votingPower: validator.at("voting_power").bigint(),
  };
}

export function decodeSignedHeader(shape: Shape): SignedHeader {
  const signed = shape.at("signed_header");
  return {
    header: decodeHeader(signed.at("header")),
    commit: decodeCommit(signed.at("commit")),
    canonical: shape.at("canonical").boolean(),
  };
}

/** All of a block but its evidence: see evidence.ts. */
export function decodeBlock(shape: Shape): Omit<Block, "evidence"> {
  const block = shape.at("block");
  const lastCommit = block.at("last_commit");
  return {
    blockId: decodeBlockId(shape.at("block_id")),
    header: decodeHeader(block.at("header")),
    txs: block
      .at("data")
      .at("txs")
      .list()
      .map((each) => each.base64()),
    lastCommit:
      lastCommit.absent || lastCommit.at("signatures").list().length === 0
        ? undefined
        : decodeCommit(lastCommit),
  };
}

export function decodeAbciQuery(shape: Shape): AbciQueryResponse {
  const response = shape.at("response");
  const proofOps = response.at("proofOps").absent ? [] : response.at("proofOps").at("ops").list();
  return {
    code: response.at("code").integer(),
    codespace: response.at("codespace").textOrEmpty(),
    log: response.at("log").textOrEmpty(),
    key: response.at("key").base64(),
    value: response.at("value").base64(),
    height: response.at("height").bigint(),
    proofOps: proofOps.map((each) => ({
      type: each.at("type").text(),
      key: each.at("key").base64(),
      data: each.at("data").base64(),
    })),
  };
}

export function decodeBroadcast(shape: Shape): BroadcastResponse {
  return {
    code: shape.at("code").integer(),
    codespace: shape.at("codespace").textOrEmpty(),
    log: shape.at("log").textOrEmpty(),
    data: shape.at("data").absent ? new Uint8Array(0) : shape.at("data").hex(),
    hash: shape.at("hash").text(),
  };
}

function decodeEvent(shape: Shape): Event {
  return Event.create({
    type: shape.at("type").text(),
    attributes: shape
      .at("attributes")
      .list()
      .map((each) => ({
        key: each.at("key").textOrEmpty(),
        value: each.at("value").textOrEmpty(),
        index: each.at("index").absent ? false : each.at("index").boolean(),
      })),
  });
}

export function decodeExecTxResult(shape: Shape): ExecTxResult {
  const gas = (name: string): bigint => (shape.at(name).absent ? 0n : shape.at(name).bigint());
  return ExecTxResult.create({
    code: shape.at("code").absent ? 0 : shape.at("code").integer(),
    codespace: shape.at("codespace").textOrEmpty(),
    data: shape.at("data").base64(),
    log: shape.at("log").textOrEmpty(),
    info: shape.at("info").textOrEmpty(),
    gasWanted: gas("gas_wanted"),
    gasUsed: gas("gas_used"),
    events: shape.at("events").list().map(decodeEvent),
  });
}

export function decodeTx(shape: Shape): TxResult {
  return {
    hash: shape.at("hash").text(),
    height: shape.at("height").bigint(),
    index: shape.at("index").integer(),
    result: decodeExecTxResult(shape.at("tx_result")),
    tx: shape.at("tx").base64(),
  };
}

export function decodeBlockResults(shape: Shape): BlockResults {
  return {
    height: shape.at("height").bigint(),
    txResults: shape.at("txs_results").list().map(decodeExecTxResult),
    events: shape.at("finalize_block_events").list().map(decodeEvent),
    validatorUpdates: shape.at("validator_updates").list().map(decodeValidatorUpdate),
    appHash: shape.at("app_hash").base64(),
  };
}

/** The key is a protobuf oneof, which Go's JSON shows as Sum with a type and a value, or flat. */
function decodeValidatorUpdate(shape: Shape): ValidatorUpdate {
  const power = shape.at("power").absent ? 0n : shape.at("power").bigint();
  const sum = shape.at("pub_key").at("Sum");
  const value = sum.absent ? shape.at("pub_key") : sum.at("value");
  const pubKey = value.at("ed25519").absent
    ? PublicKey.create({ secp256k1: value.at("secp256k1").base64() })
    : PublicKey.create({ ed25519: value.at("ed25519").base64() });
  return ValidatorUpdate.create({ pubKey, power });
}
