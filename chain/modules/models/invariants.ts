import { ModelStatus } from "../../../proto/gen/opg.models.v1.ts";
import { bytesEqual, toHex, u64FromBytes } from "../../runtime/bytes.ts";
import type { Invariant } from "../../runtime/module.ts";
import { countUnder, prefixRange } from "../../runtime/range.ts";
import { sha256 } from "../../store/sha256.ts";
import { chunkHashes, fileOf, hasChunks, missingChunks } from "./files.ts";
import type { ModelsKeeper } from "./keeper.ts";
import {
  EXPIRY_PREFIX,
  expiryKey,
  HASH_PREFIX,
  hashKey,
  OWNER_PREFIX,
  ownerKey,
  REFERENCE_PREFIX,
  STATUS_PREFIX,
  STORE,
  statusKey,
} from "./keys.ts";
import { isKept } from "./retiring.ts";

export function modelsInvariants(keeper: ModelsKeeper): readonly Invariant[] {
  return [
    {
      name: "blob-references",
      check: (ctx) => {
        const counted = new Map<string, bigint>();
        for (const { id } of keeper.all(ctx)) {
          for (const [, hash] of chunkHashes(ctx, id))
            counted.set(toHex(hash), (counted.get(toHex(hash)) ?? 0n) + 1n);
        }
        const range = prefixRange(REFERENCE_PREFIX);
        let stored = 0;
        for (const [key, value] of ctx.store(STORE).iterate(range)) {
          stored++;
          const hash = key.subarray(1);
          if (counted.get(toHex(hash)) !== u64FromBytes(value))
            return `blob ${toHex(hash)} has ${u64FromBytes(value)} references, ${counted.get(toHex(hash)) ?? 0n} chunks`;
          if (!ctx.blobs.has(hash)) return `blob ${toHex(hash)} is referred to and not there`;
        }
        return stored === counted.size
          ? undefined
          : `${stored} blobs have references, ${counted.size} are chunks`;
      },
    },
    {
      name: "published-files",
      check: (ctx) => {
        for (const model of keeper.all(ctx)) {
          if (model.status !== ModelStatus.MODEL_STATUS_PUBLISHED) continue;
          if (missingChunks(ctx, model).length > 0) return `model ${model.id} is published and lacks chunks`;
          if (!bytesEqual(sha256(fileOf(ctx, model)), model.hash))
            return `the file of model ${model.id} is not the one of its hash`;
        }
        return undefined;
      },
    },
    {
      name: "retired-files",
      check: (ctx) => {
        for (const model of keeper.all(ctx)) {
          if (model.status !== ModelStatus.MODEL_STATUS_RETIRED) continue;
          const isRetiring = isKept(ctx, model.id);
          if (hasChunks(ctx, model.id) !== isRetiring)
            return `model ${model.id} is retired; its file is ${isRetiring ? "gone, and waits to go" : "there, and never goes"}`;
          if (keeper.isHeld(ctx, model.id) && missingChunks(ctx, model).length > 0)
            return `open jobs run in model ${model.id}, which lacks chunks`;
        }
        return undefined;
      },
    },
    {
      name: "indexes",
      check: (ctx) => {
        const store = ctx.store(STORE);
        let [models, published, drafts] = [0, 0, 0];
        for (const model of keeper.all(ctx)) {
          models++;
          if (!store.has(ownerKey(ctx.addresses.parse(model.owner), model.id)))
            return `model ${model.id} is not under its owner`;
          if (!store.has(statusKey(model.status, model.id)))
            return `model ${model.id} is not under its status`;
          if (model.status === ModelStatus.MODEL_STATUS_PUBLISHED) {
            published++;
            const id = store.get(hashKey(model.hash));
            if (!id || u64FromBytes(id) !== model.id) return `model ${model.id} is not under its hash`;
          }
          if (model.status === ModelStatus.MODEL_STATUS_DRAFT) {
            drafts++;
            if (!store.has(expiryKey(model.expiryHeight, model.id)))
              return `draft ${model.id} does not expire`;
          }
        }
        const counts = [OWNER_PREFIX, STATUS_PREFIX, HASH_PREFIX, EXPIRY_PREFIX].map((prefix) =>
          countUnder(ctx.store(STORE), prefix),
        );
        const wanted = [models, models, published, drafts];
        return counts.every((count, i) => count === wanted[i])
          ? undefined
          : `indexes hold ${counts.join(", ")} entries, not ${wanted.join(", ")}`;
      },
    },
  ];
}
