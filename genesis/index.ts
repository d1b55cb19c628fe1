/** Genesis: making, reading and checking the file that a chain starts from. */
export * from "./collect.ts";
export * from "./document.ts";
export * from "./export.ts";
export * from "./gentx.ts";
export * from "./make.ts";
export * from "./migrate.ts";
export * from "./models.ts";
export * from "./presets.ts";
export * from "./validate.ts";
