/** Genesis: making, reading and checking the file that a chain starts from. */
export * from "./document.ts";
export * from "./make.ts";
export * from "./models.ts";
export * from "./presets.ts";
export * from "./validate.ts";
