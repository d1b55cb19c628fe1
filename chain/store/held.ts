/** Versions that somebody reads, which pruning and rollback leave alone. */
export interface HeldVersions {
  /** Returns what lets the version go; calling that twice is harmless. */
  hold(version: number): () => void;
  lowest(): number | undefined;
  highest(): number | undefined;
}

export function holdVersions(): HeldVersions {
  const counts = new Map<number, number>();
  return {
    hold(version) {
      counts.set(version, (counts.get(version) ?? 0) + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        const left = counts.get(version)! - 1;
        if (left === 0) counts.delete(version);
        else counts.set(version, left);
      };
    },
    lowest: () => (counts.size === 0 ? undefined : Math.min(...counts.keys())),
    highest: () => (counts.size === 0 ? undefined : Math.max(...counts.keys())),
  };
}
