/** Which engine makes a home's blocks: CometBFT or the embedded one; and no change between them that the data forbids (ADR-0082). */
import { type CometBinary, type FindOptions, findComet } from "../comet/index.ts";
import { NodeError } from "../errors.ts";
import { soloHeight } from "../solo/index.ts";
import { withDatabase } from "./database.ts";
import type { CometMode } from "./node.ts";

/** CometBFT's binary, the embedded engine, or undefined if somebody else runs CometBFT. */
export type Engine = CometBinary | "embedded" | undefined;

/** @throws NodeError home, running; CometError */
export async function chooseEngine(
  { home, comet }: { readonly home: string; readonly comet: CometMode },
  find: Pick<FindOptions, "env" | "say" | "goPlaces">,
): Promise<Engine> {
  const height = await withDatabase(home, () => soloHeight(home));
  if (comet === "embedded") return "embedded";
  if (height > 0n) {
    if (comet === "auto") {
      find.say(`${home} has blocks of the embedded engine, which goes on with them`);
      return "embedded";
    }
    throw new NodeError(
      "home",
      `--comet ${comet}: the ${height} blocks of ${home} are the embedded engine's, and CometBFT cannot go on with them; start it with --comet embedded, or begin anew from the genesis after opgd comet unsafe-reset-all --home ${home}`,
    );
  }
  if (comet === "external") return undefined;
  const binary = await findComet(find);
  if (binary) return binary;
  if (comet === "managed")
    throw new NodeError(
      "running",
      "CometBFT is not there and Go is not, to build it: install Go 1.22 or later, or set COMETBFT_BIN to a cometbft v0.38 to v0.40",
    );
  find.say(
    "There is neither CometBFT nor Go to build it: the embedded engine makes the blocks of this one validator, for development and tests only",
  );
  return "embedded";
}
