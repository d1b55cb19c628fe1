/** Layout of the store `fees`. */
export const STORE = "fees";
export const MODULE = "fees";

export const PARAMS_KEY = Uint8Array.of(0x01);
export const BASE_FEE_KEY = Uint8Array.of(0x02);
export const TAKEN_KEY = Uint8Array.of(0x03);
