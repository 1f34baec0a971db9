#include "fuzz/packed_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  packwarden::testing::fuzz_packed(packwarden::Packing::gzip, data, size);
  return 0;
}
