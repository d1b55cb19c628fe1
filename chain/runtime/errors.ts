/**
 * Errors of the state machine. Code and codespace are consensus: they are part of a transaction's result and of the
 * block's results hash. The message is for people and is not.
 */

/** A failure with a registered code. Whatever a handler throws that is not a ChainError is a programming fault. */
export class ChainError extends Error {
  override readonly name = "ChainError";
  readonly codespace: string;
  readonly code: number;

  constructor(codespace: string, code: number, message: string) {
    super(message);
    this.codespace = codespace;
    this.code = code;
  }
}

/** Does `work`, and says of a fault of it where it is. @throws ChainError with the code that it had, and `path` before its text */
export function atPath<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(error.codespace, error.code, `${path}: ${error.message}`);
  }
}

type ErrorFactories<Codes> = { readonly [Name in keyof Codes]: (message: string) => ChainError };

/**
 * Registers the codes of one codespace. Code 1 is kept for internal faults (Cosmos SDK ADR-003 of errors).
 * @returns for each name a function that makes the error from its message.
 */
export function defineErrors<const Codes extends Readonly<Record<string, number>>>(
  codespace: string,
  codes: Codes,
): ErrorFactories<Codes> {
  const factories = Object.entries(codes).map(([name, code]) => [
    name,
    (message: string) => new ChainError(codespace, code, message),
  ]);
  return Object.fromEntries(factories) as ErrorFactories<Codes>;
}

/** The root errors that every Cosmos client knows. Source: cosmossdk.io/errors and types/errors of the SDK, v0.53. */
export const SdkError = defineErrors("sdk", {
  txDecode: 2,
  invalidSequence: 3,
  unauthorized: 4,
  insufficientFunds: 5,
  unknownRequest: 6,
  invalidAddress: 7,
  invalidPubKey: 8,
  unknownAddress: 9,
  invalidCoins: 10,
  outOfGas: 11,
  memoTooLarge: 12,
  insufficientFee: 13,
  tooManySignatures: 14,
  noSignatures: 15,
  invalidRequest: 18,
  txTooLarge: 21,
  keyNotFound: 22,
  invalidHeight: 26,
  invalidChainId: 28,
  invalidType: 29,
  txTimeoutHeight: 30,
  unknownExtensionOptions: 31,
  wrongSequence: 32,
  logic: 35,
  notSupported: 37,
  notFound: 38,
  invalidGasLimit: 41,
  txTimeout: 42,
});
