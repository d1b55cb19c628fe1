/** Layout of the store `mint`. Source: x/mint/types/keys.go of the Cosmos SDK v0.53. */
export const STORE = "mint";
export const MODULE = "mint";

export const MINTER_KEY = Uint8Array.of(0x00);
export const PARAMS_KEY = Uint8Array.of(0x01);
