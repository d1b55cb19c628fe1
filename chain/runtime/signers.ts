/** Who must sign a message: the addresses in the fields that its `cosmos.msg.v1.signer` option names. */
import type { AnyMessageType, Field } from "../../proto/codec.ts";
import type { Address, AddressCodec } from "./address.ts";

/**
 * Signers of a message in order, as often as they are named. A field may hold messages that name their own, or the address
 * of a validator's operator; an empty field names nobody. @throws SdkError.invalidAddress
 */
export function messageSigners(type: AnyMessageType, value: unknown, addresses: AddressCodec): Address[] {
  return (type.options.signer ?? []).flatMap((name) => {
    const field = type.fields.find((each) => each.name === name)!;
    const held = (value as Readonly<Record<string, unknown>>)[field.property];
    const values = Array.isArray(held) ? (held as readonly unknown[]) : [held];
    return values.flatMap((each) => signersIn(field, each, addresses));
  });
}

function signersIn(field: Field, value: unknown, addresses: AddressCodec): Address[] {
  if (typeof value === "string") {
    if (value === "") return [];
    const isOperator = value.startsWith(`${addresses.operators.prefix}1`);
    return [(isOperator ? addresses.operators : addresses).parse(value, field.name)];
  }
  if (typeof field.type === "object" && field.type.kind === "message" && value !== undefined) {
    return messageSigners(field.type, value, addresses);
  }
  return [];
}
