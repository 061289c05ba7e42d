const mebibyte = 2 ** 20;

/**
 * How the embedded engine is told to be modest. The engine sizes itself for a machine of its own: gigabytes of caches that
 * fill over time and a thread pool per task. At rest the whole server is to stay under 700 MB.
 */
export function embeddedArguments(memoryBytesMax: number): string[] {
  const settings: Record<string, number> = {
    max_server_memory_usage: memoryBytesMax,
    mark_cache_size: 64 * mebibyte,
    primary_index_cache_size: 64 * mebibyte,
    index_mark_cache_size: 32 * mebibyte,
    index_uncompressed_cache_size: 0,
    // A trace takes 6 MB of it, the newest lists 7.
    uncompressed_cache_size: 32 * mebibyte,
    text_index_tokens_cache_size: 16 * mebibyte,
    text_index_header_cache_size: 32 * mebibyte,
    text_index_postings_cache_size: 16 * mebibyte,
    query_condition_cache_size: 16 * mebibyte,
    vector_similarity_index_cache_size: 0,
    unique_key_index_cache_size_bytes: 0,
    iceberg_metadata_files_cache_size: 0,
    parquet_metadata_cache_size: 0,
    compiled_expression_cache_size: 16 * mebibyte,
    background_pool_size: 2,
    // A deletion has a piece of work for each part of its table, and those beyond the two threads ask again later: after 0.1 to 1.1 s where nothing else is said, which
    // was most of the 2 s that it took to delete a trace. Soon at first, and ever more rarely, it takes 0.4 s, and a load a second 7 % more CPU.
    background_processing_pool_thread_sleep_seconds_if_nothing_to_do: 0.02,
    background_processing_pool_task_sleep_seconds_when_no_work_random_part: 0.02,
    background_processing_pool_task_sleep_seconds_when_no_work_multiplier: 1.3,
    // A merge that waits for one of the two threads holds its blocks as well: where every name is unique, up to 200 MB.
    background_merges_mutations_concurrency_ratio: 1,
    // Merges wait for loads and answers, and get a tenth of a core where these never end.
    os_threads_nice_value_merge_mutate: 10,
    background_common_pool_size: 1,
    background_schedule_pool_size: 2,
    max_io_thread_pool_size: 8,
    max_parts_cleaning_thread_pool_size: 2,
    max_active_parts_loading_thread_pool_size: 4,
    max_outdated_parts_loading_thread_pool_size: 2,
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}
