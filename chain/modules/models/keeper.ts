/** The registry of models. The only code that touches the store `models` (with files.ts). */

import { type Metadata, Model, ModelStatus, Params } from "../../../proto/gen/opg.models.v1.ts";
import type { EngineLimits, ModelInfo } from "../../engine/onnx/index.ts";
import type { Address } from "../../runtime/address.ts";
import { bytesEqual, toHex, u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import { type Coin, coinFromProto, coinToProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { GasMeter } from "../../runtime/gas.ts";
import { prefixRange } from "../../runtime/range.ts";
import { remembering } from "../../runtime/remember.ts";
import { sha256 } from "../../store/sha256.ts";
import { ModelFileFault, ModelsError } from "./errors.ts";
import { dropFile, fileOf, hasChunks, missingChunks, putChunk } from "./files.ts";
import {
  EXPIRY_PREFIX,
  expiryKey,
  hashKey,
  MODEL_PREFIX,
  modelKey,
  NEXT_ID_KEY,
  ownerKey,
  PARAMS_KEY,
  STORE,
  statusKey,
} from "./keys.ts";
import {
  assertMetadata,
  CALL_BYTES_PER_GAS,
  CALL_GAS_PER_NODE,
  DEFAULT_PARAMS,
  engineLimits,
  MAX_EXPIRED_CHUNKS_PER_BLOCK,
  MAX_EXPIRIES_PER_BLOCK,
  PUBLISH_GAS_PER_BYTE,
  PUBLISH_GAS_PER_NODE,
  UPLOAD_GAS_PER_BYTE,
} from "./params.ts";
import { ParsedModels, profileOf } from "./profile.ts";
import { keepFile } from "./retiring.ts";

export interface ModelsOptions {
  /** The denomination that prices must be in: inference's fee denomination. */
  readonly feeDenom: (ctx: Context) => string;
  /** Accounts that cannot be paid, and so cannot own a model: a royalty that fails would halt the block. */
  readonly isBlocked: (address: Address) => boolean;
  /** Whether the file of a model must stay when it is retired: jobs are open that it runs in (ADR-0163). */
  readonly isHeld?: (ctx: Context, id: bigint) => boolean;
  /** Memory for parsed models, in bytes. */
  readonly cacheBytes?: number;
}

/** A model that may be called. */
export interface CallableModel {
  readonly model: Model;
  readonly info: ModelInfo;
  readonly price: Coin;
  readonly bytes: () => Uint8Array;
}

const DEFAULT_CACHE_BYTES = 512 * 1024 * 1024;

const decodeParams = remembering((bytes: Uint8Array) => Params.decode(bytes));
const decodeLimits = remembering((bytes: Uint8Array) => engineLimits(decodeParams(bytes)));
const decodeModel = remembering((bytes: Uint8Array) => Model.decode(bytes));
const DEFAULT_ENGINE_LIMITS = engineLimits(DEFAULT_PARAMS);

export class ModelsKeeper {
  readonly #options: ModelsOptions;
  readonly #parsed: ParsedModels;

  constructor(options: ModelsOptions) {
    this.#options = options;
    this.#parsed = new ParsedModels(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  }

  // ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeParams(bytes) : DEFAULT_PARAMS;
  }

  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  limits(ctx: Context): EngineLimits {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? decodeLimits(bytes) : DEFAULT_ENGINE_LIMITS;
  }

  find(ctx: Context, id: bigint): Model | undefined {
    const bytes = ctx.store(STORE).get(modelKey(id));
    return bytes && decodeModel(bytes);
  }

  /** @throws ModelsError.notFound */
  model(ctx: Context, id: bigint): Model {
    const model = this.find(ctx, id);
    if (!model) throw ModelsError.notFound(`model_id: there is no model ${id}`);
    return model;
  }

  /** The published model with this file. */
  byHash(ctx: Context, hash: Uint8Array): Model | undefined {
    const id = ctx.store(STORE).get(hashKey(hash));
    return id && this.model(ctx, u64FromBytes(id));
  }

  /** @throws ModelsError.notFound, ModelsError.wrongStatus unless the model is published */
  callable(ctx: Context, id: bigint): CallableModel {
    const model = this.model(ctx, id);
    assertStatus(model, ModelStatus.MODEL_STATUS_PUBLISHED, "called");
    return this.#callable(ctx, model);
  }

  /** The same of a model that open jobs hold, though it may be retired by now. @throws ModelsError.notFound, wrongStatus */
  held(ctx: Context, id: bigint): CallableModel {
    const model = this.model(ctx, id);
    if (!this.isHeld(ctx, id)) assertStatus(model, ModelStatus.MODEL_STATUS_PUBLISHED, "called");
    return this.#callable(ctx, model);
  }

  /** Whether open jobs run in the model: then its file is there, retired or not. */
  isHeld(ctx: Context, id: bigint): boolean {
    return this.#options.isHeld?.(ctx, id) ?? false;
  }

  #callable(ctx: Context, model: Model): CallableModel {
    // Before the work, and whether or not this node remembers the model: what is remembered costs no less (ADR-0060).
    const { nodes } = model.profile!;
    ctx.gas.consume(CALL_GAS_PER_NODE * nodes + model.size / CALL_BYTES_PER_GAS, "calling a model");
    const bytes = () => this.#unmeteredFile(ctx, model);
    return {
      model,
      info: this.#parsed.get(model.hash, bytes),
      price: coinFromProto(model.price, "price"),
      bytes,
    };
  }

  /**
   * The file of a published model, charged to nobody: whether it is read at all depends on what this node remembers, and
   * the engine's threads may read it when the transaction that asked is long over.
   * @throws ModelFileFault if it is not whole: the state is damaged, or the model was retired meanwhile
   */
  #unmeteredFile(ctx: Context, model: Model): Uint8Array {
    try {
      return fileOf(ctx.branch({ gas: new GasMeter() }).ctx, model);
    } catch (error) {
      // Not a ChainError: a node that cannot read what others can must stop, not fail the transaction.
      throw new ModelFileFault(`file of model ${model.id} cannot be read: ${(error as Error).message}`);
    }
  }

  *all(ctx: Context): IterableIterator<Model> {
    for (const [, value] of ctx.store(STORE).iterate(prefixRange(MODEL_PREFIX))) {
      yield Model.decode(value);
    }
  }

  nextId(ctx: Context): bigint {
    const bytes = ctx.store(STORE).get(NEXT_ID_KEY);
    return bytes ? u64FromBytes(bytes) : 1n;
  }

  setNextId(ctx: Context, next: bigint): void {
    ctx.store(STORE).set(NEXT_ID_KEY, u64Bytes(next));
  }

  // ── Life of a model ──────────────────────────────────────────────────────────────────────────────────────────────

  create(
    ctx: Context,
    owner: Address,
    file: { readonly hash: Uint8Array; readonly size: bigint },
    about: { readonly metadata: Metadata; readonly price: Coin },
  ): Model {
    const params = this.params(ctx);
    // The governance account signs by votes, and could own one too.
    this.#assertPayable(ctx, owner, "owner");
    if (file.size < 1n || file.size > params.maxModelBytes) {
      throw ModelsError.invalidFile(`size: ${file.size} is not from 1 to ${params.maxModelBytes} bytes`);
    }
    this.#assertHashFree(ctx, file.hash);
    assertMetadata(about.metadata, params);
    this.#assertPrice(ctx, about.price);
    const id = this.nextId(ctx);
    this.setNextId(ctx, id + 1n);
    const model = Model.create({
      id,
      owner: ctx.addresses.format(owner),
      metadata: about.metadata,
      hash: file.hash,
      size: file.size,
      chunkSize: params.chunkBytes,
      status: ModelStatus.MODEL_STATUS_DRAFT,
      price: coinToProto(about.price),
      createdHeight: ctx.block.height,
      expiryHeight: ctx.block.height + params.draftLifetimeBlocks,
    });
    this.insert(ctx, model);
    this.#emit(ctx, "model_created", model, { hash: toHex(file.hash), size: file.size });
    return model;
  }

  upload(ctx: Context, owner: Address, id: bigint, index: number, data: Uint8Array): Model {
    const model = this.#owned(ctx, owner, id);
    assertStatus(model, ModelStatus.MODEL_STATUS_DRAFT, "uploaded to");
    // Its file may be going already, a part a block.
    if (ctx.block.height > model.expiryHeight)
      throw ModelsError.wrongStatus(`model ${id} expired at height ${model.expiryHeight}; make a new draft`);
    ctx.gas.consume(UPLOAD_GAS_PER_BYTE * BigInt(data.length), "upload of a chunk");
    putChunk(ctx, model, index, data);
    this.#emit(ctx, "chunk_uploaded", model, { index: BigInt(index) });
    return model;
  }

  publish(ctx: Context, owner: Address, id: bigint): Model {
    const draft = this.#owned(ctx, owner, id);
    assertStatus(draft, ModelStatus.MODEL_STATUS_DRAFT, "published");
    this.#assertHashFree(ctx, draft.hash);
    ctx.gas.consume(PUBLISH_GAS_PER_BYTE * draft.size, "publishing, by byte");
    const model = this.#profiled(ctx, draft);
    ctx.gas.consume(PUBLISH_GAS_PER_NODE * model.profile!.nodes, "publishing, by node");
    ctx.store(STORE).delete(expiryKey(draft.expiryHeight, draft.id));
    const published = {
      ...model,
      status: ModelStatus.MODEL_STATUS_PUBLISHED,
      publishedHeight: ctx.block.height,
    };
    this.#replace(ctx, draft, published);
    this.#emit(ctx, "model_published", published, {
      hash: toHex(published.hash),
      compute_units: published.profile!.computeUnits,
    });
    return published;
  }

  /** The model with the profile of its file. @throws ModelsError.incomplete, hashMismatch, refused */
  #profiled(ctx: Context, model: Model): Model & { readonly profile: NonNullable<Model["profile"]> } {
    const file = fileOf(ctx, model);
    const hash = sha256(file);
    if (!bytesEqual(hash, model.hash)) {
      throw ModelsError.hashMismatch(
        `model ${model.id}: the file has SHA-256 ${toHex(hash)}, not ${toHex(model.hash)}; upload it again`,
      );
    }
    return { ...model, profile: profileOf(file, this.limits(ctx)) };
  }

  update(ctx: Context, owner: Address, id: bigint, changes: { metadata?: Metadata; price?: Coin }): void {
    const before = this.#owned(ctx, owner, id);
    if (changes.metadata) assertMetadata(changes.metadata, this.params(ctx));
    if (changes.price) this.#assertPrice(ctx, changes.price);
    const after = {
      ...before,
      metadata: changes.metadata ?? before.metadata,
      price: changes.price ? coinToProto(changes.price) : before.price,
    };
    this.#replace(ctx, before, after);
    this.#emit(ctx, "model_updated", after, { price: `${after.price.amount}${after.price.denom}` });
  }

  transfer(ctx: Context, owner: Address, id: bigint, newOwner: Address): void {
    const before = this.#owned(ctx, owner, id);
    this.#assertPayable(ctx, newOwner, "new_owner");
    const after = { ...before, owner: ctx.addresses.format(newOwner) };
    this.#replace(ctx, before, after);
    this.#emit(ctx, "model_transferred", after, { from: before.owner });
  }

  /** Ends a published model: it may not be called any more, and its file is let go, once no open job needs it. */
  retire(ctx: Context, owner: Address, id: bigint): void {
    const before = this.#owned(ctx, owner, id);
    assertStatus(before, ModelStatus.MODEL_STATUS_PUBLISHED, "retired");
    const after = { ...before, status: ModelStatus.MODEL_STATUS_RETIRED, retiredHeight: ctx.block.height };
    this.#replace(ctx, before, after);
    if (this.isHeld(ctx, id)) keepFile(ctx, id);
    else dropFile(ctx, id);
    this.#emit(ctx, "model_retired", after, {});
  }

  deleteDraft(ctx: Context, owner: Address, id: bigint): void {
    const draft = this.#owned(ctx, owner, id);
    assertStatus(draft, ModelStatus.MODEL_STATUS_DRAFT, "deleted");
    this.#removeDraft(ctx, draft, "draft_deleted");
  }

  /** Removes drafts whose time is over, a few a block, and so many of their chunks. */
  expireDrafts(ctx: Context): void {
    const due = [];
    const range = { start: EXPIRY_PREFIX, end: expiryKey(ctx.block.height + 1n, 0n) };
    for (const [key] of ctx.store(STORE).iterate(range)) {
      due.push(u64FromBytes(key.subarray(9)));
      if (due.length === MAX_EXPIRIES_PER_BLOCK) break;
    }
    let chunks = MAX_EXPIRED_CHUNKS_PER_BLOCK;
    for (const id of due) {
      chunks -= dropFile(ctx, id, chunks);
      if (chunks === 0 && hasChunks(ctx, id)) return;
      this.#removeDraft(ctx, this.model(ctx, id), "draft_expired");
    }
  }

  #removeDraft(ctx: Context, draft: Model, event: string): void {
    dropFile(ctx, draft.id);
    ctx.store(STORE).delete(expiryKey(draft.expiryHeight, draft.id));
    this.#unindex(ctx, draft);
    ctx.store(STORE).delete(modelKey(draft.id));
    this.#emit(ctx, event, draft, {});
  }

  // ── Storing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Writes a model that is not there yet, with its indexes. */
  insert(ctx: Context, model: Model): void {
    ctx.store(STORE).set(modelKey(model.id), Model.encode(model));
    this.#index(ctx, model);
    if (model.status === ModelStatus.MODEL_STATUS_DRAFT)
      ctx.store(STORE).set(expiryKey(model.expiryHeight, model.id), Uint8Array.of(1));
  }

  /** Writes a model of genesis, whose chunks are there; of a published one the file is checked and profiled anew. */
  insertFromGenesis(ctx: Context, model: Model): void {
    this.#assertPayable(ctx, ctx.addresses.parse(model.owner, "owner"), "owner");
    const isPublished = model.status === ModelStatus.MODEL_STATUS_PUBLISHED;
    const isKept = model.status === ModelStatus.MODEL_STATUS_RETIRED && hasChunks(ctx, model.id);
    if (isPublished) this.#assertHashFree(ctx, model.hash);
    if (isKept) keepFile(ctx, model.id);
    // Whole if open jobs run in it; else it is on its way out.
    const isRun = isPublished || (isKept && missingChunks(ctx, model).length === 0);
    this.insert(ctx, isRun ? this.#profiled(ctx, model) : model);
  }

  #replace(ctx: Context, before: Model, after: Model): void {
    this.#unindex(ctx, before);
    ctx.store(STORE).set(modelKey(after.id), Model.encode(after));
    this.#index(ctx, after);
  }

  #index(ctx: Context, model: Model): void {
    const store = ctx.store(STORE);
    store.set(ownerKey(ctx.addresses.parse(model.owner, "owner"), model.id), Uint8Array.of(1));
    store.set(statusKey(model.status, model.id), Uint8Array.of(1));
    if (model.status === ModelStatus.MODEL_STATUS_PUBLISHED)
      store.set(hashKey(model.hash), u64Bytes(model.id));
  }

  #unindex(ctx: Context, model: Model): void {
    const store = ctx.store(STORE);
    store.delete(ownerKey(ctx.addresses.parse(model.owner, "owner"), model.id));
    store.delete(statusKey(model.status, model.id));
    if (model.status === ModelStatus.MODEL_STATUS_PUBLISHED) store.delete(hashKey(model.hash));
  }

  #owned(ctx: Context, owner: Address, id: bigint): Model {
    const model = this.model(ctx, id);
    const text = ctx.addresses.format(owner);
    if (model.owner !== text)
      throw ModelsError.notOwner(`model ${id} belongs to ${model.owner}, not to ${text}`);
    return model;
  }

  #assertPayable(ctx: Context, owner: Address, field: string): void {
    if (this.#options.isBlocked(owner)) {
      throw ModelsError.notOwner(
        `${field}: ${ctx.addresses.format(owner)} is a module account and cannot be paid`,
      );
    }
  }

  #assertHashFree(ctx: Context, hash: Uint8Array): void {
    if (hash.length !== 32) throw ModelsError.invalidFile(`hash: SHA-256 has 32 bytes, not ${hash.length}`);
    const taken = ctx.store(STORE).get(hashKey(hash));
    if (taken)
      throw ModelsError.hashTaken(`hash: model ${u64FromBytes(taken)} is published with this file already`);
  }

  #assertPrice(ctx: Context, price: Coin): void {
    const denom = this.#options.feeDenom(ctx);
    if (price.denom !== denom)
      throw ModelsError.invalidPrice(`price: must be in ${denom}, not in ${price.denom}`);
  }

  #emit(ctx: Context, type: string, model: Model, more: Readonly<Record<string, string | bigint>>): void {
    ctx.events.emit(type, { model_id: model.id, owner: model.owner, ...more });
  }
}

function assertStatus(model: Model, status: number, verb: string): void {
  if (model.status === status) return;
  const name =
    Object.entries(ModelStatus).find(([, value]) => value === model.status)?.[0] ?? String(model.status);
  throw ModelsError.wrongStatus(`model ${model.id} cannot be ${verb}: its status is ${name}`);
}
