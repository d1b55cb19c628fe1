/** Files that arguments name. */
import { existsSync, readFileSync } from "node:fs";
import { NodeError } from "../../errors.ts";

/** @throws NodeError naming the file */
export function fileText(path: string, name: string): string {
  if (path !== "-" && !existsSync(path))
    throw new NodeError(
      "usage",
      `${name}: there is no file ${JSON.stringify(path)}; give a file, or the JSON itself`,
    );
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    throw new NodeError("usage", `${name}: ${path}: ${(error as Error).message}`);
  }
}
