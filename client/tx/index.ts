export {
  aminoDocument,
  authInfo,
  type SignerPlace,
  type SigningAccount,
  signRequest,
  singleMode,
  type TxContent,
  type TxFee,
  txBody,
  txBytes,
  txHash,
} from "./build.ts";
export {
  contentOf,
  decodeTxBytes,
  encodeTx,
  requiredSigners,
  type SignDocumentOptions,
  signatureDescriptors,
  signDocument,
  unsignedTx,
} from "./document.ts";
export { TxError, type TxErrorCode } from "./errors.ts";
export { defaultRegistry, pack } from "./messages.ts";
export { assembleMultisig, type MemberSignature, multisigSignRequest } from "./multisig.ts";
export { type SigningParty, signTx } from "./sign.ts";
export { keySigner, type Signer, type SignMode, type SignRequest } from "./signer.ts";
