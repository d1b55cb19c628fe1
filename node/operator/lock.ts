/** One daemon a home: two would bind one operator to two answers. */
import { join } from "node:path";
import { Level } from "level";
import { NodeError } from "../errors.ts";
import { isHeld } from "../run/held.ts";

/** A database that holds nothing: the lock of its file ends with the process, however that ends. @throws NodeError if it is held */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = new Level(join(folder, "lock"));
  try {
    await lock.open();
  } catch (error) {
    if (!isHeld(error)) throw error;
    throw new NodeError(
      "running",
      `${folder} is in use by another operator daemon: stop that one first, or name another home with --home`,
    );
  }
  return () => lock.close();
}
