/** opgd status: what a node says of itself. */
import { Command } from "commander";
import { toHex } from "../../chain/runtime/bytes.ts";
import { RpcClient } from "../../client/rpc/index.ts";
import { formatTimestamp } from "../../proto/text.ts";
import { type NodeClientOptions, nodeUrl, type OutputOptions, withNode, withOutput } from "./options.ts";
import { print } from "./output.ts";

export function statusCommand(): Command {
  return withOutput(withNode(new Command("status").description("what a node says of itself"))).action(
    async (flags: NodeClientOptions & OutputOptions) => {
      const status = await new RpcClient(nodeUrl(flags)).status();
      // As Cosmos tools have it.
      print(flags, {
        node_info: {
          id: status.nodeId,
          network: status.chainId,
          version: status.version,
          moniker: status.moniker,
        },
        sync_info: {
          latest_block_hash: toHex(status.latestBlockHash).toUpperCase(),
          latest_app_hash: toHex(status.latestAppHash).toUpperCase(),
          latest_block_height: status.latestHeight,
          latest_block_time: formatTimestamp(status.latestTime),
          earliest_block_height: status.earliestHeight,
          catching_up: status.catchingUp,
        },
        validator_info: {
          address: toHex(status.validatorAddress).toUpperCase(),
          voting_power: status.votingPower,
        },
      });
    },
  );
}
