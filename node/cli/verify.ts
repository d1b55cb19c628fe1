/** opgd verify: proves what a node says, without trusting it. */
import { Command } from "commander";
import { fromHex } from "../../chain/runtime/bytes.ts";
import {
  formatReport,
  headerHash,
  LightClient,
  type OpgClient,
  RpcClient,
  VerificationError,
  verifyReceipt,
} from "../../client/index.ts";
import { NodeError } from "../errors.ts";
import { withClient } from "./client.ts";
import {
  flag,
  type NodeClientOptions,
  type OutputOptions,
  positive,
  withNode,
  withOutput,
} from "./options.ts";
import { print } from "./output.ts";

interface VerifyFlags extends NodeClientOptions, OutputOptions {
  readonly trustedHeight?: string;
  readonly trustedHash?: string;
  readonly trustingPeriod: string;
  readonly witness: readonly string[];
}

export function verifyCommand(): Command {
  const verify = new Command("verify").description("prove what a node says, without trusting it");
  withOutput(
    withNode(
      verify
        .command("receipt <id>")
        .description("prove a receipt: header and commit, both ICS-23 steps, then its own fields"),
    ),
  )
    .addOption(flag("--trusted-height <n>", "height of a header that you trust"))
    .addOption(flag("--trusted-hash <hex>", "its hash, from a source that you trust"))
    .addOption(flag("--trusting-period <seconds>", "how long a header may be trusted", "1209600"))
    .option("--witness <urls...>", "further nodes that must agree", [])
    .action(async (id: string, flags: VerifyFlags) => {
      await withClient(flags, async (client) => {
        const light = await lightClient(client, flags);
        try {
          const receiptId = positive(id, "id");
          const { report, receipt } = await verifyReceipt({
            light,
            rpc: client.rpc,
            receiptId,
            ...(await provableHeight(client, receiptId)),
            waitMs: 10_000,
          });
          print(
            flags,
            { ok: true, steps: report.steps, fee: receipt.fee, split: receipt.split },
            formatReport(report),
          );
        } catch (error) {
          if (!(error instanceof VerificationError)) throw error;
          print(flags, { ok: false, steps: error.report.steps }, formatReport(error.report));
          throw new NodeError("failed", `receipt ${id} is not proven: step ${error.step} failed`);
        }
      });
    });
  return verify;
}

/**
 * The newest state proves most receipts; that of a receipt's own block, where the header after it is still to come. What
 * the node says of the height is only where to look: the proof decides.
 */
async function provableHeight(client: OpgClient, receiptId: bigint): Promise<{ readonly height?: bigint }> {
  const receipt = await client.receipt(receiptId).catch(() => undefined);
  const { latestHeight } = await client.rpc.status();
  return receipt && receipt.height >= latestHeight ? { height: receipt.height } : {};
}

async function lightClient(client: OpgClient, flags: VerifyFlags): Promise<LightClient> {
  const { trustedHeight, trustedHash } = flags;
  if ((trustedHeight === undefined) !== (trustedHash === undefined))
    throw new NodeError("usage", "give --trusted-height and --trusted-hash together");
  let trusted: { readonly height: bigint; readonly hash: Uint8Array };
  if (trustedHeight && trustedHash) {
    const hash = fromHex(trustedHash);
    if (hash?.length !== 32) throw new NodeError("usage", "--trusted-hash: must be 64 hex digits");
    trusted = { height: positive(trustedHeight, "--trusted-height"), hash };
  } else {
    const { header } = await client.rpc.commit((await client.rpc.status()).earliestHeight || 1n);
    trusted = { height: header.height, hash: headerHash(header) };
    process.stderr.write(
      `Trusting the node itself for header ${header.height}; for a proof that trusts nobody give --trusted-height and --trusted-hash\n`,
    );
  }
  return LightClient.create({
    chainId: client.chainId,
    trusted,
    primary: client.rpc,
    witnesses: flags.witness.map((url) => new RpcClient(url.replace(/^tcp:/, "http:"))),
    trustingPeriod: positive(flags.trustingPeriod, "--trusting-period"),
  });
}
