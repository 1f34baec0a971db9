# The main job inside one process, for profilers; ./dev bench measures the daemon from outside.
add_executable(bench_ingest EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/ingest_bench.cc")
target_include_directories(bench_ingest PRIVATE "${CMAKE_SOURCE_DIR}/tests")
target_link_libraries(bench_ingest PRIVATE pw_app pw_test_support pw_test_places packwarden_warnings)
