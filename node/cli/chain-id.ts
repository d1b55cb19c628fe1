/** The name of a chain that is about to be made. */
import { headFaults } from "../../genesis/head.ts";
import { NodeError } from "../errors.ts";

/** @throws NodeError usage, before anything is written */
export function assertChainId(text: string): void {
  const fault = headFaults({ chain_id: text }).find(({ path }) => path === "chain_id");
  if (fault) throw new NodeError("usage", `--chain-id: ${fault.message}`);
}
