/** A chain whose state is a real multistore: blocks are signed, proofs are the store's own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MultiStore } from "../../../chain/store/index.ts";
import { headerHash, LightClient } from "../../../client/light/index.ts";
import type { AbciQueryRequest, AbciQueryResponse } from "../../../client/rpc/index.ts";
import type { LightBlock } from "../../../client/rpc/types.ts";
import { BlockSource, makeBlock, members } from "../light/chain.ts";

/** What each version writes: store, key, value; an empty value deletes. */
export type Writes = readonly (readonly [store: string, key: Uint8Array, value: Uint8Array])[];

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export class ProvenApp {
  readonly blocks: LightBlock[];
  readonly source: BlockSource;
  readonly #store: MultiStore;
  readonly #path: string;
  /** Changes answers before they are given. */
  tamper: (response: AbciQueryResponse) => AbciQueryResponse = (response) => response;

  private constructor(store: MultiStore, path: string, blocks: LightBlock[]) {
    this.#store = store;
    this.#path = path;
    this.blocks = blocks;
    this.source = new BlockSource(blocks);
  }

  /** One block a version, and one more, whose header holds the last version's hash. */
  static async make(stores: readonly string[], versions: readonly Writes[]): Promise<ProvenApp> {
    const path = mkdtempSync(join(tmpdir(), "proven-"));
    const store = await MultiStore.open({ path, stores });
    const set = members(3n, 2n, 1n);
    let appHash: Uint8Array = new Uint8Array(0);
    const blocks: LightBlock[] = [];
    for (let height = 1; height <= versions.length + 1; height++) {
      blocks.push(makeBlock(BigInt(height), set, set, blocks.at(-1), { header: { appHash } }));
      const writes = versions[height - 1];
      if (!writes) break;
      const branch = store.branch();
      for (const [name, key, value] of writes) {
        if (value.length === 0) branch.store(name).delete(key);
        else branch.store(name).set(key, value);
      }
      branch.write();
      ({ appHash } = await store.commit());
    }
    return new ProvenApp(store, path, blocks);
  }

  light(height = 1n): Promise<LightClient> {
    const trusted = this.blocks.find((block) => block.header.height === height)!;
    return LightClient.create({
      chainId: trusted.header.chainId,
      trusted: { height, hash: headerHash(trusted.header) },
      primary: this.source,
      trustingPeriod: 1_000_000n,
      now: () => this.blocks.at(-1)!.header.time,
    });
  }

  async abciQuery({ path, data, height }: AbciQueryRequest): Promise<AbciQueryResponse> {
    const [, , store] = path.split("/");
    const view = this.#store.at(height!);
    const { value, ops } = view.prove(store!, data);
    view.release();
    return this.tamper({
      code: 0,
      codespace: "",
      log: "",
      key: data,
      value: value ?? new Uint8Array(0),
      height: height!,
      proofOps: ops,
    });
  }

  async stop(): Promise<void> {
    await this.#store.close();
    rmSync(this.#path, { recursive: true, force: true });
  }
}
