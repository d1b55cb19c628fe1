/** Joins what the application answers with what the node answers itself, and serves it. */
import type { Router } from "../../chain/runtime/router.ts";
import { RpcClient } from "../../client/rpc/index.ts";
import { Tx } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { TypeRegistry } from "../../proto/registry.ts";
import { applicationEndpoints, type Catalogue, joinCatalogue, type QueryApp } from "./catalogue.ts";
import { cometEndpoints } from "./comet-service.ts";
import { startGrpc } from "./grpc.ts";
import { startRest } from "./rest.ts";
import { txEndpoints } from "./tx-service.ts";

export interface GatewaySettings {
  /** host:port, or undefined for none. */
  readonly grpc:
    | { readonly address: string; readonly maxReceiveBytes: number; readonly maxSendBytes: number }
    | undefined;
  readonly rest:
    | {
        readonly host: string;
        readonly port: number;
        readonly cors: boolean;
        readonly openApi: boolean;
        readonly maxBodyBytes: number;
      }
    | undefined;
}

export interface GatewayDeps {
  readonly app: QueryApp;
  readonly router: Router;
  /** CometBFT's RPC, or the embedded engine's. */
  readonly rpcUrl: string;
  /** Of the chain's addresses. */
  readonly prefix: string;
}

export interface Gateways {
  readonly grpcAddress: string | undefined;
  readonly restUrl: string | undefined;
  stop(): Promise<void>;
}

/** All methods that are served. */
export function catalogueOf({ app, router, rpcUrl, prefix }: GatewayDeps): Catalogue {
  const rpc = new RpcClient(rpcUrl);
  const methods = [...router.queries].map(({ method }) => method);
  return joinCatalogue(
    // A transaction is shown as an Any, though nothing that the chain keeps holds one.
    new TypeRegistry(router.types.types).add(Tx),
    applicationEndpoints(app, methods),
    cometEndpoints({ rpc, app, prefix }),
    txEndpoints({ rpc, app }),
  );
}

/** @throws NodeError if an address cannot be listened on; then nothing is left running */
export async function startGateways({ grpc, rest }: GatewaySettings, deps: GatewayDeps): Promise<Gateways> {
  const catalogue = catalogueOf(deps);
  const grpcServer = grpc && (await startGrpc(grpc, catalogue));
  try {
    const restServer = rest && (await startRest(rest, catalogue));
    return {
      grpcAddress: grpcServer?.address,
      restUrl: restServer?.url,
      stop: async () => {
        await restServer?.stop();
        await grpcServer?.stop();
      },
    };
  } catch (error) {
    await grpcServer?.stop();
    throw error;
  }
}
