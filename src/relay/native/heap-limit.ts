/**
 * The limit of a thread's heap. A client that is being set up takes about 3 KB of it, so that all
 * slots of a thread have room; a thread that goes beyond it dies alone, and another takes its
 * place.
 */
export const HEAP_LIMIT = { maxOldGenerationSizeMb: 1024 };
