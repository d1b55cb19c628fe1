/** The program `opgd`: its command groups, loaded only when they are asked for, so that help and keys are quick. */
import { Command } from "commander";

type Load = () => Promise<Command>;

interface Group {
  readonly description: string;
  readonly load: Load;
}

/** In the order of the help. */
export const GROUPS: Readonly<Record<string, Group>> = {
  quickstart: {
    description: "make a local chain, run one inference on it and prove its receipt",
    load: async () => (await import("./quickstart.ts")).quickstartCommand(),
  },
  localnet: {
    description: "run a chain of several validators on this machine",
    load: async () => (await import("./localnet.ts")).localnetCommand(),
  },
  init: {
    description: "make a home: keys, configuration and a genesis",
    load: async () => (await import("./init.ts")).initCommand(),
  },
  genesis: {
    description: "make and check the genesis of a chain",
    load: async () => (await import("./genesis.ts")).genesisCommand(),
  },
  start: { description: "run the node", load: async () => (await import("./start.ts")).startCommand() },
  status: {
    description: "what a node says of itself",
    load: async () => (await import("./status.ts")).statusCommand(),
  },
  query: {
    description: "read the state of a chain (also: q)",
    load: async () => (await import("./query.ts")).queryCommands(),
  },
  tx: {
    description: "sign and send transactions",
    load: async () => (await import("./tx.ts")).txCommand(),
  },
  keys: {
    description: "account keys of a home",
    load: async () => (await import("./keys.ts")).keysCommand(),
  },
  model: {
    description: "list, show, upload, download and change models",
    load: async () => {
      const model = new Command("model").description("list, show, upload, download and change models");
      (await import("./query.ts")).addModelQueries(model);
      (await import("./tx.ts")).addModelTxs(model);
      return model;
    },
  },
  infer: {
    description: "run a model on every validator",
    load: async () => (await import("./tx.ts")).inferCommand(),
  },
  operator: {
    description: "compute jobs of the market",
    load: async () => (await import("./operator.ts")).operatorCommand(),
  },
  verify: {
    description: "prove what a node says, without trusting it",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  export: {
    description: "print the state as a genesis",
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  "chain-info": {
    description: "the chain as wallets and registries take it",
    load: async () => (await import("./chain-info.ts")).chainInfoCommand(),
  },
  rollback: {
    description: "take the last block back",
    load: async () => (await import("./data.ts")).rollbackCommand(),
  },
  prune: {
    description: "remove old versions of the state",
    load: async () => (await import("./data.ts")).pruneCommand(),
  },
  snapshots: {
    description: "snapshots that new nodes can start from",
    load: async () => (await import("./data.ts")).snapshotsCommand(),
  },
  comet: {
    description: "CometBFT: keys, binary, data",
    load: async () => (await import("./comet.ts")).cometCommand(),
  },
  engine: {
    description: "models on the canonical engine, without a chain",
    load: async () => (await import("./engine.ts")).engineCommand(),
  },
  version: {
    description: "print the version",
    load: async () => (await import("./version.ts")).versionCommand(),
  },
  doctor: {
    description: "check this machine and home",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
};

const ALIASES: Readonly<Record<string, string>> = { q: "query", tendermint: "comet" };

/** The whole program, with only the group that `argv` names filled in; every one if `argv` is "all". */
export async function program(argv: readonly string[] | "all", version: string): Promise<Command> {
  const root = new Command("opgd")
    .description("A sovereign chain that sells AI inference and splits what it earns.")
    .version(version, "-V, --version")
    .showSuggestionAfterError()
    .showHelpAfterError("(--help shows what there is)")
    .configureHelp({ showGlobalOptions: true });
  const named = argv === "all" ? undefined : argv.find((word) => !word.startsWith("-"));
  const wanted = named === undefined ? undefined : (ALIASES[named] ?? named);
  for (const [name, { description, load }] of Object.entries(GROUPS)) {
    if (argv === "all" || name === wanted) root.addCommand(asRoot(await load(), root));
    else root.command(name).description(description);
  }
  return root;
}

/** Suggestions and hints after errors, also of commands within commands. */
function asRoot(command: Command, root: Command): Command {
  command.copyInheritedSettings(root);
  for (const inner of command.commands) asRoot(inner, root);
  return command;
}
