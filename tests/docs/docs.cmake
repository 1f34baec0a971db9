# What docs/OPERATIONS says to run, run: included by tests/CMakeLists.txt behind e2e/e2e.cmake.
packwarden_outside_test(docs_pages fast 60 docs/pages_test.py)
# With servers of their own: they are stopped, lost and restored.
packwarden_outside_test(docs_restore "database;e2e" 600 docs/restore_test.py)
packwarden_outside_test(docs_manual "database;e2e" 600 docs/manual_test.py)
