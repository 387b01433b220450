/** Where waiting commands are kept: IndexedDB, shared by all tabs, or memory when the browser refuses it. */

const NAME = "aefi-queue";
const STORE = "commands";

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("aborted"));
  });

/** Commands in IndexedDB; `add` is durable when it resolves. */
export class IndexedStore {
  #database;
  isDurable = true;

  constructor(database) {
    this.#database = database;
  }

  static async open(factory = globalThis.indexedDB) {
    const request = factory.open(NAME, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, { keyPath: "n", autoIncrement: true });
      store.createIndex("key", "key", { unique: true });
    };
    const database = await settled(request);
    database.onversionchange = () => database.close();
    return new IndexedStore(database);
  }

  async all() {
    return settled(this.#open("readonly").getAll());
  }

  /** Keep a command; a key that is already here changes nothing. */
  async add(entry) {
    const store = this.#open("readwrite", { durability: "strict" });
    const done = committed(store.transaction);
    if (!(await settled(store.index("key").getKey(entry.key)))) store.add(entry);
    return done;
  }

  async put(entry) {
    const store = this.#open("readwrite");
    const done = committed(store.transaction);
    if (await settled(store.getKey(entry.n))) store.put(entry);
    return done;
  }

  async remove(entry) {
    const store = this.#open("readwrite");
    const done = committed(store.transaction);
    store.delete(entry.n);
    return done;
  }

  #open(mode, options = {}) {
    return this.#database.transaction(STORE, mode, options).objectStore(STORE);
  }
}

/** Commands in memory: they die with the tab, and the screen says so. */
export class MemoryStore {
  #entries = new Map();
  #next = 1;
  isDurable = false;

  async all() {
    return [...this.#entries.values()];
  }

  async add(entry) {
    if ((await this.all()).some((kept) => kept.key === entry.key)) return;
    const n = this.#next++;
    this.#entries.set(n, { ...entry, n });
  }

  async put(entry) {
    if (this.#entries.has(entry.n)) this.#entries.set(entry.n, entry);
  }

  async remove(entry) {
    this.#entries.delete(entry.n);
  }
}

/** Open the durable store; memory when the browser has none, is private, or its disk is full. */
export async function openStore(factory = globalThis.indexedDB) {
  try {
    return await IndexedStore.open(factory);
  } catch (error) {
    console.warn("Commands are kept in memory only:", error);
    return new MemoryStore();
  }
}
