import { defineErrors } from "../../runtime/errors.ts";

export const ModelsError = defineErrors("models", {
  notFound: 2,
  notOwner: 3,
  wrongStatus: 4,
  badChunk: 5,
  incomplete: 6,
  hashMismatch: 7,
  hashTaken: 8,
  /** The engine does not take the file; the message says which operator, tensor or limit. */
  refused: 9,
  invalidMetadata: 10,
  invalidPrice: 11,
  invalidFile: 12,
});

/** The file of a published model is not there: a fault of this node, which must never become the outcome of a transaction. */
export class ModelFileFault extends Error {
  override readonly name = "ModelFileFault";
}
