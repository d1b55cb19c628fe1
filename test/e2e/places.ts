/** The places of a test network: folders, ports, homes and the wires between them. */
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CometHome,
  changeSettings,
  initHome,
  localSettings,
  pubKeyJson,
  type Settings,
} from "../../node/comet/index.ts";
import { freePorts } from "../../node/run/ports.ts";
import { Link } from "./links.ts";

export interface NodePlace {
  readonly index: number;
  /** CometBFT's home; an application may keep its own things in it too. */
  readonly home: string;
  /** A folder of this node alone, short enough for a unix socket. */
  readonly folder: string;
  readonly comet: CometHome;
  readonly rpcPort: number;
  readonly p2pPort: number;
  /** A port that is free for the application's ABCI server. */
  readonly abciPort: number;
  /** Further ports that are free for the application. */
  readonly ports: readonly number[];
}

export interface Layout {
  readonly folder: string;
  readonly places: readonly NodePlace[];
  /** One for each pair of nodes, dialled by the first. */
  readonly links: readonly Link[];
}

/** Makes homes with keys, ports and peers; peers reach each other through links. */
export async function layOut(options: {
  readonly validators: number;
  readonly settings?: Settings;
}): Promise<Layout> {
  const folder = await mkdtemp(join(tmpdir(), "opg-net-"));
  const count = options.validators;
  const pairs: [number, number][] = [];
  for (let from = 0; from < count; from++) for (let to = from + 1; to < count; to++) pairs.push([from, to]);
  const portsEach = 3 + 4;
  const ports = await freePorts(count * portsEach + pairs.length);
  const places: NodePlace[] = [];
  for (let index = 0; index < count; index++) {
    const [rpcPort, p2pPort, abciPort, ...rest] = ports.slice(index * portsEach, (index + 1) * portsEach);
    const place = join(folder, String(index));
    const home = join(place, "home");
    await mkdir(home, { recursive: true });
    const comet = await initHome(home, {
      ...localSettings,
      moniker: `node${index}`,
      "rpc.laddr": `tcp://127.0.0.1:${rpcPort}`,
      "p2p.laddr": `tcp://127.0.0.1:${p2pPort}`,
      "p2p.pex": false,
      ...options.settings,
    });
    places.push({
      index,
      home,
      folder: place,
      comet,
      rpcPort: rpcPort!,
      p2pPort: p2pPort!,
      abciPort: abciPort!,
      ports: rest,
    });
  }
  const links = pairs.map(
    ([from, to], at) =>
      new Link({ from, to, port: ports[count * portsEach + at]!, target: places[to]!.p2pPort }),
  );
  for (const each of places) {
    const peers = links
      .filter((link) => link.from === each.index)
      .map((link) => `${places[link.to]!.comet.nodeId}@127.0.0.1:${link.port}`);
    await changeSettings(each.home, { "p2p.persistent_peers": peers.join(",") });
  }
  return { folder, places, links };
}

/** A genesis with the nodes as validators of power 10 each and no application state. */
export function plainGenesis(nodes: readonly NodePlace[], chainId = "opg-e2e"): object {
  return {
    genesis_time: new Date().toISOString(),
    chain_id: chainId,
    initial_height: "1",
    validators: nodes.map(({ comet, index }) => ({
      pub_key: pubKeyJson(comet.validator.pub),
      power: "10",
      name: `node${index}`,
    })),
    app_hash: "",
  };
}
