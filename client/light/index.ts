export { type LightSource, verifySkipping } from "./bisect.ts";
export { LightClient, type LightClientOptions, type TrustedPoint } from "./client.ts";
export {
  type Fraction,
  type VerifySignature,
  verifyCommit,
  verifyCommitTrusting,
  verifyZip215,
  voteSignBytes,
} from "./commit.ts";
export { type Divergence, LightError, type LightErrorCode } from "./errors.ts";
export { headerHash, merklePathRoot, merkleRoot, validatorsHash } from "./hash.ts";
export { decodeLightBlock, encodeLightBlock, type LightStore, MemoryLightStore } from "./store.ts";
export { assertLightBlock, type VerifyOptions, verifyBackward, verifyForward } from "./verify.ts";
