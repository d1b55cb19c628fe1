/**
 * Blocks, their commits and results, the validators and parameters of each height, and where each transaction is.
 * Two writes a block, each one atomic batch that is on the disk before the next step (ADR-0080): the decided block before
 * it is executed, and what it came to before the application commits.
 */
import { Level } from "level";
import {
  concatBytes,
  u32Bytes,
  u32FromBytes,
  u64Bytes,
  u64FromBytes,
  utf8,
} from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import type { MessageType } from "../../proto/codec.ts";
import { type Event, ExtendedVoteInfo, ResponseFinalizeBlock } from "../../proto/gen/tendermint.abci.ts";
import { Block, Commit, ConsensusParams, ValidatorSet } from "../../proto/gen/tendermint.types.ts";
import { txHash } from "./hash.ts";

/** An attribute that is marked to be found: `type.key` and its value. */
type Indexed = readonly [key: string, value: string];

/** First byte of a key. */
const Table = {
  block: 1,
  commit: 2,
  results: 3,
  validators: 4,
  params: 5,
  /** Hash of a transaction → height and index. */
  txPlace: 6,
  /** Height and index → nothing: transactions in order. */
  txOrder: 7,
  /** Hash of a block → height. */
  blockPlace: 8,
  /** What an attribute's key and value hash to, height and index of a transaction with it → nothing. */
  txAttribute: 9,
  /** What an attribute's key and value hash to, height of a block with it → nothing. */
  blockAttribute: 10,
  /** What the vote for a block carried, where votes are extended. */
  extension: 11,
} as const;

export interface TxPlace {
  readonly height: bigint;
  readonly index: number;
}

/** What a block came to, and what that means for the heights after it. */
export interface Executed {
  readonly block: Block;
  readonly results: ResponseFinalizeBlock;
  /** Of the next block. */
  readonly params: ConsensusParams;
  /** Of the block after the next. */
  readonly validators: ValidatorSet;
}

type Put = { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array };

const byHeight = (table: number, height: bigint): Uint8Array =>
  concatBytes(Uint8Array.of(table), u64Bytes(height));
const byHash = (table: number, hash: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(table), hash);
/** Of a key and value of any length, 16 bytes; two that fall together are told apart by whoever reads the transaction. */
const attributeKey = (table: number, [key, value]: Indexed): Uint8Array =>
  concatBytes(Uint8Array.of(table), sha256(utf8(`${key}\0${value}`)).subarray(0, 16));
const placeBytes = ({ height, index }: TxPlace): Uint8Array => concatBytes(u64Bytes(height), u32Bytes(index));

export class BlockStore {
  readonly #db: Level<Uint8Array, Uint8Array>;
  #first = 0n;
  #last = 0n;

  private constructor(db: Level<Uint8Array, Uint8Array>) {
    this.#db = db;
  }

  /** Opens the database in a folder, which is made if it is not there. */
  static async open(path: string): Promise<BlockStore> {
    const db = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
    await db.open();
    const store = new BlockStore(db);
    store.#first = await store.#end(false);
    store.#last = await store.#end(true);
    return store;
  }

  async #end(reverse: boolean): Promise<bigint> {
    const range = { gte: Uint8Array.of(Table.block), lt: Uint8Array.of(Table.block + 1), reverse, limit: 1 };
    for await (const key of this.#db.keys(range)) return u64FromBytes(key.subarray(1));
    return 0n;
  }

  /** Lowest height of a block; 0 if there is none. */
  get first(): bigint {
    return this.#first;
  }

  /** Highest height of a block; 0 if there is none. */
  get last(): bigint {
    return this.#last;
  }

