/** Clients of the node that a command's flags name. */
import { WebSocket } from "ws";
import { OpgClient, RpcClient, type RpcOptions, type Signer } from "../../client/index.ts";
import { type NodeClientOptions, nodeUrl } from "./options.ts";

// The socket of package ws has the browser's interface; Node 20 has none of its own.
// Its handlers are typed by `this`, which ours are not.
const RPC_OPTIONS = { WebSocket: WebSocket as unknown as NonNullable<RpcOptions["WebSocket"]> };

export function rpcOptions(): RpcOptions {
  return RPC_OPTIONS;
}

export function rpcOf(options: NodeClientOptions): RpcClient {
  return new RpcClient(nodeUrl(options), RPC_OPTIONS);
}

/** Runs `work` with a client of the node, and ends its subscriptions. */
export async function withClient<T>(
  options: NodeClientOptions,
  work: (client: OpgClient) => Promise<T>,
  more: { readonly signer?: Signer; readonly chainId?: string } = {},
): Promise<T> {
  const client = await OpgClient.connect(nodeUrl(options), { ...more, rpc: RPC_OPTIONS });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
