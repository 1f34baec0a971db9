# The main job inside one process, for profilers; ./dev bench measures the daemon from outside.
add_executable(bench_ingest EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/ingest_bench.cc")
target_include_directories(bench_ingest PRIVATE "${CMAKE_SOURCE_DIR}/tests")
target_compile_definitions(bench_ingest PRIVATE PACKWARDEN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(bench_ingest PRIVATE pw_app pw_test_support packwarden_warnings)
