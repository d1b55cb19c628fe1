/** Events of consensus parameters. Source: x/consensus/keeper/keeper.go of the Cosmos SDK v0.53. */
import type { MsgUpdateParams } from "../../../proto/gen/cosmos.consensus.v1.ts";
import type { Context } from "../../runtime/context.ts";

type Changes = Pick<MsgUpdateParams, "block" | "evidence" | "validator" | "abci">;

export function emitUpdated(ctx: Context, authority: string, changes: Changes): void {
  ctx.events.emit("update_consensus_params", { authority, parameters: compactText(changes) });
}

/** In protobuf's text format on one line, as Go prints a message; numbers that are 0 are left out. */
function compactText({ block, evidence, validator, abci }: Changes): string {
  const age = evidence?.maxAgeDuration;
  return [
    group("block", [number("max_bytes", block?.maxBytes), number("max_gas", block?.maxGas)]),
    group("evidence", [
      number("max_age_num_blocks", evidence?.maxAgeNumBlocks),
      group("max_age_duration", [number("seconds", age?.seconds), number("nanos", age && BigInt(age.nanos))]),
      number("max_bytes", evidence?.maxBytes),
    ]),
    group(
      "validator",
      (validator?.pubKeyTypes ?? []).map((type) => `pub_key_types:${JSON.stringify(type)} `),
    ),
    abci ? group("abci", [number("vote_extensions_enable_height", abci.voteExtensionsEnableHeight)]) : "",
  ].join("");
}

function group(name: string, parts: readonly string[]): string {
  return `${name}:<${parts.join("")}> `;
}

function number(name: string, value: bigint | undefined): string {
  return value === undefined || value === 0n ? "" : `${name}:${value} `;
}
