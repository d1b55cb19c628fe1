/** The embedded engine on a home: its block store, the engine, and the RPC where config.toml says. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Application } from "../../abci/index.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import { homeFiles, nodeId, parseKeyFile } from "../comet/index.ts";
import { SoloEngine } from "./engine.ts";
import { SoloError } from "./errors.ts";
import { EventBus } from "./rpc/events.ts";
import { serveRpc } from "./rpc/serve.ts";
import { readSettings } from "./settings.ts";
import { signedStateOf } from "./signed.ts";
import { BlockStore } from "./store.ts";

export interface SoloNode {
  readonly rpcUrl: string;
  /** Rejects when no further block can be made. */
  readonly halted: Promise<never>;
  stop(): Promise<void>;
}

const blocksPath = (home: string): string => join(home, "data", "solo.db");

/** Height of the embedded engine's newest block in a home; 0 if it made none. The home's node must not run. */
export async function soloHeight(home: string): Promise<bigint> {
  if (!existsSync(blocksPath(home))) return 0n;
  const store = await BlockStore.open(blocksPath(home));
  const { last } = store;
  await store.close();
  return last;
}

function keyOf(home: string, file: string): NonNullable<ReturnType<typeof parseKeyFile>> {
  const path = join(home, file);
  if (!existsSync(path))
    throw new SoloError("key", `${path} is not there: put it back, or make a new home with opgd init`);
  const key = parseKeyFile(readFileSync(path, "utf8"));
  if (!key) throw new SoloError("key", `${path} holds no ed25519 key of CometBFT: put the right file back`);
  return key;
}

/** Starts making blocks. @throws SoloError, CometError */
export async function startSoloNode(
  home: string,
  { app, genesis }: { readonly app: Application; readonly genesis: GenesisDocument },
): Promise<SoloNode> {
  const settings = readSettings(readFileSync(join(home, homeFiles.config), "utf8"));
  const key = keyOf(home, homeFiles.validatorKey);
  const node = {
    id: nodeId(keyOf(home, homeFiles.nodeKey).pub),
    moniker: settings.moniker,
    rpcAddress: settings.rpc.address,
    validatorKey: key.pub,
  };
  const signed = signedStateOf(join(home, homeFiles.validatorState));
  const store = await BlockStore.open(blocksPath(home));
  try {
    const engine = await SoloEngine.open({ ...settings, genesis, key }, { app, store, signed, now: clock });
    const events = new EventBus();
    engine.onCommitted((committed) => events.publish(committed));
    const { commitTimeoutMs } = settings.rpc;
    const rpc = await serveRpc(settings.rpc, { app, engine, store, genesis, events, node, commitTimeoutMs });
    engine.run();
    return {
      rpcUrl: rpc.url,
      halted: engine.halted,
      stop: async () => {
        await rpc.close();
        await engine.stop();
        await store.close();
      },
    };
  } catch (error) {
    const isEmpty = store.last === 0n;
    await store.close();
    // A home that the engine could not begin on stays open to CometBFT.
    if (isEmpty) rmSync(blocksPath(home), { recursive: true, force: true });
    throw error;
  }
}

function clock(): { readonly seconds: bigint; readonly nanos: number } {
  const ms = Date.now();
  return { seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1_000_000 };
}
