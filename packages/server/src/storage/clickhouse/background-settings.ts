import type { EngineSettings } from './engine.ts';

/** Of what nobody waits for: one core at most, and none where loads and questions need them, on machines that let a process be nice. */
export const backgroundSettings: EngineSettings = {
  max_threads: 1,
  max_insert_threads: 1,
  os_threads_nice_value_query: 10,
};
