/** Proposals of one message that the governance account signs. */
import type { Command } from "commander";
import { AddressCodec, moduleAddress } from "../../chain/runtime/address.ts";
import { coinsToProto, parseCoins } from "../../chain/runtime/coins.ts";
import { pack } from "../../client/index.ts";
import { MsgSubmitProposal } from "../../proto/gen/cosmos.gov.v1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { send, type TxFlags, withTx } from "./transact.ts";

/** The account that signs what a proposal does, on the chain of `address`. */
function authorityLike(address: string): string {
  return new AddressCodec(address.slice(0, address.lastIndexOf("1"))).format(moduleAddress("gov"));
}

export interface ProposeFlags extends TxFlags {
  readonly title: string;
  readonly summary: string;
  readonly deposit: string;
  readonly metadata: string;
  readonly expedited?: true;
}

export function withProposal(command: Command): Command {
  return withTx(command)
    .requiredOption("--title <text>", "title of the proposal")
    .requiredOption("--summary <text>", "what it does, and why")
    .requiredOption("--deposit <coins>", "first deposit, such as 10000000uopg")
    .option("--metadata <text>", "link to more, or JSON", "")
    .option("--expedited", "a shorter vote, with a higher deposit and threshold");
}

/** Proposes one message that the governance account signs. */
export async function propose(flags: ProposeFlags, make: (authority: string) => Any): Promise<void> {
  await send(flags, ({ address }) => [
    pack(MsgSubmitProposal, {
      messages: [make(authorityLike(address))],
      initialDeposit: coinsToProto(parseCoins(flags.deposit, "--deposit")),
      proposer: address,
      title: flags.title,
      summary: flags.summary,
      metadata: flags.metadata,
      expedited: flags.expedited ?? false,
    }),
  ]);
}
