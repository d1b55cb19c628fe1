/** The consensus parameters in state. The only code that touches the store `consensus`. */
import { ConsensusParams } from "../../../proto/gen/tendermint.types.ts";
import { utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { remembering } from "../../runtime/remember.ts";
import { assertConsensusParams, assertConsensusUpdate, DEFAULT_CONSENSUS_PARAMS } from "./params.ts";

export const STORE = "consensus";
/** Source: x/consensus of the Cosmos SDK v0.53. */
const PARAMS_KEY = utf8("Consensus");

const decodeParams = remembering((bytes: Uint8Array) => ConsensusParams.decode(bytes));

export class ConsensusKeeper {
  params(ctx: Context): ConsensusParams {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeParams(bytes) : DEFAULT_CONSENSUS_PARAMS;
  }

  /** Sets them at genesis. @throws SdkError.invalidRequest */
  init(ctx: Context, params: ConsensusParams): void {
    assertConsensusParams(params);
    this.#set(ctx, params);
  }

  /** Changes what `changes` names; CometBFT learns of it from the block's result. @throws SdkError.invalidRequest */
  update(ctx: Context, changes: Partial<ConsensusParams>): void {
    const before = this.params(ctx);
    const after = ConsensusParams.create({ ...before, ...changes });
    assertConsensusParams(after);
    assertConsensusUpdate(before, after, ctx.block.height);
    this.#set(ctx, after);
  }

  #set(ctx: Context, params: ConsensusParams): void {
    ctx.store(STORE).set(PARAMS_KEY, ConsensusParams.encode(params));
  }
}
