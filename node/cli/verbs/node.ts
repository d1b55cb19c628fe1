/** Methods that no application answers but the node: asked of its RPC, by the code that the gateways have for them. */
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { queryMethod, type RpcClient } from "../../../client/index.ts";
import type { AnyMethod } from "../../../proto/codec.ts";
import { Query as Auth } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { ResponseQuery } from "../../../proto/gen/tendermint.abci.ts";
import { NodeError } from "../../errors.ts";
import type { Endpoint, QueryApp } from "../../gateway/catalogue.ts";
import { cometEndpoints } from "../../gateway/comet-service.ts";
import { GatewayError } from "../../gateway/errors.ts";
import { txEndpoints } from "../../gateway/tx-service.ts";
import { rpcOf } from "../client.ts";
import type { NodeClientOptions } from "../options.ts";

function appOf(rpc: RpcClient): QueryApp {
  return {
    query: async ({ path, data, height, prove }) => {
      const { proofOps: _, ...answer } = await rpc.abciQuery({ path, data, height, prove });
      return ResponseQuery.create(answer);
    },
  };
}

async function endpointsOf(rpc: RpcClient, method: AnyMethod): Promise<readonly Endpoint[]> {
  const deps = { rpc, app: appOf(rpc) };
  if (!method.path.startsWith("/cosmos.base.tendermint.")) return txEndpoints(deps);
  const { bech32Prefix } = await queryMethod(rpc, Auth.methods.Bech32Prefix)();
  return cometEndpoints({ ...deps, prefix: new AddressCodec(bech32Prefix).prefix });
}

/** The answer to a method of cosmos.base.tendermint or cosmos.tx. @throws NodeError */
export async function askNode(
  method: AnyMethod,
  request: unknown,
  options: NodeClientOptions,
): Promise<unknown> {
  const endpoints = await endpointsOf(rpcOf(options), method);
  const endpoint = endpoints.find((each) => each.method.path === method.path)!;
  try {
    return (await endpoint.call(request, { height: 0n })).response;
  } catch (error) {
    if (error instanceof GatewayError) throw new NodeError("failed", error.message);
    throw error;
  }
}
