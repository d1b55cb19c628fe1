/** The chain's queries, by module. */
import { Query as Auth } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as Bank } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service as NodeService } from "../../proto/gen/cosmos.base.node.v1beta1.ts";
import { Query as Consensus } from "../../proto/gen/cosmos.consensus.v1.ts";
import { Query as Staking } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import { Service as TxService } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { Query as Compute } from "../../proto/gen/opg.compute.v1.ts";
import { Query as Inference } from "../../proto/gen/opg.inference.v1.ts";
import { Query as Models } from "../../proto/gen/opg.models.v1.ts";
import type { RpcClient } from "../rpc/index.ts";
import { queryService } from "./service.ts";

/** All of them over one node. */
export function queriesOf(rpc: Pick<RpcClient, "abciQuery">) {
  return {
    auth: queryService(rpc, Auth),
    bank: queryService(rpc, Bank),
    compute: queryService(rpc, Compute),
    consensus: queryService(rpc, Consensus),
    inference: queryService(rpc, Inference),
    models: queryService(rpc, Models),
    node: queryService(rpc, NodeService),
    tx: queryService(rpc, TxService),
    staking: queryService(rpc, Staking),
  };
}

export type Queries = ReturnType<typeof queriesOf>;
