/** Messages of proposals: what may be proposed, and how it runs once the vote has passed (ADR-0130). */
import { MsgGrant } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { MsgGrantAllowance } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { type Coins, formatCoins } from "../../runtime/coins.ts";
import { ComputeMeter, type ComputePort } from "../../runtime/compute.ts";
import type { Context } from "../../runtime/context.ts";
import { ChainError } from "../../runtime/errors.ts";
import { GasMeter } from "../../runtime/gas.ts";
import { type DecodedMsg, withInner } from "../../runtime/module.ts";
import type { Router } from "../../runtime/router.ts";
import { messageSigners } from "../../runtime/signers.ts";
import type { BankKeeper } from "../bank/index.ts";
import { sumOf } from "./deposits.ts";
import { GovError } from "./errors.ts";
import { covers, MAX_MESSAGES } from "./params.ts";
import * as state from "./state.ts";

/** Gas that the messages of one proposal may use together: half of what a block of the presets may. */
export const EXECUTION_GAS = 100_000_000n;

const CANNOT_COMPUTE = "a proposal cannot compute: an end-block does not wait for an engine";

/** Why messages did not run. `reason` is state, made of codes alone; `log` is for people. */
export interface Failure {
  readonly reason: string;
  readonly log: string;
}

export class ProposalMessages {
  readonly #bank: BankKeeper;
  readonly #router: Router;

  constructor(deps: { readonly bank: BankKeeper; readonly router: Router }) {
    this.#bank = deps.bank;
    this.#router = deps.router;
  }

  /**
   * Reads the messages of a proposal that is submitted.
   * @throws GovError.invalidMessage, GovError.invalidSigner, GovError.unroutable
   */
  assertAllowed(ctx: Context, anys: readonly Any[]): readonly DecodedMsg[] {
    if (anys.length > MAX_MESSAGES)
      throw GovError.invalidMessage(`messages: ${anys.length} are given; ${MAX_MESSAGES} are allowed`);
    return anys.map((any, index) => this.#assertOne(ctx, any, `messages[${index}]`));
  }

  #assertOne(ctx: Context, any: Any, where: string): DecodedMsg {
    const msg = this.#decode(any, where);
    const { method, validate } = msg.route;
    try {
      validate?.(msg.value, ctx.addresses);
    } catch (error) {
      throw wrapped(error, (text) => GovError.invalidMessage(`${where}: ${text}`));
    }
    const signers = messageSigners(method.request, msg.value, ctx.addresses);
    if (signers.length !== 1 || !bytesEqual(signers[0]!, AUTHORITY)) {
      const named = signers.map((signer) => ctx.addresses.format(signer)).join(", ");
      throw GovError.invalidSigner(
        `${where}: must be signed by ${ctx.addresses.format(AUTHORITY)} alone, not by ${named || "nobody"}`,
      );
    }
    assertKind(msg, where);
    return msg;
  }

  /** Runs one message on a branch that is dropped. @throws what `wrap` makes of its error */
  tryOne(ctx: Context, any: Any, wrap: (error: unknown) => unknown): void {
    const msg = this.#decode(any, "messages");
    try {
      const { ctx: branch } = ctx.branch({ compute: refusing(ctx) });
      this.#router.handle(branch, msg);
    } catch (error) {
      throw wrap(error);
    }
  }

  #decode(any: Any, where: string): DecodedMsg {
    try {
      return this.#router.decodeMsg(any);
    } catch (error) {
      throw wrapped(error, (text) => GovError.unroutable(`${where}: ${text}`));
    }
  }

  /**
   * Runs the messages in order on a branch, and keeps what they did if all of them pass. Only what is no ChainError gets out:
   * a programming fault, as in any transaction.
   */
  execute(ctx: Context, anys: readonly Any[]): Failure | undefined {
    const gas = new GasMeter(EXECUTION_GAS);
    const branch = ctx.branch({ gas, compute: refusing(ctx) });
    let at = 0;
    try {
      for (const [index, any] of anys.entries()) {
        at = index;
        const msg = this.#router.decodeMsg(any);
        assertKind(msg, `messages[${index}]`);
        this.#router.handle(branch.ctx, msg);
      }
      this.#assertDepositsLeft(ctx, branch.ctx);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      const message = `msg ${at} (${anys[at]?.typeUrl ?? ""})`;
      return {
        reason: `${message} failed: ${error.codespace} ${error.code}`,
        log: `passed, but ${message} failed on execution: ${error.message}`,
      };
    } finally {
      ctx.gas.consume(gas.usedWithinLimit, "proposal messages");
    }
    branch.write();
    return undefined;
  }

  /** The messages are signed by the account that holds everybody's deposits: these they may not spend. */
  #assertDepositsLeft(before: Context, after: Context): void {
    const left = this.#bank.balances(after, AUTHORITY);
    if (covers(left, this.#bank.balances(before, AUTHORITY))) return;
    const owed: Coins = sumOf(state.allDeposits(after));
    if (!covers(left, owed))
      throw GovError.invalidMessage(
        `messages: leave ${formatCoins(left)} in the governance account, where deposits are ${formatCoins(owed)}`,
      );
  }
}

/**
 * Messages by which somebody could act, or spend, for the governance account without a vote: what it holds are deposits of
 * others.
 */
const NOT_DELEGATED: ReadonlySet<string> = new Set([MsgGrant.typeUrl, MsgGrantAllowance.typeUrl]);

/** What no proposal may do, by itself or in a message that it carries. @throws GovError.invalidMessage */
function assertKind(msg: DecodedMsg, where: string): void {
  for (const { route, typeUrl } of withInner([msg])) {
    if (route.compute) throw GovError.invalidMessage(`${where}: ${CANNOT_COMPUTE}`);
    if (NOT_DELEGATED.has(typeUrl))
      throw GovError.invalidMessage(`${where}: ${typeUrl}: the governance account acts by votes alone`);
  }
}

function wrapped(error: unknown, wrap: (text: string) => ChainError): unknown {
  return error instanceof ChainError ? wrap(error.message) : error;
}

/**
 * An engine that refuses. Whether an outcome is known already differs between nodes, and an end-block cannot wait for one:
 * what would compute must fail alike everywhere.
 */
function refusing({ compute: { engine } }: Context): ComputePort {
  return {
    engine,
    meter: new ComputeMeter(),
    outcome: () => {
      throw GovError.invalidMessage(`messages: ${CANNOT_COMPUTE}`);
    },
    warm: () => undefined,
  };
}
