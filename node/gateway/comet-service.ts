/** cosmos.base.tendermint.v1beta1.Service: blocks, validators and the node itself, from CometBFT's RPC or the embedded engine's. */
import { AddressCodec } from "../../chain/runtime/address.ts";
import type { RpcClient, Validator } from "../../client/rpc/index.ts";
import { RpcError } from "../../client/rpc/index.ts";
import type { PageRequest } from "../../proto/gen/cosmos.base.query.v1beta1.ts";
import { GetNodeInfoResponse, Service } from "../../proto/gen/cosmos.base.tendermint.v1beta1.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.ed25519.ts";
import { RequestQuery } from "../../proto/gen/tendermint.abci.ts";
import { VERSION } from "../version.ts";
import { type Endpoint, endpoint, type QueryApp } from "./catalogue.ts";
import { GatewayError, GrpcCode } from "./errors.ts";

export interface CometDeps {
  readonly rpc: RpcClient;
  readonly app: QueryApp;
  readonly prefix: string;
}

/** Paths that ABCIQuery may ask. Source: the SDK allows gRPC methods alone. */
const QUERY_PATH = /^\/[a-z][\w.]*\.(?:Query|Service)\/[A-Z]\w*$/;

export function cometEndpoints({ rpc, app, prefix }: CometDeps): readonly Endpoint[] {
  const { methods } = Service;
  const consensus = new AddressCodec(prefix).consensus;
  const blockAt = async (height?: bigint) => {
    const { blockId, header, txs, lastCommit, evidence } = await reachable(rpc.block(height));
    const block = { header, data: { txs }, evidence: { evidence }, lastCommit };
    const proposerAddress = consensus.format(header.proposerAddress);
    return { blockId, block, sdkBlock: { ...block, header: { ...header, proposerAddress } } };
  };
  const validatorsAt = async (height: bigint | undefined, pagination: PageRequest | undefined) => {
    const { validators, height: blockHeight } = await reachable(rpc.validators(height));
    const [from, limit] = pageOf(pagination);
    return {
      blockHeight,
      validators: validators.slice(from, from + limit).map((each) => shown(each, consensus)),
      pagination: { nextKey: new Uint8Array(0), total: BigInt(validators.length) },
    };
  };
  return [
    endpoint(methods.GetNodeInfo, async () => {
      const node = (await reachable(rpc.call("status"))).at("node_info");
      const [version, other] = [node.at("protocol_version"), node.at("other")];
      return GetNodeInfoResponse.create({
        defaultNodeInfo: {
          protocolVersion: {
            p2p: version.at("p2p").bigint(),
            block: version.at("block").bigint(),
            app: version.at("app").bigint(),
          },
          defaultNodeId: node.at("id").text(),
          listenAddr: node.at("listen_addr").text(),
          network: node.at("network").text(),
          version: node.at("version").text(),
          channels: node.at("channels").hex(),
          moniker: node.at("moniker").text(),
          other: { txIndex: other.at("tx_index").text(), rpcAddress: other.at("rpc_address").text() },
        },
        applicationVersion: {
          name: "opg-chain",
          appName: "opgd",
          version: VERSION,
          gitCommit: "",
          buildTags: "",
          goVersion: "",
          buildDeps: [],
          cosmosSdkVersion: "",
        },
      });
    }),
    endpoint(methods.GetSyncing, async () => ({ syncing: (await reachable(rpc.status())).catchingUp })),
    endpoint(methods.GetLatestBlock, () => blockAt()),
    endpoint(methods.GetBlockByHeight, async ({ height }) => blockAt(positive(height))),
    endpoint(methods.GetLatestValidatorSet, ({ pagination }) => validatorsAt(undefined, pagination)),
    endpoint(methods.GetValidatorSetByHeight, async ({ height, pagination }) =>
      validatorsAt(positive(height), pagination),
    ),
    endpoint(methods.ABCIQuery, async ({ data, path, height, prove }) => {
      if (!QUERY_PATH.test(path)) {
        throw new GatewayError(
          GrpcCode.invalidArgument,
          `path: ${JSON.stringify(path.slice(0, 100))} is no method, such as /cosmos.bank.v1beta1.Query/Balance; proofs of keys come from CometBFT's RPC`,
        );
      }
      const { proofOps, ...answer } = await app.query(RequestQuery.create({ data, path, height, prove }));
      return { ...answer, proofOps };
    }),
  ];
}

/** A height of a message, where 0 is none. @throws GatewayError */
export function positive(height: bigint): bigint {
  if (height > 0n) return height;
  throw new GatewayError(GrpcCode.invalidArgument, `height: ${height} is not positive`);
}

/** @throws GatewayError, in the place of the fault of the RPC */
export async function reachable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.code === "not_found") throw new GatewayError(GrpcCode.notFound, error.message);
    const isAsked = error.code === "rejected" || error.code === "unsupported";
    throw new GatewayError(isAsked ? GrpcCode.invalidArgument : GrpcCode.unavailable, error.message);
  }
}

function shown({ address, pubKey, votingPower, proposerPriority }: Validator, consensus: AddressCodec) {
  const key = pubKey?.ed25519;
  return {
    address: consensus.format(address),
    pubKey: key && { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key }) },
    votingPower,
    proposerPriority,
  };
}

/** Where a page begins and how long it is. @throws GatewayError where it is asked for by key, which blocks have not */
export function pageOf(page: PageRequest | undefined): readonly [from: number, limit: number] {
  if (page && page.key.length > 0)
    throw new GatewayError(GrpcCode.invalidArgument, "pagination.key: is not served here; give an offset");
  const limit = Number(page?.limit || 100n);
  return [Number(page?.offset ?? 0n), Math.min(limit, 10_000)];
}
