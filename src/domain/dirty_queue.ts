/**
 * What has changed since it was last written, oldest change first, each once. `position` is a place in a log (a seq,
 * an offset): everything before `through()` has been taken, which is what a checkpoint may claim.
 */
export class DirtyQueue {
  #dirty = new Uint8Array(1024);
  #ids = new Int32Array(1024);
  #positions = new Float64Array(1024);
  #head = 0;
  #length = 0;

  /** Entries, some of which may have been cleaned since. */
  get length(): number {
    return this.#length;
  }

  /** Notes that `id` changed at `position`; positions never go back. */
  mark(id: number, position: number): void {
    if (id >= this.#dirty.length) this.#growFlags(id);
    if (this.#dirty[id] === 1) return;
    this.#dirty[id] = 1;
    if (this.#length === this.#ids.length) this.#growQueue();
    const at = (this.#head + this.#length++) & (this.#ids.length - 1);
    this.#ids[at] = id;
    this.#positions[at] = position;
  }

  /** Takes up to `limit` ids; they are clean until marked again. */
  take(limit: number): number[] {
    const taken: number[] = [];
    while (taken.length < limit && this.#skipClean()) {
      const id = this.#ids[this.#head] as number;
      this.#dirty[id] = 0;
      taken.push(id);
    }
    return taken;
  }

  /** Notes that `id` was written by other means. */
  clean(id: number): void {
    this.#dirty[id] = 0;
  }

  /** The oldest position still to be taken; `next` if nothing is. */
  through(next: number): number {
    return this.#skipClean() ? (this.#positions[this.#head] as number) : next;
  }

  /** Drops entries that were cleaned or taken by an earlier entry; false when nothing is left. */
  #skipClean(): boolean {
    while (this.#length > 0 && this.#dirty[this.#ids[this.#head] as number] === 0) {
      this.#head = (this.#head + 1) & (this.#ids.length - 1);
      this.#length--;
    }
    return this.#length > 0;
  }

  #growFlags(id: number): void {
    const flags = new Uint8Array(Math.max(id + 1, this.#dirty.length * 2));
    flags.set(this.#dirty);
    this.#dirty = flags;
  }

  #growQueue(): void {
    const old = this.#ids.length;
    const ids = new Int32Array(old * 2);
    const positions = new Float64Array(old * 2);
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & (old - 1);
      ids[i] = this.#ids[at] as number;
      positions[i] = this.#positions[at] as number;
    }
    this.#ids = ids;
    this.#positions = positions;
    this.#head = 0;
  }
}
