/** opgd status: what a node says of itself. */
import { Command } from "commander";
import { toHex } from "../../chain/runtime/bytes.ts";
import { RpcClient } from "../../client/rpc/index.ts";
import { type NodeClientOptions, nodeUrl, type OutputOptions, withNode, withOutput } from "./options.ts";
import { print } from "./output.ts";

export function statusCommand(): Command {
  return withOutput(withNode(new Command("status").description("what a node says of itself"))).action(
    async (flags: NodeClientOptions & OutputOptions) => {
      const { latestBlockHash, latestAppHash, validatorAddress, ...status } = await new RpcClient(
        nodeUrl(flags),
      ).status();
      print(flags, {
        ...status,
        latestBlockHash: toHex(latestBlockHash),
        latestAppHash: toHex(latestAppHash),
        validatorAddress: toHex(validatorAddress),
      });
    },
  );
}
