/** Models by id or by name. */
import type { OpgClient } from "../../client/index.ts";
import { NodeError } from "../errors.ts";

/** @throws NodeError if no published model has the name, or several have */
export async function resolveModel(client: OpgClient, idOrName: string): Promise<bigint> {
  if (/^[1-9]\d{0,18}$/.test(idOrName)) return BigInt(idOrName);
  const named = (await client.models()).filter(({ metadata }) => metadata.name === idOrName);
  if (named.length === 1) return named[0]!.id;
  const ids = named.map(({ id }) => id).join(", ");
  throw new NodeError(
    "failed",
    named.length === 0
      ? `no published model is called ${idOrName}; opgd model list shows them`
      : `several models are called ${idOrName}: name one by its id (${ids})`,
  );
}
