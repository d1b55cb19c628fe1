/** opgd localnet: several validators on this machine. */
import { join } from "node:path";
import { Command, Option } from "commander";
import { defaultHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { startLocalnet } from "../run/localnet.ts";
import { assertChainId } from "./chain-id.ts";
import { flag } from "./options.ts";
import { untilStopped } from "./start.ts";

const MOST = 32;

export function localnetCommand(): Command {
  return new Command("localnet")
    .description("run a chain of several validators on this machine, until Ctrl-C")
    .addOption(flag("--validators <n>", "how many", "4"))
    .addOption(flag("--chain-id <id>", "name of the chain", "opg-localnet-1"))
    .addOption(
      new Option("--home <dir>", "folder for their homes").default(
        join(defaultHome(), "localnet"),
        "localnet in OPGD_HOME or ~/.opgd",
      ),
    )
    .option("--reset", "remove what is there and begin anew")
    .action(async (options: { validators: string; chainId: string; home: string; reset?: true }) => {
      const validators = Number(options.validators);
      if (!Number.isInteger(validators) || validators < 1 || validators > MOST) {
        throw new NodeError("usage", `--validators: ${options.validators} is not from 1 to ${MOST}`);
      }
      assertChainId(options.chainId);
      const say = (line: string) => process.stdout.write(`${line}\n`);
      const net = await startLocalnet({
        ...options,
        validators,
        reset: options.reset ?? false,
        env: process.env,
        say,
      });
      say(["NODE", "RPC", "P2P", "HOME"].map((word, i) => word.padEnd([8, 26, 26, 0][i]!)).join(""));
      for (const { name, rpc, p2p, home } of net.nodes)
        say(`${name.padEnd(8)}${rpc.padEnd(26)}${p2p.padEnd(26)}${home}`);
      say(`\nAll ${validators} validators are making blocks. Ctrl-C stops them. In another terminal, try:`);
      say(
        `  npx opgd infer iris --sample --from alice --home ${net.nodes[0]!.home} --node ${net.nodes[0]!.rpc}`,
      );
      await untilStopped(net);
    });
}
