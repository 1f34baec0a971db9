#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/desk.h"
#include "domain/shown_text.h"

namespace packwarden {

// The receipts (U7) of all files of this name or digest, from the ledger. For programs: the bytes
// of the receipt files, one after the other, so that a lost one can be written again; a file that
// has not ended has none. Throws Refused (unknown_file, unfinished).
void show_receipts(Desk& desk, const std::string& name_or_digest);

// The files of this name or digest that the ledger knows, at least one. Throws Refused
// (unknown_file).
std::vector<Digest> find_files(Desk& desk, const std::string& name_or_digest);

}  // namespace packwarden
