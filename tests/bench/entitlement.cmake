# The HTTP port over 100,000 accounts in memory: ./dev bench entitlement asks it.
add_executable(bench_entitlement EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/entitlement_server.cc")
target_link_libraries(bench_entitlement PRIVATE pw_http packwarden_warnings)