  /** What genesis says of the first two heights. */
  async saveGenesis(height: bigint, validators: ValidatorSet, params: ConsensusParams): Promise<void> {
    await this.#write([
      this.#put(Table.validators, height, ValidatorSet, validators),
      this.#put(Table.validators, height + 1n, ValidatorSet, validators),
      this.#put(Table.params, height, ConsensusParams, params),
    ]);
  }

  /** A decided block with the commit of it. `hash`: of its header. */
  async saveBlock(
    block: Block,
    commit: Commit,
    hash: Uint8Array,
    extension?: ExtendedVoteInfo,
  ): Promise<void> {
    const { height } = block.header;
    await this.#write([
      this.#put(Table.block, height, Block, block),
      this.#put(Table.commit, height, Commit, commit),
      { type: "put", key: byHash(Table.blockPlace, hash), value: u64Bytes(height) },
      ...(extension ? [this.#put(Table.extension, height, ExtendedVoteInfo, extension)] : []),
    ]);
    this.#last = height;
    if (this.#first === 0n) this.#first = height;
  }

  async saveExecuted({ block, results, params, validators }: Executed): Promise<void> {
    const { height } = block.header;
    const places = block.data.txs.flatMap((tx, index): Put[] => {
      const place = placeBytes({ height, index });
      return [
        { type: "put", key: byHash(Table.txPlace, txHash(tx)), value: place },
        { type: "put", key: byHash(Table.txOrder, place), value: NOTHING },
        ...indexOf(Table.txAttribute, results.txResults[index]?.events ?? [], place),
      ];
    });
    await this.#write([
      this.#put(Table.results, height, ResponseFinalizeBlock, results),
      this.#put(Table.params, height + 1n, ConsensusParams, params),
      this.#put(Table.validators, height + 2n, ValidatorSet, validators),
      ...places,
      ...indexOf(Table.blockAttribute, results.events, u64Bytes(height)),
    ]);
  }

  #put<T>(table: number, height: bigint, type: MessageType<T>, value: T): Put {
    return { type: "put", key: byHeight(table, height), value: type.encode(value) };
  }

  #write(puts: readonly Put[]): Promise<void> {
    return this.#db.batch([...puts], { sync: true });
  }

  async #get<T>(table: number, height: bigint, type: MessageType<T>): Promise<T | undefined> {
    const bytes = await this.#db.get(byHeight(table, height));
    return bytes && type.decode(bytes);
  }

  block(height: bigint): Promise<Block | undefined> {
    return this.#get(Table.block, height, Block);
  }

  commit(height: bigint): Promise<Commit | undefined> {
    return this.#get(Table.commit, height, Commit);
  }

  extension(height: bigint): Promise<ExtendedVoteInfo | undefined> {
    return this.#get(Table.extension, height, ExtendedVoteInfo);
  }

  results(height: bigint): Promise<ResponseFinalizeBlock | undefined> {
    return this.#get(Table.results, height, ResponseFinalizeBlock);
  }

  validators(height: bigint): Promise<ValidatorSet | undefined> {
    return this.#get(Table.validators, height, ValidatorSet);
  }

  params(height: bigint): Promise<ConsensusParams | undefined> {
    return this.#get(Table.params, height, ConsensusParams);
  }

  async heightOf(blockHash: Uint8Array): Promise<bigint | undefined> {
    const bytes = await this.#db.get(byHash(Table.blockPlace, blockHash));
    return bytes && u64FromBytes(bytes);
  }

  async placeOf(hash: Uint8Array): Promise<TxPlace | undefined> {
    const bytes = await this.#db.get(byHash(Table.txPlace, hash));
    return bytes && readPlace(bytes);
  }

  /** All transactions from `low` to `high` in the chain's order. Cost: linear in their number. */
  async *places(low: bigint, high: bigint): AsyncGenerator<TxPlace> {
    const range = { gte: byHeight(Table.txOrder, low), lt: byHeight(Table.txOrder, high + 1n) };
    for await (const key of this.#db.keys(range)) yield readPlace(key.subarray(1));
  }

  /** Transactions with an attribute, from `low` to `high` in the chain's order. Cost: linear in their number. */
  async *placesWith(attribute: Indexed, low: bigint, high: bigint): AsyncGenerator<TxPlace> {
    for await (const place of this.#found(Table.txAttribute, attribute, low, high)) yield readPlace(place);
  }

  /** Blocks with an attribute among the events of no transaction, from `low` to `high`. */
  async *heightsWith(attribute: Indexed, low: bigint, high: bigint): AsyncGenerator<bigint> {
    for await (const place of this.#found(Table.blockAttribute, attribute, low, high))
      yield u64FromBytes(place);
  }

  async *#found(table: number, attribute: Indexed, low: bigint, high: bigint): AsyncGenerator<Uint8Array> {
    const prefix = attributeKey(table, attribute);
    const range = {
      gte: concatBytes(prefix, u64Bytes(low)),
      lt: concatBytes(prefix, u64Bytes(high + 1n)),
    };
    for await (const key of this.#db.keys(range)) yield key.subarray(prefix.length);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

const NOTHING = new Uint8Array(0);

function indexOf(table: number, events: readonly Event[], place: Uint8Array): Put[] {
  return events.flatMap(({ type, attributes }) =>
    attributes
      .filter(({ index }) => index)
      .map(
        ({ key, value }): Put => ({
          type: "put",
          key: concatBytes(attributeKey(table, [`${type}.${key}`, value]), place),
          value: NOTHING,
        }),
      ),
  );
}

function readPlace(bytes: Uint8Array): TxPlace {
  return { height: u64FromBytes(bytes.subarray(0, 8)), index: u32FromBytes(bytes.subarray(8, 12)) };
}
