/** Transactions of every standard message, plain and random, for the vectors of amino sign bytes (scripts/amino-vectors.ts). */
import { toHex } from "../../chain/runtime/bytes.ts";
import { defaultRegistry } from "../../client/index.ts";
import type { AnyMessageType } from "../../proto/codec.ts";
import { Equivocation } from "../../proto/gen/cosmos.evidence.v1beta1.ts";
import { AuthInfo, Fee, TxBody } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { Random, randomMessage } from "./random.ts";

export const AMINO_VECTORS = new URL("../vectors/amino-sdk-v0.53.4.json.gz", import.meta.url);

/** One transaction, and what the Cosmos SDK signs of it. */
export interface AminoCase {
  /** Type of its first message. */
  readonly message: string;
  /** Hex. */
  readonly body: string;
  /** Hex. */
  readonly auth_info: string;
  readonly chain_id: string;
  readonly account_number: string;
  readonly sequence: string;
  /** UTF-8; absent where the SDK refuses. */
  readonly sign_bytes?: string;
  /** Why it refuses. */
  readonly error?: string;
}

/** Everything that may stand in an Any of a standard message. */
export function aminoRegistry(): TypeRegistry {
  return defaultRegistry().add(Equivocation);
}

/** Messages of the Cosmos SDK's modules that a transaction can hold. */
export function standardMessages(registry: TypeRegistry): readonly AnyMessageType[] {
  return registry.types.filter(
    ({ typeName, options }) => typeName.startsWith("cosmos.") && options.signer !== undefined,
  );
}

/** No message holds one, and we refuse its numbers beyond 2^53. */
const MODULE_ACCOUNT = "cosmos.auth.v1beta1.ModuleAccount";

/** Random transactions of each message, beside one with nothing set but what must be. */
const EACH = 8;

export function aminoCases(seed: number): readonly AminoCase[] {
  const random = new Random(seed);
  const registry = aminoRegistry();
  const messages = standardMessages(registry);
  const inside = registry.types.filter(
    ({ typeName }) =>
      typeName.startsWith("cosmos.") && !typeName.endsWith("Response") && typeName !== MODULE_ACCOUNT,
  );
  const any = (depth: number): Any => {
    const type = random.pick(inside);
    return { typeUrl: type.typeUrl, value: type.encode(randomValue(type, depth)) };
  };
  const randomValue = (type: AnyMessageType, depth: number): never =>
    randomMessage(random, type, depth, {
      message: ({ typeName }) => {
        if (typeName === "google.protobuf.Any") return depth > 2 ? keyAny(random) : any(depth + 1);
        if (typeName === "google.protobuf.Timestamp") return time(random);
        if (typeName === "google.protobuf.Duration") return duration(random);
        return undefined;
      },
    }) as never;
  return messages.flatMap((type) =>
    Array.from({ length: EACH + 1 }, (_, index) => {
      const plain = index === 0;
      const value = plain ? (type.create({}) as never) : randomValue(type, 0);
      const more = index % 4 === 1 ? [any(1)] : [];
      const message = { typeUrl: type.typeUrl, value: type.encode(value) };
      return transaction(random, [message, ...more], plain);
    }),
  );
}

function transaction(random: Random, messages: readonly Any[], plain: boolean): AminoCase {
  const body = TxBody.create({
    messages,
    ...(plain
      ? {}
      : {
          memo: random.pick(["", "memo", '<b>&\u2028"\\\n\t🔑']),
          timeoutHeight: random.pick([0n, 9n, (1n << 64n) - 1n]),
          unordered: random.int(4) === 0,
          timeoutTimestamp: random.int(3) === 0 ? time(random) : undefined,
        }),
  });
  const fee = Fee.create(
    plain
      ? {}
      : {
          amount: Array.from({ length: random.int(3) }, (_, at) => ({ denom: `u${at}`, amount: `${at}5` })),
          gasLimit: random.pick([0n, 200_000n, (1n << 64n) - 1n]),
          payer: random.pick(["", "opg1payer"]),
          granter: random.pick(["", "opg1granter"]),
        },
  );
  return {
    message: messages[0]!.typeUrl,
    body: toHex(TxBody.encode(body)),
    auth_info: toHex(AuthInfo.encode(AuthInfo.create({ fee }))),
    chain_id: random.pick(["", "opg-1", "opg<&>1"]),
    account_number: random.pick(["0", "7", "18446744073709551615"]),
    sequence: random.pick(["0", "42"]),
  };
}

function time(random: Random) {
  return {
    seconds: random.pick([0n, 1n, 1_700_000_000n, -62_135_596_800n, 253_402_300_799n]),
    nanos: random.pick([0, 1, 120_000_000, 999_999_999]),
  };
}

function duration(random: Random) {
  return {
    seconds: random.pick([0n, 1n, 1_814_400n, 9_000_000_000n]),
    nanos: random.pick([0, 5, 999_999_999]),
  };
}

/** A key of no depth. */
function keyAny(random: Random): Any {
  const key = random.bytes(33);
  return {
    typeUrl: "/cosmos.crypto.secp256k1.PubKey",
    value: Uint8Array.from([10, key.length, ...key]),
  };
}
